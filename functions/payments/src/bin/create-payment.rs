//! `POST /api/v1/payments`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(payments::routes::create_payment::init(init)))
}
