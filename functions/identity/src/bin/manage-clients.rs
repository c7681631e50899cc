//! Called directly, with IAM rights: lists machine clients, rotates or revokes one.

fn main() -> std::process::ExitCode {
    use identity::triggers::manage_clients::{NAME, init};
    platform::job::serve_secretly(NAME, |given| Box::pin(init(given)))
}
