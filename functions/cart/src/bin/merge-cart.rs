//! `POST /api/v1/cart/merge`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(cart::routes::merge_cart::init(init)))
}
