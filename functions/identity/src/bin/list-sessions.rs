//! `GET /api/v1/users/me/sessions`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::list_sessions::init(init)))
}
