//! Measurements that alarms look at.
//!
//! They are written as one log line in the embedded metric format, from which `CloudWatch` Logs makes the metrics: no call, no
//! permission, and nothing to wait for (`CloudWatch` user guide, "Specification: Embedded metric format").

use std::io::Write as _;

use kernel::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Init, InitError};

/// The namespace of this system's metrics.
const NAMESPACE: &str = "Holdfast";
/// The one dimension: which stack was measured.
const DIMENSION: &str = "Stack";

/// Where a function's measurements go.
#[derive(Debug, Clone)]
pub struct Metrics {
    stack: String,
    function: String,
}

impl Metrics {
    /// Measurements of the stack that `STACK_NAME` names.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        let function = init.optional("AWS_LAMBDA_FUNCTION_NAME", String::new())?;
        Ok(Self { stack: init.required("STACK_NAME")?, function })
    }

    /// Publishes counts, each under its metric's name.
    pub fn count(&self, counts: &[(&str, u64)]) {
        self.write("Count", counts);
    }

    /// Publishes a time, in milliseconds.
    pub fn milliseconds(&self, name: &'static str, value: u64) {
        self.write("Milliseconds", &[(name, value)]);
    }

    fn write(&self, unit: &str, values: &[(&str, u64)]) {
        // A line that standard output does not take is lost like any other log line.
        let _ = writeln!(std::io::stdout().lock(), "{}", self.line(Timestamp::now(), unit, values));
    }

    fn line(&self, at: Timestamp, unit: &str, counts: &[(&str, u64)]) -> Value {
        let metrics: Vec<Value> =
            counts.iter().map(|(name, _)| json!({"Name": name, "Unit": unit})).collect();
        let directive = json!({"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics});
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({"Timestamp": at.as_millis(), "CloudWatchMetrics": [directive]}),
        );
        line.insert(DIMENSION.to_owned(), json!(self.stack));
        // As in every other line: which function wrote it.
        line.insert("spans".to_owned(), json!([{"function": self.function}]));
        line.extend(counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))));
        Value::Object(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_declares_what_it_holds() {
        let metrics = Metrics { stack: "shop".to_owned(), function: "shop-Count".to_owned() };
        let line = metrics.line(
            Timestamp::from_millis(1_700_000_000_000),
            "Count",
            &[("StockDrift", 0), ("Other", 7)],
        );
        let expected = json!({
            "_aws": {
                "Timestamp": 1_700_000_000_000_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Holdfast", "Dimensions": [["Stack"]],
                    "Metrics": [{"Name": "StockDrift", "Unit": "Count"}, {"Name": "Other", "Unit": "Count"}],
                }],
            },
            "Stack": "shop", "spans": [{"function": "shop-Count"}], "StockDrift": 0, "Other": 7,
        });
        assert_eq!(line, expected);
        assert!(!line.to_string().contains('\n'), "one line");
    }
}
