//! `GET /api/v1/products/{id}/stock`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(catalog::routes::get_product_stock::init(init)))
}
