//! The queue of events that customers are told of, and of messages that were asked for.

fn main() -> std::process::ExitCode {
    use orders::routes::notify_customer::{NAME, init};
    platform::queue::serve(NAME, |given| Box::pin(init(given)))
}
