//! `GET /api/v1/webhooks/endpoints`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(webhooks::routes::list_webhook_endpoints::init(init)))
}
