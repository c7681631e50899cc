//! `GET /openapi.json`, `GET /docs` and `GET /docs/{asset}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(service::routes::get_api_document::init(init)))
}
