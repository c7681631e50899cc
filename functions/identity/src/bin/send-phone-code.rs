//! `POST /api/v1/auth/verify/phone/send`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::send_phone_code::init(init)))
}
