//! `POST /cart/clear`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_clear_cart::init(init)))
}
