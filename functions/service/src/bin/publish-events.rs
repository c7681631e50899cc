//! The stream of the journal table.

fn main() -> std::process::ExitCode {
    use service::triggers::publish_events::{NAME, init};
    platform::stream::serve(NAME, |given| Box::pin(init(given)))
}
