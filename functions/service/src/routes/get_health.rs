//! `GET /` and `GET /healthz`: this process lives. Nothing behind it is asked; for that there is `GET /readyz`.

use std::future::{Future, ready};
use std::sync::Arc;

use kernel::Problem;
use platform::http::{Handler, Response, handler};
use platform::{Init, InitError};
use serde::Serialize;

#[derive(Serialize)]
struct Health {
    service: &'static str,
    status: &'static str,
    version: &'static str,
    /// The commit from which the functions were built.
    commit: String,
}

/// The name of the commit where none was configured.
const UNKNOWN: &str = "unknown";

/// The route's handler.
pub fn init(init: Init) -> impl Future<Output = Result<Handler, InitError>> {
    let commit = init.optional("COMMIT", UNKNOWN.to_owned());
    ready(commit.map(|commit| handler(commit, |commit: Arc<String>, _| ready(health(&commit)))))
}

fn health(commit: &str) -> Result<Response, Problem> {
    let (version, commit) = (env!("CARGO_PKG_VERSION"), commit.to_owned());
    Response::ok(&Health { service: "holdfast", status: "ok", version, commit })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn says_who_it_is() {
        let body: Value = serde_json::from_str(&health("4f2a").unwrap().body).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            body,
            json!({"service": "holdfast", "status": "ok", "version": version, "commit": "4f2a"})
        );
    }
}
