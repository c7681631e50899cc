//! `POST /api/v1/orders/{id}/confirm`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::confirm_order::init(init)))
}
