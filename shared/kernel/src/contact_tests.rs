//! The texts that are accepted, the values that they are read as, and the texts that are refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn a_number_is_punctuated_as_numbers_are() {
    for text in ["+7 (912) 345-67-80", "(912) 345-67-80", "8(912)3456780", "+7(912)(345)6780"] {
        assert!(text.parse::<Phone>().is_ok(), "{text}");
    }
    for text in [
        "++79123456780",
        "7+9123456780",
        "(((912)3456780",
        "(912 3456780",
        "912)3456780",
        "((912)) 3456780",
        "+7 912 345 67 80+",
    ] {
        assert!(text.parse::<Phone>().is_err(), "{text}");
    }
}

#[test]
fn an_address_is_trimmed_and_lowered() {
    for (given, kept) in [
        (" Ada.Lovelace@Example.COM ", "ada.lovelace@example.com"),
        ("a+tag@sub.example.co.uk", "a+tag@sub.example.co.uk"),
        ("x@xn--e1afmkfd.xn--p1ai", "x@xn--e1afmkfd.xn--p1ai"),
    ] {
        assert_eq!(given.parse::<Email>().unwrap().as_str(), kept);
    }
}

#[test]
fn what_mail_cannot_reach_is_refused() {
    let long = format!("{}@{}.example.com", "a".repeat(64), "b".repeat(63).repeat(3));
    for given in [
        "",
        "@",
        "ada",
        "ada@localhost",
        "ada@@example.com",
        "ada@example..com",
        "ada@[127.0.0.1]",
        "Ada <ada@example.com>",
        "<ada@example.com>",
        "\"a b\"@example.com",
        "a b@example.com",
        "ada@example.com\r\nBcc: b@example.com",
        "ada@exam\0ple.com",
        "имя@example.com",
        "ada@пример.рф",
        "\u{212a}ate@example.com",
        ".ada@example.com",
        "ada@-example.com",
        "ada@nk--waop.example",
        "ada@exam!ple.com",
        "ada@exa_mple.com",
        &long,
    ] {
        assert_eq!(given.parse::<Email>(), Err(BrokenRule(EMAIL_RULE)), "{given}");
    }
}

