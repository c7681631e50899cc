//! `POST /api/v1/auth/refresh`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::refresh_session::init(init)))
}
