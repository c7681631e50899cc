//! `POST /cart/item/add`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_add_cart_item::init(init)))
}
