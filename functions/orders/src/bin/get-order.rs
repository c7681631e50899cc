//! `GET /api/v1/orders/{id}`, `GET /api/orders/{id}` and `GET /orders/{id}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(orders::routes::get_order::init(init)))
}
