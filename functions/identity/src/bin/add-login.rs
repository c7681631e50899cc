//! `POST /api/v1/users/me/logins`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::add_login::init(init)))
}
