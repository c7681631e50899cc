//! `POST /api/v1/orders/{id}/pay`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(ordering::routes::pay_order::init(init)))
}
