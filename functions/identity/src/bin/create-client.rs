//! Called directly, with IAM rights: makes a machine client and answers its secret, once.

fn main() -> std::process::ExitCode {
    use identity::triggers::create_client::{NAME, init};
    platform::job::serve_secretly(NAME, |given| Box::pin(init(given)))
}
