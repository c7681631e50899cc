//! `POST /api/v1/auth/logout`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::log_out::init(init)))
}
