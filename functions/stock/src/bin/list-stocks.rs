//! `GET /api/v1/stocks`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(stock::routes::list_stocks::init(init)))
}
