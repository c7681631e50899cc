//! Called directly, with IAM rights: replaces an account's scopes.

fn main() -> std::process::ExitCode {
    use identity::triggers::grant_scopes::{NAME, init};
    platform::job::serve(NAME, |given| Box::pin(init(given)))
}
