//! `POST /api/v1/users/me/second-factor/confirm`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::confirm_second_factor::init(init)))
}
