//! The addresses that are read, the members that are at fault, and the rules of countries.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::countries::RULES;
use super::*;

/// An address of `country`, to which members may be added.
fn body(country: &str) -> Value {
    json!({
        "recipientName": "Ada Lovelace", "recipientPhone": "+44 20 7946 0958", "country": country, "city": "City",
        "street": "Street 1",
    })
}

fn parse(body: Value) -> Result<PostalAddress, Vec<(String, String)>> {
    let body: PostalAddressBody = serde_json::from_value(body).unwrap();
    let faults = |problem: Problem| problem.errors.into_iter().map(|error| (error.pointer, error.detail));
    body.parse("/to").map_err(|problem| faults(problem).collect())
}

/// The pointers to the faults of `country`'s address with these members changed.
fn faults(country: &str, changes: Value) -> Vec<String> {
    let mut body = body(country);
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let found = parse(body).err().unwrap_or_default();
    found.into_iter().map(|(pointer, _)| pointer).collect()
}

#[test]
fn an_address_is_kept_in_its_form() {
    let body = json!({
        "recipientName": " Анна Каренина ", "recipientPhone": "8 (999) 123-45-67", "country": " ru ", "region": " Москва ",
        "city": " Москва", "street": "ул. Тверская, 1 ", "street2": " подъезд 3", "postalCode": " 125009 ",
    });
    let kept = json!({
        "recipientName": "Анна Каренина", "recipientPhone": "+79991234567", "country": "RU", "region": "Москва",
        "city": "Москва", "street": "ул. Тверская, 1", "street2": "подъезд 3", "postalCode": "125009",
    });
    let address = parse(body).unwrap();
    assert_eq!(serde_json::to_value(&address).unwrap(), kept);
    assert_eq!(serde_json::from_value::<PostalAddress>(kept).unwrap(), address);
    assert_eq!(format!("{address:?}"), "PostalAddress(..)", "it is personal data");
    let few = parse(self::body("AE")).unwrap_err();
    assert_eq!(few, [("/to/region".to_owned(), "is required in an address of AE".to_owned())]);
    assert_eq!(serde_json::to_value(parse(self::body("HR")).unwrap()).unwrap()["country"], "HR");
}

#[test]
fn every_member_at_fault_is_named() {
    let names = |names: &[&str]| names.iter().map(|name| format!("/to/{name}")).collect::<Vec<_>>();
    let missing: Vec<_> = parse(json!({})).unwrap_err().into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(missing, names(&["recipientName", "recipientPhone", "country", "city", "street"]));
    let bad = json!({
        "recipientName": "...", "recipientPhone": "112", "country": "Germany", "region": "x".repeat(61), "city": " ",
        "street": "a\u{202e}b", "street2": "x".repeat(201), "postalCode": "№ 1",
    });
    let all =
        ["recipientName", "recipientPhone", "country", "region", "city", "street", "street2", "postalCode"];
    assert_eq!(faults("DE", bad), names(&all));
    let longest = json!({
        "region": "я".repeat(60), "city": "я".repeat(200), "street": "я".repeat(200), "street2": "я".repeat(200),
    });
    assert_eq!(faults("HR", longest), Vec::<String>::new());
    for (member, value) in [
        ("region", "я".repeat(61)),
        ("city", "я".repeat(201)),
        ("street", "я".repeat(201)),
        ("street2", String::new()),
    ] {
        assert_eq!(faults("HR", json!({member: value})), names(&[member]), "{member}");
    }
}

#[test]
fn a_country_is_a_code_of_iso_3166() {
    for (text, code) in [("RU", "RU"), (" de ", "DE"), ("gB", "GB")] {
        assert_eq!(text.parse::<Country>().unwrap().as_str(), code);
    }
    for text in ["", "D", "DEU", "XX", "UK", "XK", "д1", "D\u{202e}"] {
        assert_eq!(text.parse::<Country>(), Err(BrokenRule(COUNTRY_RULE)), "{text:?}");
    }
}

