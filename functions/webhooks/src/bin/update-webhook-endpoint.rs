//! `PATCH /api/v1/webhooks/endpoints/{id}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(webhooks::routes::update_webhook_endpoint::init(init)))
}
