//! The queue of events that customers are told of.

fn main() -> std::process::ExitCode {
    use notifications::triggers::notify_customer::{NAME, init};
    platform::queue::serve(NAME, |given| Box::pin(init(given)))
}
