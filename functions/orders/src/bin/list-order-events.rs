//! `GET /api/v1/orders/{id}/events`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(orders::routes::list_order_events::init(init)))
}
