//! The one rule for text that people write, in any field.
//!
//! Control characters, line and paragraph separators, and the characters that turn the direction of text around are refused: they make a log, a list, an
//! email or a receipt read differently from what it says (Unicode Technical Report 36, section 2.10). Line breaks are for fields that say so.

/// The rule of a field that stands on one line, for problems: what follows says the length.
pub const ONE_LINE_RULE: &str =
    "must be on one line, without control characters and characters that change the direction of text";
/// The rule of a field that may have line breaks.
pub const LINES_RULE: &str =
    "must have no control characters but line breaks, and no characters that change the direction of text";

/// True when no text may have `letter`: controls (Unicode general category Cc), line and paragraph separators, and the
/// embeddings, overrides and isolates of UAX 9.
pub fn is_forbidden(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// True when `text` has no forbidden character, and so no line break.
pub fn is_one_line(text: &str) -> bool {
    !text.chars().any(is_forbidden)
}

/// True when `text` has no forbidden character but line breaks: a line feed, alone or after a carriage return.
pub fn is_lines(text: &str) -> bool {
    text.split('\n').all(|line| is_one_line(line.strip_suffix('\r').unwrap_or(line)))
}

/// `text` without what no text may have, each in its place a space: for words that only inform and are not worth a refusal.
pub fn cleaned(text: &str) -> String {
    text.chars().map(|letter| if is_forbidden(letter) { ' ' } else { letter }).collect()
}

/// A phone number as it was typed or pasted, without the marks of direction that copying from a web page or a list of contacts adds, and with a plain space or
/// hyphen for each of the other spaces and dashes of Unicode.
pub fn phone_spelling(text: &str) -> String {
    let plain = |letter: char| match letter {
        // Marks of direction, joiners and the byte order mark have no width.
        '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => None,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        other => Some(other),
    };
    let spelling: String = text.chars().filter_map(plain).collect();
    spelling.trim().to_owned()
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

    #[test]
    fn a_pasted_phone_number_is_spelled_plainly() {
        for text in [
            "\u{202a}+7 999 123-45-67\u{202c}",
            "\u{2066}\u{200e}+7\u{a0}999\u{2009}123\u{2011}45\u{2013}67\u{2069}\u{200f}",
            " \u{feff}+7\u{202f}999\u{205f}123\u{2010}45\u{2212}67\u{200b} ",
            "+7 999 123\u{ad}45\u{2015}67",
        ] {
            assert_eq!(phone_spelling(text), "+7 999 123-45-67", "{text:?}");
        }
        assert_eq!(
            phone_spelling("+7 999 \n x"),
            "+7 999 \n x",
            "what is no punctuation is left to be refused"
        );
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
