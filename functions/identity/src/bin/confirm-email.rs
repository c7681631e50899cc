//! `POST /api/v1/auth/verify/email/confirm`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::confirm_email::init(init)))
}
