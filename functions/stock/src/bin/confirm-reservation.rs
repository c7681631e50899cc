//! `POST /api/v1/reservations/{id}/confirm`.

fn main() -> std::process::ExitCode {
    platform::http::serve(|init| Box::pin(stock::routes::confirm_reservation::init(init)))
}
