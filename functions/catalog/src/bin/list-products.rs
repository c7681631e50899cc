//! `GET /api/v1/products`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(catalog::routes::list_products::init(init)))
}
