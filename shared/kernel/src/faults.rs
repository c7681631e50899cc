//! The faults of a body, collected so that all of them are named together.

use std::fmt::Display;
use std::str::FromStr;

use crate::problem::{FieldError, Problem};

/// The faults that were found so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Adds the fault of the member at `pointer`.
    pub fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    /// Adds the fault unless the rule holds.
    pub fn require(&mut self, holds: bool, pointer: impl Into<String>, detail: impl Into<String>) {
        if !holds {
            self.add(pointer, detail);
        }
    }

    /// Reads a text; one that breaks the rule of its type is a fault.
    pub fn parse<T: FromStr<Err: Display>>(&mut self, text: &str, pointer: impl Into<String>) -> Option<T> {
        text.parse().map_err(|error: T::Err| self.add(pointer, error.to_string())).ok()
    }

    /// Reads every text of a list that has at most `limit` of them.
    pub fn parse_all<T: FromStr<Err: Display>>(
        &mut self,
        texts: &[String],
        limit: usize,
        pointer: &str,
    ) -> Vec<T> {
        self.require(texts.len() <= limit, pointer, format!("must have at most {limit} entries"));
        let read = texts.iter().enumerate();
        read.filter_map(|(index, text)| self.parse(text, format!("{pointer}/{index}"))).collect()
    }

    /// Reads a whole number between two bounds.
    pub fn within<T: TryFrom<i64>>(
        &mut self,
        number: i64,
        (least, most): (i64, i64),
        pointer: impl Into<String>,
    ) -> Option<T> {
        let value = (least..=most).contains(&number).then(|| T::try_from(number).ok()).flatten();
        self.require(value.is_some(), pointer, format!("must be a whole number from {least} to {most}"));
        value
    }

    /// Returns the value when there is one and no fault was found; otherwise the problem that names the faults.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Problem::invalid_all(self.0)),
        }
    }
}
