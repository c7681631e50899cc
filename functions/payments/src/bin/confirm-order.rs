//! `POST /api/v1/orders/{id}/confirm`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(payments::routes::confirm_order::init(init)))
}
