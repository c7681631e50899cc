//! The reasons for which requests are refused, and their problems: the only place of this context's codes and texts.

use std::collections::BTreeMap;

use http::Method;
use kernel::{Kind, Problem};
use serde_json::json;

/// The reasons for which a route of the system itself refuses a request.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceRefusal {
    PathNotFound,
    /// The API document has the route, and this installation does not.
    RouteNotInstalled,
    /// The path has other methods, which are `allow`.
    MethodNotAllowed {
        method: Method,
        allow: String,
    },
    /// The page has no file of the requested name.
    FileNotFound,
    /// No queue of dead letters has this name.
    QueueNotFound(String),
    /// Some dependencies do not respond.
    NotReady {
        /// The state of every dependency, by its role.
        checks: BTreeMap<&'static str, &'static str>,
        /// Those that do not respond, and why, for the log.
        failing: Vec<(&'static str, Problem)>,
    },
}

impl From<ServiceRefusal> for Problem {
    fn from(refusal: ServiceRefusal) -> Self {
        match refusal {
            ServiceRefusal::PathNotFound => Problem::not_found("There is nothing at this path."),
            ServiceRefusal::RouteNotInstalled => {
                Problem::not_found("There is nothing at this path in this installation.")
            }
            ServiceRefusal::MethodNotAllowed { method, allow } => {
                let detail = format!("This path does not take {method}; it takes {allow}.");
                Problem::new(Kind::NotAllowed, "method_not_allowed", detail).with("allow", allow)
            }
            ServiceRefusal::FileNotFound => Problem::not_found("The page has no such file."),
            ServiceRefusal::QueueNotFound(name) => {
                let detail = format!("There is no queue of dead letters called {name:?}.");
                Problem::not_found(detail).with("queue", name)
            }
            ServiceRefusal::NotReady { checks, failing } => {
                let roles: Vec<&str> = failing.iter().map(|(role, _)| *role).collect();
                let inside: Vec<String> =
                    failing.iter().map(|(role, problem)| format!("{role}: {problem}")).collect();
                let detail = format!("Not answering: {}.", roles.join(", "));
                Problem::new(Kind::Unavailable, "not_ready", detail)
                    .with("checks", json!(checks))
                    .with_internal_detail(inside.join("; "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_problem() {
        let allow = "GET, OPTIONS".to_owned();
        let not_allowed = "This path does not take POST; it takes GET, OPTIONS.";
        for (refusal, problem) in [
            (ServiceRefusal::PathNotFound, Problem::not_found("There is nothing at this path.")),
            (
                ServiceRefusal::RouteNotInstalled,
                Problem::not_found("There is nothing at this path in this installation."),
            ),
            (
                ServiceRefusal::MethodNotAllowed { method: Method::POST, allow: allow.clone() },
                Problem::new(Kind::NotAllowed, "method_not_allowed", not_allowed).with("allow", allow),
            ),
            (ServiceRefusal::FileNotFound, Problem::not_found("The page has no such file.")),
            (
                ServiceRefusal::QueueNotFound("Q".to_owned()),
                Problem::not_found("There is no queue of dead letters called \"Q\".").with("queue", "Q"),
            ),
            (
                ServiceRefusal::NotReady {
                    checks: [("orders table", "ok"), ("event bus", "failing")].into(),
                    failing: vec![("event bus", Problem::unavailable("no answer in time"))],
                },
                Problem::new(Kind::Unavailable, "not_ready", "Not answering: event bus.")
                    .with("checks", json!({ "event bus": "failing", "orders table": "ok" }))
                    .with_internal_detail("event bus: unavailable: no answer in time"),
            ),
        ] {
            assert_eq!(Problem::from(refusal), problem);
        }
    }
}
