//! `POST /api/v1/payments/{id}/notify`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::notify_payment::init(init)))
}
