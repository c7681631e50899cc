//! `POST /product/get_product`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_get_product::init(init)))
}
