//! The consumer of the queue of SES's delivery reports.

fn main() -> std::process::ExitCode {
    use notifications::triggers::note_delivery::{NAME, init};
    platform::queue::serve(NAME, |given| Box::pin(init(given)))
}
