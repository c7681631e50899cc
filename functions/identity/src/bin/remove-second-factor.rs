//! `POST /api/v1/users/me/second-factor/remove`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::remove_second_factor::init(init)))
}
