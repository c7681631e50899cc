//! `POST /api/v1/auth/password/reset/confirm`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::confirm_password_reset::init(init)))
}
