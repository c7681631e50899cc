//! `POST /ops/session/refresh`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(identity::routes::refresh_ops_session::init(init)))
}
