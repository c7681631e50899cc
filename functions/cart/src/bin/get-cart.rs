//! `GET /api/v1/cart`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(cart::routes::get_cart::init(init)))
}
