//! `POST /api/v1/payments/{id}/cancel`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(payments::routes::cancel_payment::init(init)))
}
