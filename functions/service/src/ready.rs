//! Asking everything behind us whether it answers.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{join, join_all};
use kernel::{Problem, Timestamp};
use platform::dynamo::{Key, Table};
use platform::{Init, InitError};
use serde::Serialize;
use serde::de::IgnoredAny;
use tokio::sync::Mutex;

use crate::bus::Bus;
use crate::refusal::ServiceRefusal;

/// Time in which everything has to answer. A load balancer or a person waits for this.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// The age up to which a result is returned again: each check is twelve calls, and its caller pays nothing for them.
pub const MAX_READY_AGE: Duration = Duration::from_secs(5);

/// The tables, by the environment variable that names each and by what people call it.
const TABLES: [(&str, &str); 11] = [
    ("IDENTITY_TABLE", "identity table"),
    ("CATALOG_TABLE", "catalog table"),
    ("PRICING_TABLE", "pricing table"),
    ("STOCK_TABLE", "stock table"),
    ("CARTS_TABLE", "carts table"),
    ("ORDERS_TABLE", "orders table"),
    ("PAYMENTS_TABLE", "payments table"),
    ("NOTIFICATIONS_TABLE", "notifications table"),
    ("WEBHOOKS_TABLE", "webhooks table"),
    ("IDEMPOTENCY_TABLE", "idempotency table"),
    ("JOURNAL_TABLE", "journal table"),
];
/// The bus's name in the checks.
const BUS: &str = "event bus";

/// Everything that the system needs in order to serve.
pub struct Dependencies {
    tables: Vec<(&'static str, Table)>,
    bus: Bus,
    last: Mutex<Option<(Timestamp, Result<Ready, ServiceRefusal>)>>,
}

/// The system is ready, and what was asked to find that out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ready {
    status: &'static str,
    checks: BTreeMap<&'static str, &'static str>,
}

impl Dependencies {
    /// The tables named by the `*_TABLE` variables, and the bus named by `EVENT_BUS_NAME`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let mut tables = Vec::with_capacity(TABLES.len());
        for (variable, role) in TABLES {
            tables.push((role, init.table(variable).await?));
        }
        Ok(Self { tables, bus: Bus::connect(init)?, last: Mutex::new(None) })
    }

    /// Checks that all dependencies respond. The result is at most [`MAX_READY_AGE`] old.
    pub async fn check(&self) -> Result<Ready, ServiceRefusal> {
        let mut last = self.last.lock().await;
        if let Some((asked, verdict)) = last.as_ref()
            && Timestamp::now() < asked.plus(MAX_READY_AGE)
        {
            return verdict.clone();
        }
        let verdict = self.ask_all().await;
        *last = Some((Timestamp::now(), verdict.clone()));
        verdict
    }

    /// Asks all at the same time.
    async fn ask_all(&self) -> Result<Ready, ServiceRefusal> {
        // An item that never exists: the cheapest question, and it needs no right beyond reading.
        let never = Key::new("NEVER", "NEVER");
        let ask = async |table: &Table| table.get::<IgnoredAny>(&never).await.map(|_| ());
        let tables =
            join_all(self.tables.iter().map(async |(role, table)| (*role, in_time(ask(table)).await)));
        let (mut found, bus) = join(tables, in_time(self.bus.check())).await;
        found.push((BUS, bus));
        verdict(&found)
    }
}

async fn in_time(check: impl Future<Output = Result<(), Problem>>) -> Result<(), Problem> {
    tokio::time::timeout(MAX_WAIT, check)
        .await
        .unwrap_or_else(|_| Err(Problem::unavailable("no answer in time")))
}

/// The response to the caller, with every dependency by its role. The cause of a failure goes to the log alone.
fn verdict(found: &[(&'static str, Result<(), Problem>)]) -> Result<Ready, ServiceRefusal> {
    let checks: BTreeMap<_, _> =
        found.iter().map(|(role, result)| (*role, if result.is_ok() { "ok" } else { "failing" })).collect();
    let failing: Vec<_> =
        found.iter().filter_map(|(role, result)| Some((*role, result.as_ref().err()?.clone()))).collect();
    if failing.is_empty() {
        return Ok(Ready { status: "ready", checks });
    }
    Err(ServiceRefusal::NotReady { checks, failing })
}

#[cfg(test)]
mod tests {
    use kernel::Kind;
    use serde_json::json;

    use super::*;

    #[test]
    fn all_that_answers_is_ready() {
        let ready = verdict(&[("orders table", Ok(())), ("event bus", Ok(()))]).unwrap();
        assert_eq!(
            serde_json::to_value(&ready).unwrap(),
            json!({"status": "ready", "checks": {"event bus": "ok", "orders table": "ok"}})
        );
    }

    #[test]
    fn what_fails_is_named_by_its_role_and_why_only_to_the_log() {
        let denied = Problem::internal("AccessDeniedException: holdfast-local-orders");
        let late = Problem::unavailable("no answer in time");
        let found = [("orders table", Err(denied)), ("stock table", Ok(())), ("event bus", Err(late))];
        let problem = Problem::from(verdict(&found).unwrap_err());
        assert_eq!((problem.kind, problem.code), (Kind::Unavailable, "not_ready"));
        assert_eq!(problem.detail, "Not answering: orders table, event bus.");
        assert_eq!(
            problem.extensions["checks"],
            json!({"event bus": "failing", "orders table": "failing", "stock table": "ok"})
        );
        let inside = format!("{:?}", problem.internal_detail().unwrap());
        assert!(inside.contains("holdfast-local-orders") && inside.contains("no answer in time"), "{inside}");
    }
}
