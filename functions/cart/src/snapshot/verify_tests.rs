//! The snapshots that are accepted, and the refusals of the others.

use std::fmt::Write as _;

use kernel::{Quantity, SnapshotId};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::snapshot::{Item, Totals};

const KEY: &str = "the key of these tests, long enough to be one";
const NOW: i64 = 1_770_000_000_000;

fn user() -> UserId {
    "3f2c8a10-7b4d-4e6f-9a1b-2c3d4e5f6a7b".parse().unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

fn keys() -> SnapshotKeys {
    SnapshotKeys::parse(KEY).unwrap()
}

fn item(number: usize, title: &str, quantity: u32, price: i64) -> Item {
    let quantity = Quantity::new(quantity).unwrap();
    Item {
        sku: format!("S-{number}").parse().unwrap(),
        title: Some(title.to_owned()),
        quantity,
        unit_price_cents: Some(price),
    }
}

fn snapshot(items: Vec<Item>) -> Snapshot {
    let currency = Currency::from_code("RUB").unwrap();
    Snapshot {
        snapshot_id: SnapshotId::generate().into(),
        cart_id: kernel::CartId::derived("test").into(),
        cart_version: 3,
        currency,
        totals: Totals::of(&items, currency).unwrap(),
        items,
        created_at: now(),
        user_id: user().into(),
        pricing_snapshot: json!({"pricedAt": now(), "prices": []}),
    }
}

fn two_lines() -> Value {
    serde_json::to_value(snapshot(vec![item(1, "Чай 🍵", 2, 45_900), item(2, "Mug", 1, 0)])).unwrap()
}

/// `document` with a signature over all of it, valid or not.
fn signed(mut document: Value) -> Value {
    let members = document.as_object_mut().unwrap();
    members.remove("signature");
    let signature = hmac(&canonical(members).unwrap());
    members.insert("signature".to_owned(), json!(signature));
    document
}

fn hmac(message: &[u8]) -> String {
    use ::hmac::{Hmac, KeyInit as _, Mac as _};
    let mac = Hmac::<sha2::Sha256>::new_from_slice(KEY.as_bytes()).unwrap().chain_update(message);
    hex::encode(mac.finalize().into_bytes())
}

fn received(document: Value) -> Received {
    serde_json::from_value(document).unwrap()
}

fn refusal(document: Value) -> SnapshotRefusal {
    verify(&keys(), &received(document), &Presenter::customer(user()), now()).unwrap_err()
}

/// The refusal of a document that is signed after `change`.
fn refusal_of(change: impl FnOnce(&mut Value)) -> SnapshotRefusal {
    let mut document = two_lines();
    change(&mut document);
    refusal(signed(document))
}

#[test]
fn what_was_signed_is_verified_and_kept_whole() {
    let mut document = two_lines();
    document["campaign"] = json!({"id": 7, "share": 0.1});
    let document = signed(document);
    let verified = verify(&keys(), &received(document.clone()), &Presenter::customer(user()), now()).unwrap();
    assert_eq!(verified.document(), &document);
    assert_eq!(verified.snapshot().totals.subtotal_cents, Some(91_800));
    assert_eq!(verified.owner(), user());
    assert_eq!(verified.snapshot().items[0].title.as_deref(), Some("Чай 🍵"));
}

#[test]
fn a_signature_has_one_spelling_and_one_place() {
    let document = signed(two_lines());
    let signature = document["signature"].as_str().unwrap();
    let other_spellings =
        [signature.to_uppercase(), format!(" {signature}"), signature[..62].to_owned(), String::new()];
    for spelling in other_spellings {
        let mut document = document.clone();
        document["signature"] = json!(spelling);
        assert_eq!(refusal(document), SnapshotRefusal::Signature, "{spelling}");
    }
    for other in [json!(null), json!([signature]), json!(7)] {
        let mut document = document.clone();
        document["signature"] = other;
        assert_eq!(refusal(document), SnapshotRefusal::Signature);
    }
    assert_eq!(refusal(two_lines()), SnapshotRefusal::Signature);
    assert_eq!(refusal(json!({})), SnapshotRefusal::Signature);
    for nothing in [json!(null), json!([]), json!("x")] {
        assert!(matches!(refusal(nothing), SnapshotRefusal::Malformed(_)));
    }
}

#[test]
fn a_key_signs_until_it_is_dropped() {
    let (old, new) = ("o".repeat(32), "n".repeat(32));
    let parse = |list: &Value| SnapshotKeys::parse(&list.to_string()).unwrap();
    // As a rotation goes: the new key is published, then signs, then the old one is dropped.
    let steps = [json!([old]), json!([old, new]), json!([new, old]), json!([new])].map(|list| parse(&list));
    let sign = |keys: &SnapshotKeys| {
        let signed = keys.sign(snapshot(vec![item(1, "Mug", 1, 5)])).unwrap();
        received(serde_json::to_value(signed).unwrap())
    };
    let verifies = |keys: &SnapshotKeys, document: &Received| {
        verify(keys, document, &Presenter::customer(user()), now()).is_ok()
    };
    for pair in steps.windows(2) {
        // Functions pass from one step to the next at different moments, and no request is refused.
        assert!(verifies(&pair[0], &sign(&pair[1])) && verifies(&pair[1], &sign(&pair[0])));
    }
    assert!(!verifies(&steps[3], &sign(&steps[0])), "a dropped key verifies nothing");
    assert!(!verifies(&steps[0], &sign(&steps[3])));
    // A generated secret is one key, as it is.
    assert!(verifies(&SnapshotKeys::parse(&old).unwrap(), &sign(&steps[0])));
}

#[test]
fn a_secret_is_one_key_or_a_list_of_one_or_two() {
    let key = "k".repeat(32);
    for text in [key.clone(), json!([key]).to_string(), format!(" {}\n", json!([key, "l".repeat(32)]))] {
        assert!(SnapshotKeys::parse(&text).is_ok(), "{text}");
    }
    let lists = [json!([]), json!([key, key, key]), json!([key, 7]), json!([key, "short"])];
    for text in ["", "short", "[", "[not json"]
        .map(str::to_owned)
        .into_iter()
        .chain(lists.map(|list| list.to_string()))
    {
        let Err(reason) = SnapshotKeys::parse(&text) else { panic!("{text}") };
        assert!(!reason.to_string().contains(&key), "the reason quotes the secret");
    }
}

#[test]
fn it_is_good_for_fifteen_minutes_and_for_its_user() {
    let document = received(signed(two_lines()));
    let at = |ms: i64| {
        verify(&keys(), &document, &Presenter::customer(user()), Timestamp::from_millis(NOW + ms)).err()
    };
    let lifetime = 15 * 60 * 1_000;
    assert_eq!(at(lifetime), None);
    assert_eq!(at(lifetime + 1), Some(SnapshotRefusal::Expired));
    assert_eq!(at(-5_000), None, "clocks differ");
    assert_eq!(at(-5_001), Some(SnapshotRefusal::FromTheFuture));
    let other = verify(&keys(), &document, &Presenter::customer(UserId::generate()), now()).unwrap_err();
    assert_eq!(other, SnapshotRefusal::AnotherUser);
}

/// A name, a change and the refusal that it leads to.
type Case = (&'static str, fn(&mut Value), SnapshotRefusal);

#[test]
fn what_is_signed_and_wrong_is_refused_all_the_same() {
    let cases: [Case; 9] = [
        ("subtotal", |d| d["totals"]["subtotalCents"] = json!(91_799), SnapshotRefusal::Totals),
        ("pieces", |d| d["totals"]["totalQuantity"] = json!(4), SnapshotRefusal::Totals),
        ("lines", |d| d["totals"]["itemCount"] = json!(1), SnapshotRefusal::Totals),
        ("other currency", |d| d["totals"]["currency"] = json!("USD"), SnapshotRefusal::Totals),
        ("no lines", |d| d["items"] = json!([]), SnapshotRefusal::Empty),
        ("unknown currency", |d| d["currency"] = json!("RUR"), SnapshotRefusal::UnknownCurrency),
        ("no currency", |d| d["currency"] = json!("rub"), SnapshotRefusal::UnknownCurrency),
        (
            "same product",
            |d| d["items"][1]["sku"] = json!("S-1"),
            SnapshotRefusal::RepeatedSku("S-1".parse().unwrap()),
        ),
        (
            "too dear",
            |d| d["items"][0]["unitPriceCents"] = json!(1_000_000_000_000_000_i64),
            SnapshotRefusal::Totals,
        ),
    ];
    for (name, change, expected) in cases {
        assert_eq!(refusal_of(change), expected, "{name}");
    }
}

#[test]
fn members_have_to_be_there_and_in_range() {
    let document = two_lines();
    // A cart without an owner may leave its user out, and one without prices the record of them.
    let optional = ["userId", "pricingSnapshot"];
    for name in document.as_object().unwrap().keys().filter(|name| !optional.contains(&name.as_str())) {
        let refused = refusal_of(|d| {
            d.as_object_mut().unwrap().remove(name);
        });
        assert!(matches!(refused, SnapshotRefusal::Malformed(_)), "{name}: {refused:?}");
    }
    let cases = [
        ("/items/0/quantity", json!(0)),
        ("/items/0/quantity", json!(65_536)),
        ("/items/0/quantity", json!("2")),
        ("/items/0/quantity", json!(2.5)),
        ("/items/0/unitPriceCents", json!(-1)),
        ("/items/0/unitPriceCents", json!(1_000_000_000_000_001_i64)),
        ("/items/0/title", json!("")),
        ("/items/0/title", json!("x".repeat(MAX_NAME_LENGTH + 1))),
        ("/items/0/sku", json!("a b")),
        ("/items/0", json!(["S-1", "Mug", 1, 5])),
        ("/items", json!({})),
        ("/totals", json!([2, 3, 91_800, "RUB"])),
        ("/snapshotId", json!("")),
        ("/cartId", json!("x".repeat(129))),
        ("/cartVersion", json!(-1)),
        ("/createdAt", json!("yesterday")),
        ("/userId", json!(7)),
        ("/currency", json!(643)),
    ];
    for (pointer, value) in cases {
        let refused = refusal_of(|d| *d.pointer_mut(pointer).unwrap() = value.clone());
        assert!(matches!(refused, SnapshotRefusal::Malformed(_)), "{pointer} {value}: {refused:?}");
    }
}

#[test]
fn there_is_an_end_to_lines_and_bytes() {
    let lines = |count| {
        let items = (0..count).map(|number| item(number, &"🍵".repeat(MAX_NAME_LENGTH), 1, 1)).collect();
        signed(serde_json::to_value(snapshot(items)).unwrap())
    };
    assert!(verify(&keys(), &received(lines(MAX_CART_LINES)), &Presenter::customer(user()), now()).is_ok());
    assert_eq!(refusal(lines(MAX_CART_LINES + 1)), SnapshotRefusal::TooManyLines);
    let mut large = two_lines();
    large["note"] = json!("x".repeat(MAX_SNAPSHOT_BYTES));
    assert_eq!(refusal(signed(large)), SnapshotRefusal::TooLarge);
}

/// Writes `value` as another program might: members in any order, spaces anywhere, letters escaped at will.
fn written(value: &Value, choice: &mut impl FnMut(usize) -> usize, out: &mut String) {
    let space = |choice: &mut dyn FnMut(usize) -> usize| ["", "", " ", "\n\t", "\r\n  "][choice(5)];
    out.push_str(space(choice));
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            for last in (1..members.len()).rev() {
                members.swap(last, choice(last + 1));
            }
            out.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                written(&json!(name), choice, out);
                out.push_str(space(choice));
                out.push(':');
                written(value, choice, out);
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                written(value, choice, out);
            }
            out.push(']');
        }
        Value::String(text) => {
            out.push('"');
            for unit in text.chars() {
                if choice(3) > 0 && !unit.is_control() && !matches!(unit, '"' | '\\') {
                    out.push(unit);
                } else {
                    unit.encode_utf16(&mut [0; 2])
                        .iter()
                        .for_each(|half| write!(out, "\\u{half:04x}").unwrap());
                }
            }
            out.push('"');
        }
        other => out.push_str(&other.to_string()),
    }
    out.push_str(space(choice));
}

