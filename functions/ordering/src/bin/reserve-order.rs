//! `POST /api/v1/orders/{id}/reserve`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::reserve_order::init(init)))
}
