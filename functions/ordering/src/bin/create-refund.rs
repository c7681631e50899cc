//! `POST /api/v1/refunds`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::create_refund::init(init)))
}
