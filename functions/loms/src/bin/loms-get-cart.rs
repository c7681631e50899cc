//! `POST /cart/list`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_get_cart::init(init)))
}
