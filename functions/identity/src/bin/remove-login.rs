//! `DELETE /api/v1/users/me/logins/{kind}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::remove_login::init(init)))
}
