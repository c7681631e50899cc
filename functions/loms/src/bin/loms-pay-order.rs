//! `POST /loms/order/pay`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(loms::routes::loms_pay_order::init(init)))
}
