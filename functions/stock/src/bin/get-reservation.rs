//! `GET /api/v1/reservations/{id}`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(stock::routes::get_reservation::init(init)))
}
