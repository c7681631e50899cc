//! The logins and languages that are read, and the texts that are refused.

use proptest::prelude::*;

use super::*;

#[test]
fn the_language_liked_best_is_taken() {
    for (header, locale) in [
        (None, Locale::En),
        (Some(""), Locale::En),
        (Some("*"), Locale::En),
        (Some("ru"), Locale::Ru),
        (Some("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7"), Locale::Ru),
        (Some("de, en;q=0.5, RU ; Q=0.501"), Locale::Ru),
        (Some("en;q=0.7, ru;q=0.7"), Locale::En),
        (Some("ru;q=0, de"), Locale::En),
        (Some("ru;q=nonsense"), Locale::En),
        (Some("ru;q=0.1234, rum"), Locale::En),
    ] {
        assert_eq!(Locale::negotiated(header), locale, "{header:?}");
    }
}

proptest! {
    #[test]
    fn no_header_makes_negotiating_panic(text in any::<String>()) {
        let _ = Locale::negotiated(Some(&text));
    }
}

#[test]
fn a_login_is_read_back_from_its_key() {
    for text in ["ada@example.com", "+79991234567"] {
        let login = Login::parse(text).unwrap();
        assert_eq!(Login::stored(&login.to_string()), Some(login));
    }
    for text in ["", "ada@example.com", "fax:+7999"] {
        assert_eq!(Login::stored(text), None, "{text}");
    }
}
