//! `GET /` and `GET /healthz`: this process lives. Nothing behind it is asked; for that there is `GET /readyz`.

use std::future::{Future, ready};

use kernel::Problem;
use platform::http::{Handler, Reply, handler};
use platform::{Init, InitError};
use serde::Serialize;

#[derive(Serialize)]
struct Health {
    service: &'static str,
    status: &'static str,
    version: &'static str,
}

/// The route's handler.
pub fn init(_: Init) -> impl Future<Output = Result<Handler, InitError>> {
    ready(Ok(handler((), |_, _| ready(health()))))
}

fn health() -> Result<Reply, Problem> {
    Reply::ok(&Health { service: "holdfast", status: "ok", version: env!("CARGO_PKG_VERSION") })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn says_who_it_is() {
        let body: Value = serde_json::from_str(&health().unwrap().body).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(body, json!({"service": "holdfast", "status": "ok", "version": version}));
    }
}
