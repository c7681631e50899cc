//! `POST /api/v1/reservations`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(stock::routes::create_reservation::init(init)))
}
