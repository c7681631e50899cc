//! `POST /api/v1/cart/snapshot`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(cart::routes::snapshot_cart::init(init)))
}
