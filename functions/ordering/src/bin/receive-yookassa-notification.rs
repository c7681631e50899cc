//! `POST /api/v1/webhooks/payment/yookassa`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::receive_yookassa_notification::init(init)))
}
