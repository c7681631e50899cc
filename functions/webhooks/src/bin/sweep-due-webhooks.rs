//! Every minute: queues the deliveries whose next attempt is due.

fn main() -> std::process::ExitCode {
    use webhooks::triggers::sweep_due_webhooks::{NAME, init};
    platform::job::serve(NAME, |given| Box::pin(init(given)))
}
