//! The consumer of the queue of order events for customers, and of requested messages.

fn main() -> std::process::ExitCode {
    use ordering::routes::notify_customer::{NAME, init};
    platform::queue::serve(NAME, |given| Box::pin(init(given)))
}
