//! Money, times and other people's words, as a language writes them.

use identity::delivery::AccountChange;
use identity::{Locale, PersonName};
use kernel::text::is_forbidden;
use kernel::{Money, Timestamp};

use crate::zone::Zone;

/// The longest first name in the greeting of an email, in characters.
const MAX_GREETED: usize = 40;

/// An amount as the language writes it: `1,234.50 RUB`, or `1 234,50 ₽` with no-break spaces.
pub fn money(money: Money, locale: Locale) -> String {
    let scale = 10_i64.pow(money.currency().exponent());
    let (group, point) = match locale {
        Locale::En => (',', '.'),
        Locale::Ru => ('\u{a0}', ','),
    };
    let mut text = grouped(money.amount() / scale, group);
    if scale > 1 {
        let width = money.currency().exponent() as usize;
        let minor = money.amount() % scale;
        text = format!("{text}{point}{minor:0>width$}");
    }
    match (locale, money.currency().code()) {
        (Locale::En, code) => format!("{text} {code}"),
        (Locale::Ru, "RUB") => format!("{text}\u{a0}₽"),
        (Locale::Ru, code) => format!("{text}\u{a0}{code}"),
    }
}

/// The change of an account, as a sentence.
pub fn account_change(change: AccountChange, locale: Locale) -> &'static str {
    match (change, locale) {
        (AccountChange::PasswordChanged, Locale::En) => "The password of your account was changed.",
        (AccountChange::PasswordChanged, Locale::Ru) => "Пароль вашего аккаунта изменён.",
        (AccountChange::LoginsChanged, Locale::En) => {
            "An email address or phone number of your account was added or removed."
        }
        (AccountChange::LoginsChanged, Locale::Ru) => "Адрес или номер вашего аккаунта добавлен или удалён.",
        (AccountChange::SecondFactorEnabled, Locale::En) => {
            "A second factor is now asked for when you log in."
        }
        (AccountChange::SecondFactorEnabled, Locale::Ru) => "При входе теперь нужен второй фактор.",
        (AccountChange::SecondFactorRemoved, Locale::En) => "The second factor of your account was removed.",
        (AccountChange::SecondFactorRemoved, Locale::Ru) => "Второй фактор вашего аккаунта отключён.",
        (AccountChange::AccountDeleted, Locale::En) => "Your account was deleted.",
        (AccountChange::AccountDeleted, Locale::Ru) => "Ваш аккаунт удалён.",
    }
}

/// The words before the links below an email.
pub(crate) struct Labels {
    /// Before the page that shows the order.
    pub(crate) order_page: &'static str,
    /// Before the support contact.
    pub(crate) support: &'static str,
}

/// The words before the links below an email in the language.
pub(crate) fn labels(locale: Locale) -> Labels {
    match locale {
        Locale::En => Labels { order_page: "Your order", support: "Questions" },
        Locale::Ru => Labels { order_page: "Ваш заказ", support: "Вопросы" },
    }
}

/// Digits in groups of three.
fn grouped(number: i64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A time to the minute, as a clock in `zone` shows it.
pub fn time(at: Timestamp, locale: Locale, zone: &Zone) -> String {
    let format = match locale {
        Locale::En => "%Y-%m-%d %H:%M",
        Locale::Ru => "%d.%m.%Y %H:%M",
    };
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| at.to_string(), |time| zone.show(time, format))
}

/// The name for the greeting of a person, or `None` for one that is no plain name.
///
/// Anyone can open an account with somebody else's address. Letters, spaces, hyphens and apostrophes are enough for a
/// name and not enough for a web address, so no message carries an advertisement.
pub fn greeted(name: &PersonName) -> Option<&str> {
    let name = name.as_str();
    let plain = |letter: char| letter.is_alphabetic() || matches!(letter, ' ' | '-' | '\'' | '’');
    (name.chars().count() <= MAX_GREETED && name.chars().all(plain)).then_some(name)
}

/// Someone else's words on one line: control characters and line breaks become spaces, and a text longer than
/// `longest` characters ends in an ellipsis.
pub fn one_line(text: &str, longest: usize) -> String {
    let line = text.split(|letter: char| letter.is_whitespace() || is_forbidden(letter));
    let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    let kept: String = line.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A web address that an email may show: no character that a mail program could read as the end of an address.
pub fn web_address(text: &str) -> Option<&str> {
    let web = text.starts_with("https://") || text.starts_with("http://");
    (web && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use kernel::money::MAX_AMOUNT;
    use proptest::prelude::*;

    use super::*;
    use crate::zone::tests::zone;

    fn amount(amount: i64, code: &str) -> Money {
        Money::new(amount, Currency::from_code(code).unwrap()).unwrap()
    }

    #[test]
    fn money_is_written_as_the_language_writes_it() {
        for (money_, english, russian) in [
            (amount(0, "RUB"), "0.00 RUB", "0,00\u{a0}₽"),
            (amount(7_505, "RUB"), "75.05 RUB", "75,05\u{a0}₽"),
            (amount(99_999, "RUB"), "999.99 RUB", "999,99\u{a0}₽"),
            (amount(123_456_789, "RUB"), "1,234,567.89 RUB", "1\u{a0}234\u{a0}567,89\u{a0}₽"),
            (amount(1_000, "JPY"), "1,000 JPY", "1\u{a0}000\u{a0}JPY"),
            (amount(1_000, "KWD"), "1.000 KWD", "1,000\u{a0}KWD"),
        ] {
            assert_eq!(money(money_, Locale::En), english);
            assert_eq!(money(money_, Locale::Ru), russian);
        }
    }

    proptest! {
        #[test]
        fn grouping_changes_no_digit(minor in 0..=MAX_AMOUNT) {
            let plain = amount(minor, "RUB");
            prop_assert_eq!(money(plain, Locale::En).replace(',', ""), plain.to_string());
        }
    }

    #[test]
    fn times_are_to_the_minute_in_the_zone() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        assert_eq!(time(at, Locale::En, &zone("UTC")), "2023-11-14 22:13 UTC");
        assert_eq!(time(at, Locale::Ru, &zone("UTC")), "14.11.2023 22:13 UTC");
        assert_eq!(time(at, Locale::Ru, &zone("Europe/Moscow")), "15.11.2023 01:13 MSK");
    }

    #[test]
    fn only_plain_names_are_greeted() {
        let greets = |name: &str| greeted(&name.parse().unwrap()).is_some();
        for name in ["Anna", "Анна-Мария", "Jean Paul", "O'Neil", "N’Golo", "李", "Zoë"] {
            assert!(greets(name), "{name}");
        }
        for name in ["visit evil.example", "http://evil", "Anna!", "WIN 100$", "@anna", &"a".repeat(41)] {
            assert!(!greets(name), "{name}");
        }
    }

    #[test]
    fn other_peoples_words_stay_on_one_line() {
        assert_eq!(one_line(" Tea\r\n\tcup \u{202e}x ", 20), "Tea cup x");
        assert_eq!(one_line("twelve words", 12), "twelve words");
        assert_eq!(one_line("twelve words", 8), "twelve…");
        assert_eq!(one_line("чашки и блюдца", 6), "чашки…");
    }

    #[test]
    fn only_web_addresses_are_shown() {
        assert_eq!(web_address("https://pay.example/p?id=1"), Some("https://pay.example/p?id=1"));
        for text in
            ["javascript:alert(1)", "pay.example", "https://pay.example/ https://evil.example", "https://a\n"]
        {
            assert_eq!(web_address(text), None, "{text}");
        }
    }
}
