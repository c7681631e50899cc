//! Called directly, with IAM rights: sets a row right that a check found wrong.

fn main() -> std::process::ExitCode {
    use stock::triggers::repair_stock_drift::{NAME, init};
    platform::job::serve(NAME, |given| Box::pin(init(given)))
}
