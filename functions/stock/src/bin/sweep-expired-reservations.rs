//! Every minute: queues the expired reservations.

fn main() -> std::process::ExitCode {
    use stock::triggers::sweep_expired_reservations::{NAME, init};
    platform::job::serve(NAME, |given| Box::pin(init(given)))
}
