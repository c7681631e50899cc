//! `GET /orders/user/{userId}`, the same under `/api` and `/api/v1`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(orders::routes::list_user_orders::init(init)))
}
