//! Structured logs: JSON, one line a request, no personal data.
//!
//! Lines carry ids, codes, routes and durations. Names, addresses, phone numbers, bodies, tokens and
//! secrets are never given to a log macro anywhere in this workspace.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use kernel::Trace;
use tracing_subscriber::EnvFilter;

use crate::dynamo::{self, Usage};
use crate::metrics;

static COLD: AtomicBool = AtomicBool::new(true);

/// Sends `tracing` events to standard output as JSON. `LOG_LEVEL` sets the filter, `info` without it.
pub fn start() {
    let filter = EnvFilter::try_from_env("LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
    let started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        // Around every line: which function this is, and which invocation.
        .with_span_list(true)
        .with_target(false)
        .with_env_filter(filter)
        .try_init();
    if started.is_err() {
        tracing::debug!("telemetry was already started");
    }
}

/// The span that everything in this process logs in: it puts the function's name into each line.
pub(crate) fn process_span() -> tracing::Span {
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    tracing::info_span!("function", function)
}

/// The position of this invocation in a trace. Lambda says so in the environment, again for each invocation.
pub(crate) fn trace() -> Option<Trace> {
    Trace::from_header(&std::env::var("_X_AMZN_TRACE_ID").ok()?)
}

/// The id that X-Ray knows this invocation's trace by; empty where there is none.
pub(crate) fn trace_id() -> String {
    trace().map(|trace| trace.id()).unwrap_or_default()
}

/// The different ones of `ids`, as a line shows them: between commas, in the order in which they came.
pub(crate) fn listed(ids: impl Iterator<Item = impl Into<String>>) -> String {
    let mut seen: Vec<String> = Vec::new();
    for id in ids.map(Into::into) {
        if !seen.contains(&id) {
            seen.push(id);
        }
    }
    seen.join(",")
}

/// The cost of an invocation, as its one log line reports it.
#[derive(Debug)]
pub(crate) struct Spent {
    /// Milliseconds.
    pub(crate) duration_ms: u64,
    /// True when it was the first of this execution environment.
    pub(crate) cold_start: bool,
    /// Its use of DynamoDB.
    pub(crate) dynamo: Usage,
}

/// Returns the cost of the invocation that began at `began`. Call it once, at the end: it also writes the measurements that were made meanwhile.
pub(crate) fn spent_since(began: Instant) -> Spent {
    let spent = Spent {
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        cold_start: COLD.swap(false, Ordering::Relaxed),
        dynamo: dynamo::take_usage(),
    };
    // Nearly always nothing: then there is no line.
    for (name, count) in
        [("ConflictsRetried", spent.dynamo.conflicts), ("DynamoThrottles", spent.dynamo.throttles)]
    {
        if count > 0 {
            metrics::add(name, count);
        }
    }
    metrics::flush();
    spent
}

/// `tracing::event!` at the level of a macro's name, with what the invocation took beside the other fields.
macro_rules! line {
    ($level:ident, $spent:expr, $($fields:tt)+) => {
        tracing::$level!(
            duration_ms = $spent.duration_ms,
            cold_start = $spent.cold_start,
            dynamo_calls = $spent.dynamo.calls,
            read_units = $spent.dynamo.read_units,
            write_units = $spent.dynamo.write_units,
            conflicts = $spent.dynamo.conflicts,
            $($fields)+
        )
    };
}
pub(crate) use line;
