//! `POST /loms/order/cancel`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_cancel_order::init(init)))
}
