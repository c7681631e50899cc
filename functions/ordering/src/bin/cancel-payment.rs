//! `POST /api/v1/payments/{id}/cancel`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::cancel_payment::init(init)))
}
