//! `POST /sandbox/payments/{reference}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(payments::routes::decide_sandbox_payment::init(init)))
}
