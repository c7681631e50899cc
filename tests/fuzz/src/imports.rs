//! Files of products: NDJSON, JSON and CSV.

use catalog::import::body::{Format, Lines, MAX_IMPORT_LINES};
use catalog::import::line;
use kernel::Kind;

use crate::input::Input;

/// Reads a file whose type the first line names. Each of its lines is a product, or has a fault that is the caller's; lines are counted from 1 and
/// as they stand in the file.
pub fn imports(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    let format = Format::of(input.name).unwrap_or(Format::Ndjson);
    let body = input.body.unwrap_or_default();
    let lines = match Lines::open(format, body) {
        Ok(lines) => lines,
        Err(problem) => return assert!(problem.kind != Kind::Internal, "{problem:?}"),
    };
    let first: Vec<_> = lines.read().expect("what was opened can be read").map(line::parse).collect();
    assert!(first.len() <= MAX_IMPORT_LINES);
    let last = 1 + body.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    for pair in first.windows(2) {
        assert!(pair[0].line <= pair[1].line, "line {} stands before line {}", pair[0].line, pair[1].line);
    }
    for parsed in &first {
        assert!((1..=last).contains(&parsed.line), "line {} of {last}", parsed.line);
        if let Err(fault) = &parsed.content {
            assert!(fault.problem.kind != Kind::Internal, "line {}: {:?}", parsed.line, fault.problem);
        }
    }
    let second: Vec<_> = lines.read().expect("it can be read again").map(line::parse).collect();
    assert!(first == second, "a file has two readings");
}
