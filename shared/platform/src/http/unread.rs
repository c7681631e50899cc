//! Values that are valid JSON and are not read for their content: numbers that no float holds, half characters, and values that are nested too
//! deep. They are no faults of syntax, though the parser calls them so and stops there.

/// The details of faults, by the beginning of the parser's message.
const KNOWN: [(&str, &str); 4] = [
    ("recursion limit exceeded", "is nested too deep"),
    (OUT_OF_RANGE, "is a number beyond all that are read"),
    ("lone leading surrogate in hex escape", HALF),
    ("unexpected end of hex escape", HALF),
];
const OUT_OF_RANGE: &str = "number out of range";
const HALF: &str = "must be Unicode: it has half a character in it";
/// The bytes of an escape such as `\ud800`.
const ESCAPE: usize = 6;

/// Returns the detail of the fault at which the parser stopped; `None` where the text is not JSON at that place.
pub(super) fn what(error: &serde_json::Error) -> Option<&'static str> {
    let message = error.to_string();
    KNOWN.into_iter().find_map(|(beginning, detail)| message.starts_with(beginning).then_some(detail))
}

/// `text` with something that can be read where the parser stopped, so that what follows is read too.
pub(super) fn passed_over(text: &str, error: &serde_json::Error) -> Option<String> {
    let bytes = text.as_bytes();
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').take(error.line() - 1);
    let stopped = (lines.map(<[u8]>::len).sum::<usize>() + error.column()).min(bytes.len());
    let is_number = error.to_string().starts_with(OUT_OF_RANGE);
    let (range, instead) = if is_number { number(bytes, stopped)? } else { escape(bytes, stopped)? };
    let mut rest = text.to_owned();
    rest.replace_range(range, instead);
    Some(rest)
}

type Replacement = (std::ops::Range<usize>, &'static str);

/// The number that ends by `stopped`, or just behind it.
fn number(text: &[u8], stopped: usize) -> Option<Replacement> {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let last = text[..stopped].iter().rposition(is_part)?;
    let rest = text[last..].iter().position(|byte| !is_part(byte));
    let begin = text[..last].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
    Some((begin..rest.map_or(text.len(), |rest| last + rest), "0"))
}

/// The last escape of half a character before `stopped`.
fn escape(text: &[u8], stopped: usize) -> Option<Replacement> {
    let is_half = |at: &usize| {
        let escape = text.get(*at..*at + ESCAPE);
        escape.is_some_and(|escape| {
            escape.to_ascii_lowercase().starts_with(b"\\ud")
                && (b'8'..=b'f').contains(&escape[3].to_ascii_lowercase())
        })
    };
    let begin = (0..stopped).rev().find(is_half)?;
    Some((begin..begin + ESCAPE, "\\u0020"))
}
