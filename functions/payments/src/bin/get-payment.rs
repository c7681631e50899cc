//! `GET /api/v1/payments/{id}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(payments::routes::get_payment::init(init)))
}
