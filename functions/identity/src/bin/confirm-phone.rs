//! `POST /api/v1/auth/verify/phone/confirm`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::confirm_phone::init(init)))
}