/// Text with U+FFFD in it is refused before a cart is verified.
fn any_document() -> impl Strategy<Value = Value> {
    let line = ("[^\\p{Cc}\u{fffd}]{1,20}|[a-zА-я🍵\"\\\\]{1,9}", 1_u32..=65_535, 0_i64..1_000_000_000);
    let lines = proptest::collection::vec(line, 1..6);
    (lines, 0_u64..1_000, prop::num::f64::NORMAL, "[^\n\u{fffd}]{0,12}").prop_map(
        |(lines, version, number, text)| {
            let items = lines
                .iter()
                .enumerate()
                .map(|(index, (title, quantity, price))| item(index, title, *quantity, *price));
            let mut document = serde_json::to_value(snapshot(items.collect())).unwrap();
            document["cartVersion"] = json!(version);
            document["more"] = json!({"number": number, "text": text, "list": [text, null, true]});
            signed(document)
        },
    )
}

proptest! {
    #[test]
    fn order_and_spelling_do_not_matter(document in any_document(), seed: u64) {
        // A fixed generator of choices, so that a failure shrinks to the same text.
        let mut state = seed;
        let mut choice = |count: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % count
        };
        let mut text = String::new();
        written(&document, &mut choice, &mut text);
        let received: Received = serde_json::from_str(&text).unwrap();
        prop_assert!(verify(&keys(), &received, &Presenter::customer(user()), now()).is_ok(), "{}", text);
    }

    #[test]
    fn any_changed_byte_that_matters_is_refused(document in any_document(), place: prop::sample::Index, byte: u8) {
        let original = received(document.clone());
        let mut text = document.to_string().into_bytes();
        let place = place.index(text.len());
        text[place] = byte;
        // What is not JSON any more never comes as far as here.
        if let Ok(changed) = serde_json::from_slice::<Received>(&text) {
            let accepted = verify(&keys(), &changed, &Presenter::customer(user()), now()).is_ok();
            prop_assert_eq!(accepted, changed == original, "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn a_changed_missing_or_added_member_is_refused(document in any_document(), place: prop::sample::Index) {
        let mut pointers = Vec::new();
        leaves(&document, String::new(), &mut pointers);
        let pointer = &pointers[place.index(pointers.len())];
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut variants = vec![document.clone(), document.clone(), document.clone()];
        *variants[0].pointer_mut(pointer).unwrap() = json!({"changed": true});
        match variants[1].pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.remove(name)),
            Value::Array(values) => drop(values.remove(name.parse().unwrap())),
            other => panic!("{other}"),
        }
        match variants[2].pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.insert("added".to_owned(), json!(1))),
            Value::Array(values) => values.push(json!(1)),
            other => panic!("{other}"),
        }
        for variant in variants {
            prop_assert_eq!(refusal(variant), SnapshotRefusal::Signature, "{}", pointer);
        }
    }
}

