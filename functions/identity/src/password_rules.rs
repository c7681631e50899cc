//! The passwords that may be chosen: long ones that are neither guessed first nor the account's own names. Pure.
//!
//! | rule | source |
//! |---|---|
//! | 12 to 128 characters of any kind, of which none is required; consecutive spaces count once | OWASP ASVS 4.0.3, 2.1.1 to 2.1.3 and 2.1.9 |
//! | none of the passwords that are guessed first, with any digits and signs around it | ASVS 2.1.7; NIST SP 800-63B section 5.1.1.2 |
//! | no repetition, no sequence, at least five different characters | NIST SP 800-63B section 5.1.1.2 |
//! | not the account's own names, address or number | NIST SP 800-63B section 5.1.1.2, "context-specific words" |
//!
//! They bind new passwords alone: an account with an older one goes on logging in with it.

use std::collections::BTreeSet;

/// The shortest password, in characters (Unicode scalar values), consecutive spaces counted once.
pub const MIN_PASSWORD_LENGTH: usize = 12;
/// The longest password, in characters: longer ones only serve to keep the hash busy.
pub const MAX_PASSWORD_LENGTH: usize = 128;
/// Different characters that a password has at least.
pub const MIN_DIFFERENT_CHARACTERS: usize = 5;
/// Letters and digits of a password that are left at least when the account's own names are taken out of it.
pub const MIN_UNRELATED_CHARACTERS: usize = 6;
/// The shortest own name that is looked for: shorter ones are syllables of many words.
const MIN_OWN_NAME: usize = 3;
/// Characters that one run of a sequence has on average where a password counts as one.
const MIN_RUN_LENGTH: usize = 4;

/// The most common passwords, in lower case, one a line, 8 characters or longer.
const COMMON_PASSWORDS: &str = include_str!("../data/common-passwords.txt");

/// The rule that a password of a wrong length breaks.
pub const LENGTH_RULE: &str = "must be 12 to 128 characters; consecutive spaces count once";
/// The rule that a common password breaks.
pub const COMMON_RULE: &str = "is among the passwords that are guessed first; choose another";
/// The rule that a repetition or a sequence breaks.
pub const MONOTONOUS_RULE: &str =
    "repeats itself or is a sequence; choose one with at least 5 different characters";
/// The rule that a password made of the account's own names breaks.
pub const OWN_RULE: &str = "is made of the account's own name, email address or phone number; choose another";

/// Refuses a `text` that may not be a password of any account. The error is the rule that it breaks.
pub(crate) fn judge(text: &str) -> Result<(), &'static str> {
    let length = text.chars().count();
    if length > MAX_PASSWORD_LENGTH || combined(text) < MIN_PASSWORD_LENGTH {
        return Err(LENGTH_RULE);
    }
    let lower = text.to_lowercase();
    if is_common(&lower) {
        return Err(COMMON_RULE);
    }
    let letters: Vec<char> = lower.chars().collect();
    let different: BTreeSet<&char> = letters.iter().collect();
    if different.len() < MIN_DIFFERENT_CHARACTERS || is_sequence(&letters) || is_repetition(&letters) {
        return Err(MONOTONOUS_RULE);
    }
    Ok(())
}

/// True when `text` is little more than `names`, which are the account's own.
pub(crate) fn is_made_of(text: &str, names: &[String]) -> bool {
    let mut rest = text.to_lowercase();
    let mut names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    // The longest first: an address holds the name that stands in it.
    names.sort_by_key(|name| std::cmp::Reverse(name.chars().count()));
    let mut found = false;
    for name in names.iter().filter(|name| name.chars().count() >= MIN_OWN_NAME) {
        found |= rest.contains(name.as_str());
        rest = rest.replace(name.as_str(), " ");
    }
    found && rest.chars().filter(|letter| letter.is_alphanumeric()).count() < MIN_UNRELATED_CHARACTERS
}

/// The characters of `text`, consecutive spaces counted once.
fn combined(text: &str) -> usize {
    let mut after_space = false;
    let counts = |letter: char| {
        let counted = !(letter.is_whitespace() && after_space);
        after_space = letter.is_whitespace();
        counted
    };
    text.chars().map(counts).filter(|counted| *counted).count()
}

/// True when `lower`, or the part of it without the digits and signs at its ends, is a common password.
fn is_common(lower: &str) -> bool {
    let core = lower.trim_matches(|letter: char| !letter.is_alphabetic());
    COMMON_PASSWORDS.lines().any(|common| common == lower || common == core)
}

