//! `POST /api/v1/payments`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::create_payment::init(init)))
}
