use serde_json::{Value, json};

use super::*;
use crate::testing::{currency, method, method_faults, parcel, with};

fn quote(
    method: &ShippingMethod,
    place: (&str, Option<&str>, Option<&str>),
    weight: i64,
    subtotal: i64,
) -> Result<i64, ShippingRefusal> {
    let destination = Destination::parse(place.0, place.1, place.2).unwrap();
    let parcel = Parcel { destination: &destination, currency: currency("EUR"), weight, subtotal };
    method.quote(&parcel).map(|quote| quote.price)
}

const BERLIN: (&str, Option<&str>, Option<&str>) = ("DE", Some("BE"), Some("10115"));

#[test]
fn every_member_at_fault_is_named() {
    assert_eq!(method_faults(parcel()), Vec::<String>::new());
    let bad = json!({
        "name": {}, "zones": [], "rates": [], "freeFrom": -1, "minDays": -1, "maxDays": MAX_SHIPPING_DAYS + 1,
    });
    let found = method_faults(with(parcel(), bad));
    assert_eq!(found, ["/name", "/zones", "/rates", "/freeFrom", "/minDays", "/maxDays"]);
    assert_eq!(method_faults(with(parcel(), json!({"minDays": 5}))), ["/maxDays"]);
    let name = json!({"name": {"en": " ", "EN": "Parcel", "a/b": "x", "de-AT": "Päckchen", "ru": "a\nb"}});
    assert_eq!(method_faults(with(parcel(), name)), ["/name/EN", "/name/a~1b", "/name/en", "/name/ru"]);
}

#[test]
fn zones_are_checked_one_by_one() {
    let zones = json!({"zones": [
        {"countries": []},
        {"countries": ["DE", "Austria"]},
        {"countries": ["DE", "AT"], "regions": ["BE"], "postalPrefixes": ["10"]},
        {"countries": ["US"], "regions": [""], "postalPrefixes": ["№"]},
    ]});
    let found = method_faults(with(parcel(), zones));
    let expected = [
        "/zones/0/countries",
        "/zones/1/countries/1",
        "/zones/2/regions",
        "/zones/2/postalPrefixes",
        "/zones/3/regions/0",
        "/zones/3/postalPrefixes/0",
    ];
    assert_eq!(found, expected);
}

#[test]
fn rates_ascend_and_only_the_last_has_no_end() {
    let faults = |rates: Value| method_faults(with(parcel(), json!({"rates": rates})));
    assert!(faults(json!([{"upTo": 0, "price": 1}, {"upTo": 5, "price": 0}])).is_empty());
    assert_eq!(faults(json!([{"price": 1}, {"upTo": 5, "price": -1}])), ["/rates/0/upTo", "/rates/1/price"]);
    assert_eq!(faults(json!([{"upTo": 5, "price": 1}, {"upTo": 5, "price": 1}])), ["/rates/1/upTo"]);
    assert_eq!(faults(json!([{"upTo": -1, "price": 1}])), ["/rates/0/upTo"]);
}

#[test]
fn limits_are_inclusive() {
    let rates =
        |count: usize| (1..=count).map(|up_to| json!({"upTo": up_to, "price": 1})).collect::<Vec<_>>();
    let zone = |countries: usize| json!({"countries": vec!["DE"; countries]});
    let zoned = |member: &str, count: usize| json!([{"countries": ["DE"], member: vec!["1"; count]}]);
    let names = |count: usize| {
        let language = |number: usize| {
            let letter = |place: usize| char::from(b'a' + u8::try_from(place % 26).unwrap());
            format!("{}{}", letter(number / 26), letter(number))
        };
        (0..count).map(|number| (language(number), json!("Parcel"))).collect::<serde_json::Map<_, _>>()
    };
    let check = |member: &str, limit: usize, value: &dyn Fn(usize) -> Value| {
        assert!(method_faults(with(parcel(), json!({member: value(limit)}))).is_empty(), "{member} {limit}");
        let more = method_faults(with(parcel(), json!({member: value(limit + 1)})));
        assert_eq!(more.len(), 1, "{member} {limit}: {more:?}");
    };
    check("rates", MAX_SHIPPING_RATES, &|count| json!(rates(count)));
    check("zones", MAX_ZONES, &|count| json!(vec![zone(1); count]));
    check("zones", MAX_ZONE_COUNTRIES, &|count| json!([zone(count)]));
    check("zones", MAX_ZONE_REGIONS, &|count| zoned("regions", count));
    check("zones", MAX_POSTAL_PREFIXES, &|count| zoned("postalPrefixes", count));
    check("name", MAX_LANGUAGES, &|count| json!(names(count)));
    check("name", MAX_METHOD_NAME_LENGTH, &|count| json!({"en": "ы".repeat(count)}));
    assert!(method_faults(with(parcel(), json!({"maxDays": MAX_SHIPPING_DAYS}))).is_empty());
}

