//! `GET /api/v1/notifications/{id}`: what has become of a message, to whom it went or who may send messages.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(notifications::routes::get_notification::init(init)))
}
