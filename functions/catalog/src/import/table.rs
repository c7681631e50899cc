//! The lines of a CSV table: a header that names the columns, and a record for each product.
//!
//! A record becomes the JSON object that the other formats would have; from there on all three are one. A cell that is left empty
//! is a member that is left out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use csv::{ByteRecord, Position, Reader, ReaderBuilder, StringRecord};
use kernel::{FieldError, Problem};
use serde_json::value::{RawValue, to_raw_value};

use super::body::{LineNumbers, MAX_IMPORT_LINE};
use super::{Numbered, Raw};
use crate::refusal::ImportRefusal;

/// The type of a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Text,
    Number,
    Flag,
    Json,
}

/// The columns that a table may have.
const COLUMNS: [(&str, Cell); 13] = [
    ("id", Cell::Text),
    ("name", Cell::Text),
    ("description", Cell::Text),
    ("price", Cell::Number),
    ("currency", Cell::Text),
    ("attributes", Cell::Json),
    ("category", Cell::Text),
    ("weightGrams", Cell::Number),
    ("taxCategory", Cell::Text),
    ("requiresShipping", Cell::Flag),
    ("isActive", Cell::Flag),
    ("warehouse", Cell::Text),
    ("available", Cell::Number),
];
/// Those that it has to have.
const REQUIRED: [&str; 4] = ["id", "name", "price", "currency"];

impl Cell {
    /// The member that a cell stands for, as JSON. What it should be and is not stays text, and is refused like text in the other formats.
    /// JSON stays as it is written, so that it is read once, by the rules of the other formats.
    fn value(self, text: &str) -> serde_json::Result<Box<RawValue>> {
        let given = match self {
            Self::Text => None,
            // As JSON writes it: `+5` and `007` are none there either.
            Self::Number => {
                text.parse::<i64>().is_ok_and(|number| number.to_string() == text).then_some(text)
            }
            Self::Flag => flag(text),
            Self::Json => Some(text),
        };
        let given = given.map(|json| RawValue::from_string(json.to_owned()));
        given.and_then(Result::ok).map_or_else(|| to_raw_value(text), Ok)
    }
}

/// The JSON of a boolean as spreadsheets and people write it.
fn flag(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some("true"),
        "false" | "no" => Some("false"),
        _ => None,
    }
}

/// A table while it is being read.
pub(super) struct Table<'a> {
    text: &'a [u8],
    reader: Reader<&'a [u8]>,
    columns: Vec<(&'static str, Cell)>,
    numbers: LineNumbers<'a>,
    record: ByteRecord,
}

impl<'a> Table<'a> {
    /// Reads the header, and refuses one that does not say what the columns are.
    pub(super) fn open(text: &'a [u8]) -> Result<Self, Problem> {
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let mut header = ByteRecord::new();
        reader.read_byte_record(&mut header).map_err(Problem::internal)?;
        let columns = columns(&header)?;
        Ok(Self { text, reader, columns, numbers: LineNumbers::new(text), record: header })
    }

    /// The current record as a JSON object.
    fn object(&self) -> Result<Cow<'a, str>, Problem> {
        if self.record.as_slice().len() > MAX_IMPORT_LINE {
            return Err(ImportRefusal::LineTooLong { limit: MAX_IMPORT_LINE }.into());
        }
        let record =
            StringRecord::from_byte_record(self.record.clone()).map_err(|_| ImportRefusal::LineNotUtf8)?;
        if record.len() != self.columns.len() {
            let detail = format!("must have {} cells, as the header has", self.columns.len());
            return Err(Problem::invalid("", detail));
        }
        let filled = self.columns.iter().zip(&record).filter(|(_, text)| !text.is_empty());
        let members: serde_json::Result<BTreeMap<&str, Box<RawValue>>> =
            filled.map(|((name, cell), text)| Ok((*name, cell.value(text)?))).collect();
        members.and_then(|members| serde_json::to_string(&members)).map(Cow::Owned).map_err(Problem::internal)
    }

    /// The line that the current record begins on. The reader's own position is where the record before ended, empty lines not
    /// yet passed over.
    fn line(&mut self) -> u64 {
        let after = self.record.position().map_or(0, Position::byte);
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let rest = self.text.get(after..).unwrap_or_default();
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.numbers.of(after + empty)
    }
}

impl<'a> Iterator for Table<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Raw<'a>> {
        // Reading from memory, and without a rule for the number of cells, fails for nothing.
        let more = self.reader.read_byte_record(&mut self.record).unwrap_or(false);
        more.then(|| Numbered { line: self.line(), content: self.object() })
    }
}

/// The columns that a header names.
fn columns(header: &ByteRecord) -> Result<Vec<(&'static str, Cell)>, Problem> {
    let names: Vec<Cow<'_, str>> = header.iter().map(String::from_utf8_lossy).collect();
    let mut errors = Vec::new();
    let mut fault = |name: &str, detail: &str| {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        errors.push(FieldError { pointer, detail: detail.to_owned() });
    };
    let mut columns = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        match COLUMNS.iter().find(|(known, _)| known == name) {
            None => fault(name, "is not a column of an import"),
            Some(_) if names[..index].contains(name) => fault(name, "is given twice"),
            Some(column) => columns.push(*column),
        }
    }
    for required in REQUIRED.into_iter().filter(|required| !names.iter().any(|name| name == required)) {
        fault(required, "is required as a column");
    }
    if errors.is_empty() { Ok(columns) } else { Err(Problem::invalid_all(errors)) }
}
