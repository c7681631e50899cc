//! `POST /api/v1/webhooks/endpoints/{id}/deliveries/{deliveryId}/resend`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(webhooks::routes::resend_webhook::init(init)))
}
