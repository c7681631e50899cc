//! `POST /api/v1/users/me/logins/confirm`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::confirm_login::init(init)))
}