/// True when `letters` are runs of neighbours such as `123456` or `fedcba`, four characters long on average.
fn is_sequence(letters: &[char]) -> bool {
    let steps: Vec<Option<i64>> = letters.windows(2).map(|pair| step(pair[0], pair[1])).collect();
    let mut runs = 1;
    let mut current = None;
    for step in steps {
        if step.is_none() || (current.is_some() && current != step) {
            runs += 1;
            current = None;
        } else {
            current = step;
        }
    }
    runs * MIN_RUN_LENGTH <= letters.len()
}

/// From one character to a neighbour, or to itself; after 9 comes 0.
fn step(from: char, to: char) -> Option<i64> {
    match (from, to) {
        ('9', '0') => Some(1),
        ('0', '9') => Some(-1),
        _ => Some(i64::from(u32::from(to)) - i64::from(u32::from(from))).filter(|step| step.abs() <= 1),
    }
}

/// True when `letters` are repetitions of one piece, which alone would be too short.
fn is_repetition(letters: &[char]) -> bool {
    (1..MIN_PASSWORD_LENGTH.min(letters.len())).any(|piece| {
        letters.len().is_multiple_of(piece) && letters.chunks(piece).all(|chunk| *chunk == letters[..piece])
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn length_is_counted_in_characters_and_spaces_once() {
        for text in ["", "eleven chrs", "twelve  chrs", "        ", &" ".repeat(40), &"яблочный".repeat(17)]
        {
            assert_eq!(judge(text), Err(LENGTH_RULE), "{text}");
        }
        for text in ["twelve chars", " p a d d e d ", "🦀🦁🐢🦊🐝🦉🦀🦁🐢🦊🐝🐙", "no\0limits at all"]
        {
            assert_eq!(judge(text), Ok(()), "{text}");
        }
        let longest: String = ('а'..='я').cycle().step_by(7).take(128).collect();
        assert_eq!(judge(&longest), Ok(()));
    }

    #[test]
    fn what_is_guessed_first_is_refused_with_anything_around_it() {
        for text in ["password1234", "PassWord2026!", "1q2w3e4r5t6y", "12 ЙЦУКЕНГШ 34", "!!qwertyuiop!!"]
        {
            assert_eq!(judge(text), Err(COMMON_RULE), "{text}");
        }
    }

    #[test]
    fn what_goes_on_as_it_began_is_refused() {
        for text in [
            "123456789012",
            "abcdefghijkl",
            "098765432109",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "zxkqwpzxkqwp",
            "abcd12349876",
            "1212 1212 1212",
        ] {
            assert_eq!(judge(text), Err(MONOTONOUS_RULE), "{text}");
        }
        for text in ["correct horse", "a wholly new password", "8493 2215 7706"] {
            assert_eq!(judge(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn ones_own_names_are_no_password() {
        let names =
            ["Ada", "Lovelace", "ada.lovelace@example.com", "ada.lovelace", "+79991234567", "9991234567"];
        let names = names.map(str::to_owned);
        for text in [
            "ada.lovelace@example.com",
            "AdaLovelace1815",
            "+79991234567",
            "8 9991234567 ada",
            "lovelace-ada!!",
        ] {
            assert!(is_made_of(text, &names), "{text}");
        }
        for text in ["the engine weaves", "adamant lovely tea", "Lovelace weaves algebra"] {
            assert!(!is_made_of(text, &names), "{text}");
        }
        assert!(!is_made_of("a wholly new password", &["Al".to_owned(), String::new()]));
    }

    #[test]
    fn the_list_holds_only_what_would_be_taken_otherwise() {
        let list: Vec<&str> = COMMON_PASSWORDS.lines().collect();
        assert!(list.len() >= 1_000, "{} entries", list.len());
        let distinct: BTreeSet<_> = list.iter().collect();
        assert_eq!(distinct.len(), list.len(), "an entry stands there twice");
        for entry in list {
            assert!(entry.chars().count() >= 8, "{entry}");
            assert_eq!(entry, entry.to_lowercase());
        }
    }

    proptest! {
        /// No text makes the rules panic, and what passes is long enough however it is spaced.
        #[test]
        fn what_is_taken_is_long_enough(text in "\\PC{0,140}", names in prop::collection::vec("\\PC{0,12}", 0..4)) {
            is_made_of(&text, &names);
            if judge(&text).is_ok() {
                let words: Vec<&str> = text.split_whitespace().collect();
                prop_assert!(words.join(" ").chars().count() + 2 >= MIN_PASSWORD_LENGTH);
                prop_assert!(text.chars().count() <= MAX_PASSWORD_LENGTH);
            }
        }
    }
}
