//! The stream of the stock table.

fn main() -> std::process::ExitCode {
    use stock::triggers::watch_stock::{NAME, init};
    platform::stream::serve(NAME, |given| Box::pin(init(given)))
}
