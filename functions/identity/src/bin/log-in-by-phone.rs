//! `POST /api/v1/auth/login/phone`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::log_in_by_phone::init(init)))
}
