//! `GET /api/v1/products/{id}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(catalog::routes::get_product::init(init)))
}
