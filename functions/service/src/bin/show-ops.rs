//! `GET /ops` and `GET /ops/{asset}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(service::routes::show_ops::init(init)))
}
