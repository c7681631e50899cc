//! `POST /api/v1/orders/checkout`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::checkout::init(init)))
}
