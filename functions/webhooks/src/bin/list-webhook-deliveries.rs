//! `GET /api/v1/webhooks/endpoints/{id}/deliveries`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(webhooks::routes::list_webhook_deliveries::init(init)))
}
