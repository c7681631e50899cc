//! `POST /loms/order/info`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_get_order::init(init)))
}
