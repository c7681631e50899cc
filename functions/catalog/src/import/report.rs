//! The outcomes of the lines of an import.

use kernel::{FieldError, Problem, Sku};
use serde::Serialize;

use super::Numbered;
use super::line::Fault;

/// The effect of a line on its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is new.
    Created,
    /// It is another than before.
    Updated,
    /// It was that already.
    Unchanged,
}

/// The outcome of a line that was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// The effect on the product.
    pub effect: Effect,
    /// True when a warehouse got its opening stock.
    pub stocked: bool,
}

/// The answer to an import. Every line that was received is created, updated, unchanged or failed.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    received: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    stocked: u64,
    failed: u64,
    errors: Vec<LineError>,
}

/// A line that was not imported.
#[derive(Debug, Serialize)]
struct LineError {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Sku>,
    code: &'static str,
    errors: Vec<FieldError>,
}

impl Report {
    /// Adds what came of a line.
    pub fn add(&mut self, result: Numbered<Result<Imported, Fault>>) {
        self.received += 1;
        match result.content {
            Ok(Imported { effect, stocked }) => {
                self.stocked += u64::from(stocked);
                match effect {
                    Effect::Created => self.created += 1,
                    Effect::Updated => self.updated += 1,
                    Effect::Unchanged => self.unchanged += 1,
                }
            }
            Err(fault) => {
                self.failed += 1;
                self.errors.push(LineError::new(result.line, fault));
            }
        }
    }

    /// The report with its errors in the order of the lines.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.errors.sort_by_key(|error| error.line);
        self
    }
}

impl LineError {
    fn new(line: u64, Fault { sku, problem }: Fault) -> Self {
        let Problem { code, detail, mut errors, .. } = problem;
        if errors.is_empty() {
            // Somebody has to read what is wrong, also where it is wrong with the line as a whole.
            errors.push(FieldError { pointer: String::new(), detail });
        }
        Self { line, id: sku, code, errors }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::refusal::ImportRefusal;

    #[test]
    fn every_line_is_counted_once_and_errors_stand_in_order() {
        let mut report = Report::default();
        let imported = |effect, stocked| Ok(Imported { effect, stocked });
        let fault =
            |sku: Option<&str>, problem| Err(Fault { sku: sku.map(|sku| sku.parse().unwrap()), problem });
        for (line, content) in [
            (1, imported(Effect::Created, true)),
            (9, fault(Some("A-1"), ImportRefusal::NotReached.into())),
            (2, imported(Effect::Updated, false)),
            (3, imported(Effect::Unchanged, true)),
            (4, fault(None, Problem::invalid("/id", "is required"))),
        ] {
            report.add(Numbered { line, content });
        }
        let expected = json!({
            "received": 5, "created": 1, "updated": 1, "unchanged": 1, "stocked": 2, "failed": 2, "errors": [
                {"line": 4, "code": "invalid_input", "errors": [{"pointer": "/id", "detail": "is required"}]},
                {"line": 9, "id": "A-1", "code": "not_reached",
                 "errors": [{"pointer": "", "detail": Problem::from(ImportRefusal::NotReached).detail}]},
            ],
        });
        assert_eq!(serde_json::to_value(report.sorted()).unwrap(), expected);
    }
}
