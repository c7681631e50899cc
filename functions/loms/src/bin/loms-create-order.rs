//! `POST /loms/order/create`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_create_order::init(init)))
}
