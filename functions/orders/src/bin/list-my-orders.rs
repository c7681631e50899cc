//! `GET /api/v1/orders` and `GET /api/v1/orders/me`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(orders::routes::list_my_orders::init(init)))
}
