//! The one rule for text that people write, in whatever field it stands.
//!
//! Control characters, line and paragraph separators, and the characters that turn the direction of text around are refused: they make a log, a list, an
//! email or a receipt read differently from what it says (Unicode Technical Report 36, section 2.10). Line breaks are for fields that say so.

/// The rule of a field that stands on one line, for problems: what follows says the length.
pub const ONE_LINE_RULE: &str =
    "must be on one line, without control characters and characters that change the direction of text";
/// The rule of a field that may have line breaks.
pub const LINES_RULE: &str =
    "must have no control characters but line breaks, and no characters that change the direction of text";

/// Whether no text may have `letter`: controls (Unicode general category Cc), line and paragraph separators, and the embeddings, overrides and isolates
/// of UAX 9.
pub fn is_forbidden(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether `text` may stand where there is one line.
pub fn is_one_line(text: &str) -> bool {
    !text.chars().any(is_forbidden)
}

/// Whether `text` may stand where there may be line breaks: a line feed, alone or after a carriage return.
pub fn is_lines(text: &str) -> bool {
    text.split('\n').all(|line| is_one_line(line.strip_suffix('\r').unwrap_or(line)))
}

/// `text` without what no text may have, each in its place a space: for words that only inform and are not worth a refusal.
pub fn cleaned(text: &str) -> String {
    text.chars().map(|letter| if is_forbidden(letter) { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_reads_differently_from_what_it_says_is_refused() {
        for letter in [
            '\0', '\u{1b}', '\t', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}',
            '\u{2066}', '\u{2069}',
        ] {
            let text = format!("a{letter}b");
            assert!(!is_one_line(&text) && !is_lines(&text), "{letter:?}");
            assert_eq!(cleaned(&text), "a b");
        }
        for text in
            ["", "Чайник ☕ 李 नेहा", "D’Arc – \u{a0}100 %", "👨\u{200d}👩\u{200d}👧", "می\u{200c}خواهم"]
        {
            assert!(is_one_line(text) && is_lines(text), "{text}");
        }
    }

    #[test]
    fn line_breaks_are_for_fields_that_say_so() {
        for text in ["a\nb", "a\r\nb", "\n", "a\n\n"] {
            assert!(!is_one_line(text) && is_lines(text), "{text:?}");
        }
        for text in ["a\rb", "a\n\rb", "a\u{b}b"] {
            assert!(!is_lines(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_cleaned_is_clean(text in "\\PC{0,20}|[\\x00-\\x20\u{2028}-\u{202e}]{0,10}") {
            let cleaned = cleaned(&text);
            prop_assert!(is_one_line(&cleaned));
            prop_assert_eq!(cleaned.chars().count(), text.chars().count());
        }
    }
}
