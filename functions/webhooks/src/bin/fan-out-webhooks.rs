//! Makes a delivery of an event for each endpoint that wants it.

fn main() -> std::process::ExitCode {
    use webhooks::triggers::fan_out_webhooks::{NAME, init};
    platform::queue::serve(NAME, |given| Box::pin(init(given)))
}
