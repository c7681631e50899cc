//! `POST /api/v1/auth/register/phone`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::register_by_phone::init(init)))
}
