//! `POST /api/v1/orders/{id}/payment-status`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::report_payment_status::init(init)))
}
