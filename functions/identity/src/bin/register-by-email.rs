//! `POST /api/v1/auth/register/email`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::register_by_email::init(init)))
}
