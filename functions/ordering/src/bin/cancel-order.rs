//! `POST /api/v1/orders/{id}/cancel`, `POST /orders/{id}/cancel` and `POST /api/orders/{id}/cancel`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::cancel_order::init(init)))
}