#[test]
fn a_number_has_one_form_however_it_is_spelt() {
    for given in [
        "8 (999) 123-45-67",
        "+7 999 123 45 67",
        "+7 (999) 123-45-67",
        "89991234567",
        "+79991234567",
        "9991234567",
        "8-999-123-45-67",
        "8.999.123.45.67",
        "+7\u{a0}999\u{a0}123\u{a0}45\u{a0}67",
        "  8 999 1234567  ",
        "\u{202a}+7 999 123-45-67\u{202c}",
        "\u{2066}8\u{2009}(999)\u{202f}123\u{2011}45\u{2013}67\u{2069}",
        "\u{feff}+7\u{ad}999\u{ad}1234567\u{200e}",
    ] {
        assert_eq!(given.parse::<Phone>().unwrap().as_str(), "+79991234567", "{given}");
    }
    for (given, kept) in [
        ("8 (495) 123-45-67", "+74951234567"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+1 (212) 555-0123", "+12125550123"),
        ("+49 30 123456", "+4930123456"),
        ("+7 701 123 4567", "+77011234567"),
        ("+375 29 123-45-67", "+375291234567"),
        ("+39 06 6982", "+39066982"),
    ] {
        assert_eq!(given.parse::<Phone>().map(|phone| phone.0).as_deref(), Ok(kept), "{given}");
    }
}

#[test]
fn what_no_telephone_answers_is_refused() {
    for given in [
        "",
        "+",
        "8",
        "112",
        "+7 999 123",
        "+7 999 123 45 67 89",
        "+999 123 456 789",
        "+1 800 FLOWERS",
        "+7 999 123-45-67 ext. 5",
        "+7 999 123-45-67;5",
        "tel:+79991234567",
        "+7 999 123 45 6\n7",
        "seven",
        "٨٩٩٩١٢٣٤٥٦٧",
        "+4 (9324 (93212) 12) -)67-89",
        &"9".repeat(400),
    ] {
        assert_eq!(given.parse::<Phone>(), Err(BrokenRule(PHONE_RULE)), "{given}");
    }
}

#[test]
fn a_name_may_be_of_any_script() {
    for (given, kept) in [
        (" Ada ", "Ada"),
        ("Анна-Мария", "Анна-Мария"),
        ("O'Neill", "O'Neill"),
        ("李", "李"),
        ("नेहा", "नेहा"),
        ("D\u{2019}Arc", "D\u{2019}Arc"),
    ] {
        assert_eq!(given.parse::<PersonName>().unwrap().as_str(), kept);
    }
    assert!("я".repeat(100).parse::<PersonName>().is_ok());
    for given in
        ["", "   ", "...", "\u{200b}", "A\nB", "A\0", "A\u{202e}B", "A\u{2066}B", &"я".repeat(101), "\u{7f}a"]
    {
        assert_eq!(given.parse::<PersonName>(), Err(BrokenRule(NAME_RULE)), "{given:?}");
    }
}

#[test]
fn personal_data_is_not_shown_in_logs() {
    let phone: Phone = "+79991234567".parse().unwrap();
    let email: Email = "ada@example.com".parse().unwrap();
    let name: PersonName = "Ada".parse().unwrap();
    assert_eq!(format!("{name:?} {email:?} {phone:?}"), "PersonName(..) Email(..) Phone(..)");
}

proptest! {
    #[test]
    fn nothing_makes_parsing_panic(text in any::<String>()) {
        let _ = (text.parse::<Email>(), text.parse::<Phone>(), text.parse::<PersonName>());
    }

    #[test]
    fn nothing_that_looks_like_a_number_makes_parsing_panic(text in "[-+ ().0-9]{0,45}") {
        if let Ok(phone) = text.parse::<Phone>() {
            let digits = phone.as_str().strip_prefix('+').unwrap();
            prop_assert!((4..=17).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn parsing_again_changes_nothing(number in 9_000_000_000_u64..10_000_000_000, text in "[A-Za-z0-9.+]{1,20}@[a-z]{1,9}\\.[a-z]{2,5}") {
        if let Ok(phone) = format!("8{number}").parse::<Phone>() {
            prop_assert_eq!(phone.as_str().parse::<Phone>(), Ok(phone.clone()));
            prop_assert_eq!(phone.as_str(), format!("+7{number}"));
        }
        if let Ok(email) = text.parse::<Email>() {
            prop_assert_eq!(email.as_str().parse::<Email>(), Ok(email.clone()));
        }
    }
}

fn contact(body: serde_json::Value) -> Result<Contact, Vec<String>> {
    let body: ContactBody = serde_json::from_value(body).unwrap();
    body.parse("/contact").map_err(|problem| problem.errors.into_iter().map(|error| error.pointer).collect())
}

#[test]
fn a_contact_is_reached_in_one_way_at_least() {
    let body = json!({"email": " Ada@Example.com ", "phone": "8 (999) 123-45-67", "firstName": " Ada ", "lastName": "Lovelace"});
    let kept = json!({"email": "ada@example.com", "phone": "+79991234567", "firstName": "Ada", "lastName": "Lovelace"});
    assert_eq!(serde_json::to_value(contact(body).unwrap()).unwrap(), kept);
    for body in [json!({"email": "ada@example.com"}), json!({"phone": "+79991234567"})] {
        assert_eq!(serde_json::to_value(contact(body.clone()).unwrap()).unwrap(), body);
    }
    for body in [json!({}), json!({"email": null, "phone": null})] {
        assert_eq!(contact(body), Err(vec!["/contact/email".to_owned(), "/contact/phone".to_owned()]));
    }
}

#[test]
fn every_fault_of_a_contact_is_named() {
    let body = json!({"email": "ada", "phone": "112", "firstName": "", "lastName": "a\u{202e}b"});
    let faults = contact(body).unwrap_err();
    assert_eq!(faults, ["/contact/email", "/contact/phone", "/contact/firstName", "/contact/lastName"]);
    assert_eq!(contact(json!({"email": "ada"})), Err(vec!["/contact/email".to_owned()]));
}
