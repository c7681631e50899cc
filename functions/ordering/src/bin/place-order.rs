//! `POST /api/v1/orders`, `POST /orders` and `POST /api/orders`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::place_order::init(init)))
}