/// The pointers of everything in `value` that is no container.
fn leaves(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(value, format!("{pointer}/{name}"), found));
        }
        Value::Array(values) => {
            values
                .iter()
                .enumerate()
                .for_each(|(index, value)| leaves(value, format!("{pointer}/{index}"), found));
        }
        _ => found.push(pointer),
    }
}

/// As a cart service in JavaScript writes and signs it: members in its own order, `qty`, no titles or prices, and a customer of its own or none.
#[test]
fn what_json_stringify_signs_is_taken() {
    let service = Presenter { user: UserId::generate(), for_others: true };
    for (owner, user) in [
        ("null", UserId::derived("snapshot/cart/c-1")),
        ("\"user-123\"", UserId::derived("snapshot/user/user-123")),
        ("\"3f2c8a10-7b4d-4e6f-9a1b-2c3d4e5f6a7b\"", user()),
    ] {
        let unsigned = format!(
            r#"{{"snapshotId":"s-1","cartId":"c-1","cartVersion":5,"currency":"RUB","items":[{{"sku":"S-1","qty":2,"title":null}}],"totals":{{"itemCount":1,"totalQuantity":2,"subtotalCents":null,"currency":"RUB"}},"createdAt":"{}","userId":{owner},"pricingSnapshot":null"#,
            now()
        );
        let signature = hmac(format!("{unsigned}}}").as_bytes());
        let sent: Received =
            serde_json::from_str(&format!(r#"{unsigned},"signature":"{signature}"}}"#)).unwrap();
        let verified = verify(&keys(), &sent, &service, now()).unwrap();
        assert_eq!(verified.owner(), user);
        let item = &verified.snapshot().items[0];
        assert_eq!((item.quantity.get(), &item.title, item.unit_price_cents), (2, &None, None));
        let stranger = Presenter::customer(UserId::generate());
        assert_eq!(verify(&keys(), &sent, &stranger, now()).unwrap_err(), SnapshotRefusal::AnotherUser);
        let reordered: Received =
            serde_json::from_value(serde_json::json!({"cartId": "c-1", "signature": signature})).unwrap();
        assert_eq!(verify(&keys(), &reordered, &service, now()).unwrap_err(), SnapshotRefusal::Signature);
    }
}
