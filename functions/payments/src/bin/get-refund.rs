//! `GET /api/v1/refunds/{id}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(payments::routes::get_refund::init(init)))
}
