//! `PUT /api/v1/cart/items/{sku}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(cart::routes::put_cart_item::init(init)))
}
