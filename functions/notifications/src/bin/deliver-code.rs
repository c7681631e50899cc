//! The queue of codes and reset tokens.

fn main() -> std::process::ExitCode {
    use notifications::triggers::deliver_code::{NAME, init};
    platform::queue::serve(NAME, |given| Box::pin(init(given)))
}
