//! `POST /cart/checkout`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_checkout::init(init)))
}
