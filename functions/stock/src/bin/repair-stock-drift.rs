//! Invoked directly, with IAM rights: corrects a row that a check found wrong.

fn main() -> std::process::ExitCode {
    use stock::triggers::repair_stock_drift::{NAME, init};
    platform::job::serve(NAME, |given| Box::pin(init(given)))
}
