//! Sends a delivery to its endpoint.

fn main() -> std::process::ExitCode {
    use webhooks::triggers::deliver_webhook::{NAME, init};
    platform::queue::serve(NAME, |given| Box::pin(init(given)))
}
