//! `POST /api/v1/auth/password/change`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::change_password::init(init)))
}