#[test]
fn a_method_is_stored_as_it_is_sent() {
    let sent = with(
        parcel(),
        json!({
            "zones": [{"countries": ["US"], "regions": ["us-ca"], "postalPrefixes": ["94 1"]}], "freeFrom": 5_000,
        }),
    );
    let stored = serde_json::to_value(&method("m", sent.clone()).terms).unwrap();
    let zones = json!([{"countries": ["US"], "regions": ["CA"], "postalPrefixes": ["941"]}]);
    assert_eq!(stored, with(sent, json!({"zones": zones, "isActive": true})));
    assert_eq!(serde_json::from_value::<ShippingTerms>(stored.clone()).unwrap(), method("m", stored).terms);
}

#[test]
fn the_first_rate_that_reaches_the_measure_is_the_price() {
    let rates = json!([{"upTo": 1_000, "price": 490}, {"upTo": 5_000, "price": 690}]);
    let by_weight = method("m", with(parcel(), json!({"rates": rates})));
    for (weight, price) in [(0, 490), (1_000, 490), (1_001, 690), (5_000, 690)] {
        assert_eq!(quote(&by_weight, BERLIN, weight, 1), Ok(price), "{weight} g");
    }
    let too_heavy = ShippingRefusal::OutOfRange { rate_by: RateBy::Weight, limit: 5_000, measure: 5_001 };
    assert_eq!(quote(&by_weight, BERLIN, 5_001, 1), Err(too_heavy));
    let rates = json!([{"upTo": 4_999, "price": 490}, {"price": 0}]);
    let by_subtotal = method("m", with(parcel(), json!({"rateBy": "subtotal", "rates": rates})));
    assert_eq!(quote(&by_subtotal, BERLIN, 1, 4_999), Ok(490));
    assert_eq!(quote(&by_subtotal, BERLIN, 1, 5_000), Ok(0));
}

#[test]
fn shipping_is_free_from_its_subtotal() {
    let free = method("m", with(parcel(), json!({"freeFrom": 5_000})));
    assert_eq!(quote(&free, BERLIN, 1, 4_999), Ok(490));
    assert_eq!(quote(&free, BERLIN, 1, 5_000), Ok(0));
}

#[test]
fn a_zone_needs_every_condition_that_it_has() {
    let zones = json!({"zones": [
        {"countries": ["EE", "LV"]},
        {"countries": ["DE"], "regions": ["BE"], "postalPrefixes": ["101", "102"]},
    ]});
    let zoned = method("m", with(parcel(), zones));
    let ships = |place| quote(&zoned, place, 1, 1) != Err(ShippingRefusal::OutsideZones);
    for place in
        [BERLIN, ("LV", None, None), ("DE", Some("de-be"), Some("10 249")), ("EE", Some("37"), Some("1"))]
    {
        assert!(ships(place), "{place:?}");
    }
    for place in [
        ("FR", None, None),
        ("DE", None, Some("10115")),
        ("DE", Some("BE"), None),
        ("DE", Some("BE"), Some("20095")),
    ] {
        assert!(!ships(place), "{place:?}");
    }
}
