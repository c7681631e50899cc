//! `POST /product/list_skus`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_list_skus::init(init)))
}
