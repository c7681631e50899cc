//! The queue of reservations that may be due.

fn main() -> std::process::ExitCode {
    use stock::triggers::expire_reservation::{NAME, init};
    platform::queue::serve(NAME, |given| Box::pin(init(given)))
}
