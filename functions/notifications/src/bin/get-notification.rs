//! `GET /api/v1/notifications/{id}`: returns a message's status to its recipient, or to callers that may send
//! messages.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(notifications::routes::get_notification::init(init)))
}
