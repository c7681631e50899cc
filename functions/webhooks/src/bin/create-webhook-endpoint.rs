//! `POST /api/v1/webhooks/endpoints`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(webhooks::routes::create_webhook_endpoint::init(init)))
}
