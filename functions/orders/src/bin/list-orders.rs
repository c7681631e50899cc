//! `GET /api/v1/admin/orders`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(orders::routes::list_orders::init(init)))
}
