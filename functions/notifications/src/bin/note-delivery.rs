//! The queue of what SES reports of letters that it took.

fn main() -> std::process::ExitCode {
    use notifications::triggers::note_delivery::{NAME, init};
    platform::queue::serve(NAME, |given| Box::pin(init(given)))
}