#[test]
fn countries_need_what_their_addresses_have() {
    for (country, needed) in [
        ("RU", &["/to/region", "/to/postalCode"][..]),
        ("US", &["/to/region", "/to/postalCode"]),
        ("DE", &["/to/postalCode"]),
        ("GB", &["/to/postalCode"]),
        ("AE", &["/to/region"]),
        ("HR", &[]),
        ("AO", &[]),
    ] {
        assert_eq!(faults(country, json!({})), needed, "{country}");
        let code = forms(country).first().map(|form| example(form));
        assert_eq!(faults(country, json!({"region": "R", "postalCode": code})), [""; 0], "{country}");
    }
}

/// The examples are the source's own.
#[test]
fn postal_codes_have_the_forms_of_their_countries() {
    for (country, codes) in [
        ("RU", &["247112", "103375"][..]),
        ("DE", &["26133", "53225"]),
        ("US", &["95014", "22162-1010", "22162 1010"]),
        ("CA", &["H3Z 2Y7", "h3z2y7"]),
        ("GB", &["EC1Y 8SY", "GIR 0AA", "M2 5BQ", "CR0 2YR", "W1A 4ZZ", "BFPO 61"]),
        ("NL", &["1234 AB", "1234ab"]),
        ("IE", &["A65 F4E2", "D6W XY00"]),
        ("JP", &["154-0023", "1540023"]),
        ("BR", &["40301-110"]),
        ("MT", &["NXR 01", "BZN 1130"]),
        ("LV", &["LV-1073"]),
        // There are no postal codes, and what people write in their place is no fault.
        ("AO", &["0000", " NA "]),
    ] {
        for code in codes {
            assert_eq!(
                faults(country, json!({"region": "R", "postalCode": code})),
                [""; 0],
                "{country} {code}"
            );
        }
    }
    for (country, code) in [
        ("RU", "24711"),
        ("RU", "2471120"),
        ("DE", "2613A"),
        ("DE", "D-26133"),
        ("US", "95014-10"),
        ("CA", "33Z 2Y7"),
        ("GB", "12345"),
        ("AU", "é060"),
        ("AO", "1--2"),
        ("AO", "-12"),
        ("AO", "1234567890123"),
    ] {
        let found = faults(country, json!({"region": "R", "postalCode": code}));
        assert_eq!(found, ["/to/postalCode"], "{country} {code}");
    }
    let mut german = body("DE");
    german["postalCode"] = json!("1");
    let rule =
        "must have a form of DE: ##### (# is a digit, @ a letter, * either; spaces and hyphens don't count)";
    assert_eq!(parse(german).unwrap_err(), [("/to/postalCode".to_owned(), rule.to_owned())]);
}

#[test]
fn the_table_has_every_country_once_and_codes_that_fit() {
    assert!(RULES.is_sorted_by(|(one, _, _), (other, _, _)| one < other));
    for (code, _, forms) in RULES {
        assert_eq!(code.parse::<Country>().map(|country| country.0).as_deref(), Ok(*code));
        for form in *forms {
            assert!((1..=MAX_POSTAL_CODE_LENGTH).contains(&form.len()), "{code} {form}");
            assert_eq!(
                faults(code, json!({"region": "R", "postalCode": example(form)})),
                [""; 0],
                "{code} {form}"
            );
        }
    }
}

fn forms(country: &str) -> &'static [&'static str] {
    countries::forms(&country.parse().unwrap())
}

fn example(form: &str) -> String {
    form.replace('#', "1").replace(['@', '*'], "A")
}

proptest! {
    #[test]
    fn nothing_makes_parsing_panic(country in any::<String>(), text in any::<String>(), code in any::<String>()) {
        let _ = faults(&country, json!({"region": text, "city": text, "street2": text, "postalCode": code}));
    }

    #[test]
    fn parsing_again_changes_nothing(
        index in 0..RULES.len(),
        text in "\\PC{1,60}",
        code in "[A-Za-z0-9 -]{1,10}",
        typed: bool,
    ) {
        let (country, _, forms) = RULES[index];
        let code = if typed { code } else { forms.first().map_or_else(|| "1".to_owned(), |form| example(form)) };
        let mut sent = body(country);
        let members = json!({"region": text, "city": text, "street2": text, "postalCode": code});
        sent.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        if let Ok(address) = parse(sent) {
            let kept = serde_json::to_value(&address).unwrap();
            prop_assert_eq!(parse(kept.clone()), Ok(address.clone()));
            prop_assert_eq!(serde_json::from_value::<PostalAddress>(kept).unwrap(), address);
        }
    }
}
