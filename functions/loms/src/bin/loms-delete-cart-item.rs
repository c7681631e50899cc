//! `POST /cart/item/delete`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_delete_cart_item::init(init)))
}
