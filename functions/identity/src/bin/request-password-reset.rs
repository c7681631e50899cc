//! `POST /api/v1/auth/password/reset/request`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::request_password_reset::init(init)))
}
