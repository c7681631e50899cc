//! `PATCH /api/v1/orders/{id}`, `PATCH /orders/{id}` and `PATCH /api/orders/{id}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::patch_order::init(init)))
}
