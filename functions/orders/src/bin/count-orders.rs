//! `GET /api/v1/admin/orders/counts`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(orders::routes::count_orders::init(init)))
}
