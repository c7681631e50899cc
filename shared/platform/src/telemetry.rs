//! Structured logs: JSON, one line a request, no personal data.
//!
//! Lines carry ids, codes, routes and durations. Names, addresses, phone numbers, bodies, tokens and
//! secrets are never given to a log macro anywhere in this workspace.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tracing_subscriber::EnvFilter;

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

/// Milliseconds since `began`, as every line gives them.
pub(crate) fn millis_since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Whether this is the first invocation of this execution environment; true once.
pub fn cold_start() -> bool {
    COLD.swap(false, Ordering::Relaxed)
}
