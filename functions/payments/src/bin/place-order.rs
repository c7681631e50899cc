//! `POST /api/v1/orders`, `POST /orders` and `POST /api/orders`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(payments::routes::place_order::init(init)))
}
