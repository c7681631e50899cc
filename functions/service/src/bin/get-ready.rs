//! `GET /readyz`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(service::routes::get_ready::init(init)))
}
