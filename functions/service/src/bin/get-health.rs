//! `GET /` and `GET /healthz`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(service::routes::get_health::init(init)))
}
