//! Measurements that alarms and the dashboard look at.
//!
//! What is measured during an invocation is written at its end, as one log line in the embedded metric format, from which `CloudWatch`
//! Logs makes the metrics: no call, no permission, and nothing to wait for (`CloudWatch` user guide, "Specification: Embedded metric
//! format").
//!
//! The measurements belong to the process. A function serves one invocation at a time, so what was measured since the last line is the
//! invocation's own.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use kernel::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Init, InitError};

/// The namespace of this system's metrics.
const NAMESPACE: &str = "Holdfast";
/// The dimension of every metric: which stack was measured.
const DIMENSION: &str = "Stack";
/// The second dimension of [`FAILED`]: which context answered.
const CONTEXT_DIMENSION: &str = "Context";
/// Requests that were answered with an error of ours (5xx), by context: what stops a release.
const FAILED: &str = "RequestsFailed";
/// The variable that names the stack.
const STACK: &str = "STACK_NAME";
/// The variable that names the context.
const CONTEXT: &str = "CONTEXT";
/// The most values that one metric has in one line (specification, "Target members"). What is beyond it is left out.
const MAX_VALUES: usize = 100;

/// The measurements that are not written yet.
static PENDING: Mutex<Pending> = Mutex::new(Pending(BTreeMap::new()));

/// The measurements of an invocation.
#[derive(Debug, Clone, Copy)]
pub struct Metrics(());

