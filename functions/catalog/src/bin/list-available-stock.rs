//! `GET /api/v1/stocks`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(catalog::routes::list_available_stock::init(init)))
}
