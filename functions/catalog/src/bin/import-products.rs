//! `POST /api/v1/products/import`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(catalog::routes::import_products::init(init)))
}
