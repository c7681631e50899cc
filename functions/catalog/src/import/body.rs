//! The three formats of an import, and the lines of a body.
//!
//! A line is looked at by itself: what is wrong with one keeps none of the others from being read. The exception is a JSON array
//! whose own syntax breaks: nothing is known of what follows, so reading ends there.

use std::borrow::Cow;

use kernel::Problem;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::table::Table;
use super::{Numbered, Raw};
use crate::refusal::ImportRefusal;

/// The largest body of an import, in bytes: with the third that base64 adds, it stays below the 6 MB that Lambda takes (AWS
/// Lambda developer guide, quotas).
pub const MAX_IMPORT_BODY: usize = 4 * 1024 * 1024;
/// The most lines that one import takes.
pub const MAX_IMPORT_LINES: usize = 1_000;
/// The longest line, in bytes: the longest description and the largest attributes fit, however they are escaped.
pub const MAX_IMPORT_LINE: usize = 128 * 1024;
/// The UTF-8 byte order mark, with which some programs begin a file.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The format of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object on each line.
    Ndjson,
    /// A JSON array of objects.
    Json,
    /// A table with a header (RFC 4180).
    Csv,
}

impl Format {
    /// The content types that are taken, for a person who sent another.
    pub const TYPES: &'static str = "application/x-ndjson, application/json or text/csv";

    /// The format with this content type.
    pub fn of(content_type: &str) -> Option<Self> {
        match content_type {
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Self::Ndjson),
            "application/json" => Some(Self::Json),
            "text/csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// A body that has lines, at most [`MAX_IMPORT_LINES`].
pub struct Lines<'a> {
    format: Format,
    text: &'a [u8],
}

impl<'a> Lines<'a> {
    /// Refuses a body that is none of `format`, or has too many lines. An array that breaks off after its first element is taken.
    pub fn open(format: Format, body: &'a [u8]) -> Result<Self, Problem> {
        let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let lines = Self { format, text };
        if lines.read()?.take(MAX_IMPORT_LINES + 1).count() > MAX_IMPORT_LINES {
            return Err(ImportRefusal::TooManyLines { limit: MAX_IMPORT_LINES }.into());
        }
        Ok(lines)
    }

    /// The lines, one after the other.
    pub fn read(&self) -> Result<Box<dyn Iterator<Item = Raw<'a>> + Send + 'a>, Problem> {
        Ok(match self.format {
            Format::Ndjson => Box::new(ndjson(self.text)),
            Format::Json => Box::new(elements(self.text)?.into_iter()),
            Format::Csv => Box::new(Table::open(self.text)?),
        })
    }
}

/// Lines with something on them. Empty ones are counted and passed over.
fn ndjson(text: &[u8]) -> impl Iterator<Item = Raw<'_>> {
    let numbered = (1_u64..).zip(text.split(|&byte| byte == b'\n'));
    let filled =
        numbered.map(|(line, bytes)| (line, bytes.trim_ascii())).filter(|(_, bytes)| !bytes.is_empty());
    filled.map(|(line, bytes)| Numbered {
        line,
        content: checked(bytes).map(Cow::Borrowed).map_err(Problem::from),
    })
}

/// A line as text, when it is that and not too long.
fn checked(bytes: &[u8]) -> Result<&str, ImportRefusal> {
    if bytes.len() > MAX_IMPORT_LINE {
        return Err(ImportRefusal::LineTooLong { limit: MAX_IMPORT_LINE });
    }
    std::str::from_utf8(bytes).map_err(|_| ImportRefusal::LineNotUtf8)
}

/// The elements of a JSON array, each on the line that it begins on; the last one may be the error that reading ended at. Fails when
/// there is not one element.
fn elements(bytes: &[u8]) -> Result<Vec<Raw<'static>>, Problem> {
    // Bytes that are no text become replacement characters, which mark the element that they stand in.
    let text = String::from_utf8_lossy(bytes);
    let is_text = matches!(text, Cow::Borrowed(_));
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    let read = deserializer.deserialize_seq(Elements(&mut found)).and_then(|()| deserializer.end());
    let mut numbers = LineNumbers::new(text.as_bytes());
    let mut lines: Vec<Raw<'static>> = Vec::with_capacity(found.len());
    for element in &found {
        let line = numbers.of(element.get().as_ptr().addr() - text.as_ptr().addr());
        let element = element.get();
        let content = match checked(element.as_bytes()) {
            Ok(element) if !is_text && element.contains(char::REPLACEMENT_CHARACTER) => {
                Err(ImportRefusal::LineNotUtf8.into())
            }
            Ok(element) => Ok(Cow::Owned(element.to_owned())),
            Err(refusal) => Err(refusal.into()),
        };
        lines.push(Numbered { line, content });
    }
    // Those who send too much hear of that, not of what is wrong further on.
    if let Err(error) = read
        && found.len() <= MAX_IMPORT_LINES
    {
        let line = u64::try_from(error.line()).unwrap_or(u64::MAX);
        lines.push(Numbered { line, content: Err(broken(&error, found.is_empty())?) });
    }
    Ok(lines)
}

/// The problem of an array whose syntax breaks: about the place, or about the whole body when `nothing` came before.
fn broken(error: &serde_json::Error, nothing: bool) -> Result<Problem, Problem> {
    if nothing && error.is_data() {
        return Err(Problem::invalid("", "must be an array"));
    }
    let problem = ImportRefusal::MalformedArray { line: error.line(), column: error.column() }.into();
    if nothing { Err(problem) } else { Ok(problem) }
}

/// Gathers the elements of an array, one more than are taken at most.
struct Elements<'f, 'de>(&'f mut Vec<&'de RawValue>);

impl<'de> Visitor<'de> for Elements<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while self.0.len() <= MAX_IMPORT_LINES
            && let Some(element) = elements.next_element()?
        {
            self.0.push(element);
        }
        Ok(())
    }
}

/// The numbers of the lines that ascending positions stand on.
pub(super) struct LineNumbers<'a> {
    text: &'a [u8],
    position: usize,
    line: u64,
}

impl<'a> LineNumbers<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, position: 0, line: 1 }
    }

    /// The line of the byte at `position`, which comes after those asked for before.
    pub(super) fn of(&mut self, position: usize) -> u64 {
        let passed = self.text.get(self.position..position).unwrap_or_default();
        self.line += passed.iter().map(|&byte| u64::from(byte == b'\n')).sum::<u64>();
        self.position = self.position.max(position);
        self.line
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
