//! `POST /api/v1/auth/verify/email/send`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::send_email_code::init(init)))
}
