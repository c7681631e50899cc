//! `GET /api/v1/products/{id}/price`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(catalog::routes::get_product_price::init(init)))
}
