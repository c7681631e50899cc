//! `GET /sandbox/payments/{reference}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(payments::routes::show_sandbox_payment::init(init)))
}
