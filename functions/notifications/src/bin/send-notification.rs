//! `POST /api/v1/notifications/send`: sends a message by a template.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(notifications::routes::send_notification::init(init)))
}
