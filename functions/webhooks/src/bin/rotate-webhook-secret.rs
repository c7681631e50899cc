//! `POST /api/v1/webhooks/endpoints/{id}/rotate-secret`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(webhooks::routes::rotate_webhook_secret::init(init)))
}
