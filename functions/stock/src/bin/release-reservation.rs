//! `POST /api/v1/reservations/{id}/release`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(stock::routes::release_reservation::init(init)))
}
