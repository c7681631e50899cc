//! Every hour: recounts the reserved units against the live reservations.

fn main() -> std::process::ExitCode {
    use stock::triggers::check_stock_drift::{NAME, init};
    platform::job::serve(NAME, |given| Box::pin(init(given)))
}
