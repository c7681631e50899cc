//! `PATCH /api/v1/stocks/{sku}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(stock::routes::update_stock::init(init)))
}