impl Metrics {
    /// Measurements of the stack that `STACK_NAME` names.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        init.required(STACK).map(|_| Self(()))
    }

    /// Adds to counts, each under its metric's name. A count of nothing is a measurement too.
    pub fn count(&self, counts: &[(&'static str, u64)]) {
        for (name, count) in counts {
            add(name, *count);
        }
    }

    /// Notes a time, in milliseconds. Each value stays by itself, so that percentiles and the longest can be asked for.
    pub fn milliseconds(&self, name: &'static str, value: u64) {
        pending(|pending| pending.note(name, value));
    }
}

/// Adds to a count, for what the platform itself counts.
pub(crate) fn add(name: &'static str, count: u64) {
    pending(|pending| pending.add(name, count));
}

/// Counts a request that was answered with an error of ours.
pub(crate) fn request_failed() {
    add(FAILED, 1);
}

/// Writes what was measured since this was last called, if anything was. To be called once, at the end of an invocation.
pub(crate) fn flush() {
    let measured = pending(std::mem::take);
    if measured.0.is_empty() {
        return;
    }
    let variable = |name| std::env::var(name).unwrap_or_default();
    let source = Source {
        stack: variable(STACK),
        context: variable(CONTEXT),
        function: variable("AWS_LAMBDA_FUNCTION_NAME"),
    };
    let line = measured.line(Timestamp::now(), &source);
    // A line that standard output does not take is lost like any other log line.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn pending<T>(change: impl FnOnce(&mut Pending) -> T) -> T {
    change(&mut PENDING.lock().unwrap_or_else(PoisonError::into_inner))
}

#[derive(Debug, Default)]
struct Pending(BTreeMap<&'static str, Measured>);

/// The origin of the measurements.
struct Source {
    stack: String,
    context: String,
    function: String,
}

/// The measurements under one name.
#[derive(Debug)]
enum Measured {
    Count(u64),
    Milliseconds(Vec<u64>),
}

impl Pending {
    fn add(&mut self, name: &'static str, count: u64) {
        if let Measured::Count(sum) = self.0.entry(name).or_insert(Measured::Count(0)) {
            *sum = sum.saturating_add(count);
        }
    }

    fn note(&mut self, name: &'static str, value: u64) {
        if let Measured::Milliseconds(values) =
            self.0.entry(name).or_insert(Measured::Milliseconds(Vec::new()))
            && values.len() < MAX_VALUES
        {
            values.push(value);
        }
    }

    fn line(&self, at: Timestamp, source: &Source) -> Value {
        let (of_contexts, of_stacks): (Vec<_>, Vec<_>) =
            self.0.iter().partition(|(name, _)| **name == FAILED);
        let directives: Vec<Value> =
            [directive(&of_stacks, &[DIMENSION]), directive(&of_contexts, &[DIMENSION, CONTEXT_DIMENSION])]
                .into_iter()
                .flatten()
                .collect();
        let mut line = Map::new();
        line.insert("_aws".to_owned(), json!({"Timestamp": at.as_millis(), "CloudWatchMetrics": directives}));
        line.insert(DIMENSION.to_owned(), json!(source.stack));
        if !of_contexts.is_empty() {
            line.insert(CONTEXT_DIMENSION.to_owned(), json!(source.context));
        }
        // As in every other line: which function wrote it.
        line.insert("spans".to_owned(), json!([{"function": source.function}]));
        line.extend(self.0.iter().map(|(name, measured)| ((*name).to_owned(), measured.value())));
        Value::Object(line)
    }
}

/// Returns the directive that says which members of a line are metrics, with their units; `None` when there are none.
fn directive(metrics: &[(&&'static str, &Measured)], dimensions: &[&str]) -> Option<Value> {
    let listed: Vec<Value> =
        metrics.iter().map(|(name, measured)| json!({"Name": name, "Unit": measured.unit()})).collect();
    let directive = || json!({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": listed});
    (!listed.is_empty()).then(directive)
}

impl Measured {
    fn unit(&self) -> &'static str {
        match self {
            Self::Count(_) => "Count",
            Self::Milliseconds(_) => "Milliseconds",
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Count(count) => json!(count),
            Self::Milliseconds(values) => json!(values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(function: &str) -> Source {
        Source { stack: "shop".to_owned(), context: "stock".to_owned(), function: function.to_owned() }
    }

    #[test]
    fn a_request_that_failed_is_counted_for_its_context() {
        let mut measured = Pending::default();
        measured.add(FAILED, 1);
        let line = measured.line(Timestamp::from_millis(1_700_000_000_000), &source("shop-Count"));
        let expected = json!([{
            "Namespace": "Holdfast", "Dimensions": [["Stack", "Context"]],
            "Metrics": [{"Name": "RequestsFailed", "Unit": "Count"}],
        }]);
        assert_eq!(line["_aws"]["CloudWatchMetrics"], expected);
        assert_eq!((&line["Stack"], &line["Context"]), (&json!("shop"), &json!("stock")));
        assert_eq!(line["RequestsFailed"], 1);
    }

    #[test]
    fn a_line_declares_what_it_holds() {
        let mut measured = Pending::default();
        measured.add("StockDrift", 0);
        measured.add("OrdersPaid", 3);
        measured.add("OrdersPaid", 4);
        measured.note("PublisherLag", 120);
        measured.note("PublisherLag", 80);
        let line = measured.line(Timestamp::from_millis(1_700_000_000_000), &source("shop-Count"));
        let expected = json!({
            "_aws": {
                "Timestamp": 1_700_000_000_000_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Holdfast", "Dimensions": [["Stack"]],
                    "Metrics": [
                        {"Name": "OrdersPaid", "Unit": "Count"},
                        {"Name": "PublisherLag", "Unit": "Milliseconds"},
                        {"Name": "StockDrift", "Unit": "Count"},
                    ],
                }],
            },
            "Stack": "shop", "spans": [{"function": "shop-Count"}],
            "StockDrift": 0, "OrdersPaid": 7, "PublisherLag": [120, 80],
        });
        assert_eq!(line, expected);
        assert!(!line.to_string().contains('\n'), "one line");
    }

    #[test]
    fn a_line_takes_no_more_values_than_the_format_does() {
        let mut measured = Pending::default();
        for value in 0..150 {
            measured.note("PublisherLag", value);
        }
        let line = measured.line(Timestamp::from_millis(1), &source(""));
        assert_eq!(line["PublisherLag"].as_array().unwrap().len(), MAX_VALUES);
    }
}
