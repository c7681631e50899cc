use serde_json::json;

use super::*;
use crate::basket::{
    BasketLine, MAX_COUNTED_PROMOTIONS, MAX_PROMOTION_CODES, OfferedPromotion, ShippingNeed, Uses,
};
use crate::refusal::{PromotionRefusal, RefusedCode};
use crate::tax::TaxTable;
use crate::testing::*;

/// One line of 2 pieces at 25.00.
fn two() -> Basket {
    basket(vec![line("A", 2, 2_500, "EUR")])
}

fn with_codes(codes: &[&str]) -> Basket {
    Basket { promotion_codes: codes.iter().map(ToString::to_string).collect(), ..two() }
}

fn ten_percent() -> serde_json::Value {
    json!({"code": "TEN", "kind": "percentage", "value": 1_000})
}

fn refusal_of(promotion: Promotion, uses: Uses, basket: &Basket) -> Option<PromotionRefusal> {
    let offer = OfferedPromotion { promotion, uses };
    let settings = Settings::new(Vec::new(), TaxTable::default(), vec![offer]).unwrap();
    match price(basket, &settings, now()) {
        Ok(_) => None,
        Err(PricingRefusal::Promotions(mut refused)) => Some(refused.remove(0).reason),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn each_reason_against_a_code_has_a_name() {
    let now = now();
    let none = Uses::default();
    let uses = |total, by_customer| Uses { total, by_customer };
    let cases = [
        (
            json!({"startsAt": "2026-06-01T12:00:00.001Z"}),
            none,
            PromotionRefusal::NotStarted { starts_at: at("2026-06-01T12:00:00.001Z") },
        ),
        (json!({"endsAt": "2026-06-01T15:00:00+03:00"}), none, PromotionRefusal::Expired { ends_at: now }),
        (json!({"usageLimit": 5}), uses(5, 0), PromotionRefusal::UsedUp),
        (json!({"usageLimitPerCustomer": 1}), uses(1, 1), PromotionRefusal::UsedUpByCustomer),
        (json!({"currency": "RUB"}), none, PromotionRefusal::Currency { currency: currency("RUB") }),
        (json!({"conditions": {"firstOrder": true}}), none, PromotionRefusal::NotFirstOrder),
        (json!({"conditions": {"productIds": ["B"]}}), none, PromotionRefusal::NoMatchingProducts),
        (
            json!({"currency": "EUR", "conditions": {"minSubtotal": 5_001}}),
            none,
            PromotionRefusal::BelowMinimum { min_subtotal: 5_001, subtotal: 5_000 },
        ),
        (
            json!({"kind": "buy_x_get_y", "buyQuantity": 2, "getQuantity": 1}),
            none,
            PromotionRefusal::TooFewUnits { units: 2, required: 3 },
        ),
    ];
    // Once by a customer, also where the caller knows of no order before: a guest's.
    let first = promotion("p", with(ten_percent(), json!({"conditions": {"firstOrder": true}})));
    let again = refusal_of(first, uses(1, 1), &with_codes(&["ten"]));
    assert_eq!(again, Some(PromotionRefusal::UsedUpByCustomer));
    let mut names = std::collections::BTreeSet::new();
    for (changes, uses, expected) in cases {
        let offered = promotion("p", with(ten_percent(), changes));
        let refusal = refusal_of(offered, uses, &with_codes(&["ten"]));
        assert_eq!(refusal, Some(expected.clone()));
        assert_eq!(serde_json::to_value(&expected).unwrap()["reason"], expected.code());
        assert!(names.insert(expected.code()), "{expected}");
    }
    let mut download = with_codes(&["free"]);
    download.lines[0].shipping = ShippingNeed::Never;
    let free = promotion("p", json!({"code": "FREE", "kind": "free_shipping"}));
    assert_eq!(refusal_of(free, none, &download), Some(PromotionRefusal::NothingToShip));
}

#[test]
fn the_edges_of_conditions_apply() {
    let conditions = json!({"minSubtotal": 5_000, "productIds": ["A"], "firstOrder": true});
    let edges = json!({
        "startsAt": "2026-06-01T14:00:00+02:00", "endsAt": "2026-06-01T12:00:00.001Z", "currency": "EUR",
        "usageLimit": 5, "usageLimitPerCustomer": 1, "conditions": conditions,
    });
    let first = Basket { is_first_order: true, ..with_codes(&[" tEn "]) };
    let uses = Uses { total: 4, by_customer: 0 };
    assert_eq!(refusal_of(promotion("p", with(ten_percent(), edges)), uses, &first), None);
}

#[test]
fn every_refused_code_is_named_once() {
    let settings = settings(vec![], vec![], vec![promotion("p", ten_percent())]);
    let basket = with_codes(&["ten", "gone", " GONE ", "not\na code", "TEN"]);
    let refusal = price(&basket, &settings, now()).unwrap_err();
    let unknown = |code: &str| RefusedCode { code: code.to_owned(), reason: PromotionRefusal::Unknown };
    assert_eq!(refusal, PricingRefusal::Promotions(vec![unknown("GONE"), unknown("not a code")]));
    let detail = "The promotion code GONE does not apply: no promotion has this code. \
                  The promotion code not a code does not apply: no promotion has this code.";
    assert_eq!(refusal.to_string(), detail);
    assert_eq!(kernel::Problem::from(refusal).code, "promotion_not_applicable");
    let many = Basket { promotion_codes: vec!["TEN".to_owned(); 2 * MAX_PROMOTION_CODES], ..two() };
    assert_eq!(price(&many, &settings, now()).unwrap().totals.discount, 500, "a repeated code counts once");
    let codes = (0..=MAX_PROMOTION_CODES).map(|number| format!("CODE-{number}")).collect();
    let more = Basket { promotion_codes: codes, ..two() };
    assert_eq!(price(&more, &settings, now()), Err(PricingRefusal::TooManyPromotionCodes));
}

#[test]
fn an_automatic_promotion_that_does_not_apply_is_silent() {
    let silent = json!({"kind": "percentage", "value": 1_000, "conditions": {"firstOrder": true}});
    let settings = settings(vec![], vec![], vec![promotion("p", silent), promotion("q", ten_percent())]);
    let priced = price(&two(), &settings, now()).unwrap();
    assert_eq!((priced.promotions, priced.totals.discount), (vec![], 0), "and a code needs to be sent");
}

fn outcomes(priced: &Priced) -> Vec<(&str, i64, PromotionOutcome)> {
    priced.promotions.iter().map(|used| (used.promotion_id.as_str(), used.amount, used.outcome)).collect()
}

#[test]
fn the_better_combination_wins_and_the_other_is_reported() {
    use PromotionOutcome::{NoEffect, Outweighed, Used};
    let percent =
        |value: i64, stackable: bool| json!({"kind": "percentage", "value": value, "stackable": stackable});
    let code = with(percent(1_500, false), json!({"code": "FIFTEEN"}));
    let of =
        |promotions| price(&with_codes(&["fifteen"]), &settings(vec![], vec![], promotions), now()).unwrap();
    let stacked = vec![
        promotion("a", percent(1_000, true)),
        promotion("b", percent(1_000, true)),
        promotion("c", code.clone()),
    ];
    assert_eq!(outcomes(&of(stacked)), [("a", 500, Used), ("b", 450, Used), ("c", 0, Outweighed)]);
    let alone = vec![promotion("a", percent(1_000, true)), promotion("c", code.clone())];
    assert_eq!(outcomes(&of(alone)), [("a", 0, Outweighed), ("c", 750, Used)]);
    let tie = vec![
        promotion("d", percent(1_500, true)),
        promotion("c", code.clone()),
        promotion("b", percent(1_500, false)),
    ];
    assert_eq!(outcomes(&of(tie)), [("b", 750, Used), ("c", 0, Outweighed), ("d", 0, Outweighed)]);
    let all = vec![
        promotion("a", percent(10_000, true)),
        promotion("z", percent(1_000, true)),
        promotion("c", code),
    ];
    assert_eq!(outcomes(&of(all)), [("a", 5_000, Used), ("c", 0, Outweighed), ("z", 0, NoEffect)]);
}

/// Their counters share a transaction with the goods.
#[test]
fn few_counted_promotions_are_applied_together_and_codes_come_first() {
    let tenth = json!({"kind": "percentage", "value": 100, "stackable": true});
    let limited = with(tenth.clone(), json!({"usageLimit": 9}));
    let automatic =
        (0..MAX_COUNTED_PROMOTIONS).map(|number| promotion(&format!("a{number}"), limited.clone()));
    let unlimited = promotion("unlimited", tenth);
    let coded = promotion("z", with(limited.clone(), json!({"code": "TEN"})));
    let settings = settings(vec![], vec![], automatic.chain([unlimited, coded]).collect());
    let left_out = |basket: &Basket| -> Vec<String> {
        let priced = price(basket, &settings, now()).unwrap();
        let unused =
            priced.promotions.iter().filter(|promotion| promotion.outcome == PromotionOutcome::Outweighed);
        unused.map(|promotion| promotion.promotion_id.to_string()).collect()
    };
    assert_eq!(left_out(&two()), Vec::<String>::new());
    assert_eq!(left_out(&with_codes(&["TEN"])), ["a4"]);
}

#[test]
fn units_of_one_group_are_not_counted_again() {
    let two_for_one = json!({"kind": "buy_x_get_y", "buyQuantity": 1, "getQuantity": 1, "stackable": true});
    let promotions = || vec![promotion("a", two_for_one.clone()), promotion("b", two_for_one.clone())];
    let gift = line("G", 9, 0, "EUR");
    let goods = basket(vec![gift, line("A", 1, 900, "EUR"), line("B", 2, 500, "EUR")]);
    let priced = price(&goods, &settings(vec![], vec![], promotions()), now()).unwrap();
    // Three units with a price: one group. The cheapest is given, the dearest was bought, the third is alone.
    assert_eq!((priced.totals.discount, priced.lines[2].discount), (500, 500));
    assert_eq!(outcomes(&priced)[1], ("b", 0, PromotionOutcome::NoEffect));
}

#[test]
fn the_dearest_units_are_bought_and_the_middle_is_left() {
    let group = |units: i64| json!({"kind": "buy_x_get_y", "buyQuantity": units, "getQuantity": units, "stackable": true});
    let promotions = vec![promotion("a", group(2)), promotion("b", group(1))];
    let goods = basket((1..=6).map(|number| line(&format!("S{number}"), 1, number * 100, "EUR")).collect());
    let priced = price(&goods, &settings(vec![], vec![], promotions), now()).unwrap();
    let discounts: Vec<i64> = priced.lines.iter().map(|line| line.discount).collect();
    // The first gives 1.00 and 2.00 for 5.00 and 6.00; the second gives 3.00 for 4.00.
    assert_eq!(discounts, [100, 200, 300, 0, 0, 0]);
    let gifts = basket(vec![line("G", 9, 0, "EUR"), line("A", 1, 900, "EUR")]);
    let coded = promotion("a", with(group(1), json!({"code": "TEN"})));
    let coded_gifts = Basket { promotion_codes: vec!["TEN".to_owned()], ..gifts };
    let too_few = PromotionRefusal::TooFewUnits { units: 1, required: 2 };
    assert_eq!(refusal_of(coded, Uses::default(), &coded_gifts), Some(too_few), "gifts don't count");
}

#[test]
fn only_goods_to_ship_are_weighed() {
    let limit = json!({"rates": [{"upTo": 200, "price": 490}]});
    let light = settings(vec![method("light", with(parcel(), limit))], vec![], vec![]);
    let mut goods = two();
    goods.lines.push(BasketLine { shipping: ShippingNeed::Never, ..line("D", 9, 100, "EUR") });
    goods.shipping_method = Some("light".to_owned());
    assert_eq!(price(&goods, &light, now()).unwrap().totals.shipping, 490);
    goods.lines[1].shipping = ShippingNeed::Always;
    let refusal = price(&goods, &light, now()).unwrap_err();
    let detail =
        "The shipping method light can't be chosen: it takes at most 200 g, and the goods weigh 1100 g.";
    assert_eq!(refusal.to_string(), detail);
}

#[test]
fn each_refusal_of_a_method_has_a_name() {
    let heavy = json!({"rates": [{"upTo": 199, "price": 490}]});
    let methods = || {
        vec![
            method("far", with(parcel(), json!({"zones": [{"countries": ["FR"]}]}))),
            method("old", with(parcel(), json!({"isActive": false}))),
            method("roubles", with(parcel(), json!({"currency": "RUB"}))),
            method("light", with(parcel(), heavy)),
            method("parcel", parcel()),
        ]
    };
    let all = settings(methods(), vec![], vec![]);
    let priced = |id: &str, basket: Basket| {
        price(&Basket { shipping_method: Some(id.to_owned()), ..basket }, &all, now())
    };
    let reason = |id: &str| match priced(id, two()) {
        Err(PricingRefusal::ShippingMethod { reason, .. }) => reason.code(),
        other => panic!("{other:?}"),
    };
    let reasons = ["nowhere", "old", "far", "roubles", "light"].map(reason);
    assert_eq!(reasons, ["unknown", "unknown", "outside_zones", "currency", "out_of_range"]);
    let estonia = Destination::parse("EE", None, None).unwrap();
    let refusal = priced("parcel", Basket { destination: Some(estonia.clone()), ..two() }).unwrap_err();
    assert_eq!(refusal, PricingRefusal::NoShippingMethod { destination: estonia });
    assert_eq!(refusal.to_string(), "No shipping method ships to EE: choose another address.");
    assert_eq!(priced("parcel", Basket { destination: None, ..two() }).unwrap().shipping, None);
    let mut download = two();
    download.lines[0].shipping = ShippingNeed::Never;
    assert_eq!(priced("parcel", download.clone()).unwrap().shipping, None, "there is nothing to ship");
    let ids = |basket: &Basket| {
        let options = shipping_options(basket, &all, now()).unwrap();
        options.iter().map(|option| (option.method.id.to_string(), option.shipping.total)).collect::<Vec<_>>()
    };
    assert_eq!(ids(&two()), [("parcel".to_owned(), 490)]);
    assert_eq!((ids(&download), ids(&Basket { destination: None, ..two() })), (vec![], vec![]));
}

#[test]
fn an_order_of_goods_needs_an_address_and_a_method() {
    let offered = settings(vec![method("parcel", parcel())], vec![], vec![]);
    assert_eq!(two().check_shipping(&offered), Err(PricingRefusal::ShippingMethodRequired));
    assert_eq!(two().check_shipping(&Settings::default()), Ok(()), "a merchant without methods");
    let estonia = Destination::parse("EE", None, None).unwrap();
    let outside = Basket { destination: Some(estonia.clone()), ..two() };
    let none = PricingRefusal::NoShippingMethod { destination: estonia };
    assert_eq!(outside.check_shipping(&offered), Err(none));
    let nowhere = Basket { destination: None, ..two() };
    assert_eq!(nowhere.check_shipping(&Settings::default()), Err(PricingRefusal::AddressRequired));
    let chosen = Basket { shipping_method: Some("parcel".to_owned()), ..two() };
    assert_eq!(chosen.check_shipping(&offered), Ok(()));
    let mut legacy = Basket { shipping_method: Some("parcel".to_owned()), ..nowhere.clone() };
    legacy.lines[0].shipping = ShippingNeed::WhereAddressed;
    assert_eq!(legacy.check_shipping(&offered), Err(PricingRefusal::AddressRequired), "a method to nowhere");
    legacy.shipping_method = None;
    assert_eq!(legacy.check_shipping(&offered), Ok(()));
    let mut download = Basket { shipping_method: Some("parcel".to_owned()), ..nowhere };
    download.lines[0].shipping = ShippingNeed::Never;
    assert_eq!(download.check_shipping(&offered), Ok(()));
}

#[test]
fn amounts_have_one_currency_and_an_end() {
    let mixed = basket(vec![line("A", 1, 100, "EUR"), line("B", 1, 100, "USD")]);
    let refusal = price(&mixed, &Settings::default(), now()).unwrap_err();
    assert_eq!(refusal.to_string(), "SKU B is priced in USD, and the basket is in EUR.");
    let full = |price: i64| basket(vec![line("A", 1, price, "EUR"), line("B", 1, 1, "EUR")]);
    assert!(price(&full(MAX_AMOUNT - 1), &Settings::default(), now()).is_ok());
    assert_eq!(price(&full(MAX_AMOUNT), &Settings::default(), now()), Err(PricingRefusal::AmountTooLarge));
    let added =
        json!({"country": "DE", "taxCategory": "standard", "rate": 10_000, "includedInPrices": false});
    let all = json!({"kind": "percentage", "value": 10_000});
    let taxed = |promotions| settings(vec![], vec![tax_rate("t", added.clone())], promotions);
    let refused = price(&full(MAX_AMOUNT - 1), &taxed(vec![]), now());
    assert_eq!(refused, Err(PricingRefusal::AmountTooLarge), "the tax does not fit");
    assert!(price(&full(MAX_AMOUNT - 1), &taxed(vec![promotion("p", all)]), now()).is_ok());
    assert_eq!(price(&basket(vec![]), &Settings::default(), now()).unwrap().totals, Totals::default());
}

#[test]
fn the_derivation_says_why_each_line_costs_what_it_costs() {
    let vat = json!({"country": "DE", "taxCategory": "standard", "rate": 1_900, "includedInPrices": true, "receiptVatCode": 11});
    let free = with(parcel(), json!({"freeFrom": 5_000}));
    let all = settings(
        vec![method("free", free), method("parcel", parcel())],
        vec![tax_rate("de", vat)],
        vec![promotion("ten", ten_percent())],
    );
    let chosen = |id: &str| Basket { shipping_method: Some(id.to_owned()), ..with_codes(&["ten"]) };
    let priced = price(&chosen("parcel"), &all, now()).unwrap();
    let said = |steps: &[Step]| steps.iter().map(|step| step.describe(priced.currency)).collect::<Vec<_>>();
    let goods = [
        "25.00 EUR x 2 = 50.00 EUR",
        "promotion ten (version 1, code TEN) on 50.00 EUR = -5.00 EUR",
        "tax rate de (version 1) of standard: 19 % contained in 45.00 EUR = 7.18 EUR",
    ];
    assert_eq!(said(&priced.lines[0].derivation), goods);
    let shipping = priced.shipping.as_ref().unwrap();
    let charge = [
        "shipping method parcel (version 1) for 200 g: rate = 4.90 EUR",
        "tax rate de (version 1) of standard: 19 % contained in 4.90 EUR = 0.78 EUR",
    ];
    assert_eq!(said(&shipping.derivation), charge);
    assert_eq!((priced.lines[0].receipt_vat_code, shipping.receipt_vat_code), (Some(11), Some(11)));
    let free = price(&chosen("free"), &all, now()).unwrap().shipping.unwrap();
    let from = "shipping method free (version 1): free from 50.00 EUR, subtotal 50.00 EUR = 0.00 EUR";
    assert_eq!(said(&free.derivation[..1]), [from]);
    let unknown = price(&Basket { destination: None, ..two() }, &all, now()).unwrap();
    assert_eq!(said(&unknown.lines[0].derivation[1..]), ["no tax on standard: the destination is not known"]);
    let estonia = Destination::parse("EE", None, None).unwrap();
    let untaxed = price(&Basket { destination: Some(estonia), ..two() }, &all, now()).unwrap();
    assert_eq!(
        said(&untaxed.lines[0].derivation[1..]),
        ["no tax on standard: no tax rate covers the destination"]
    );
}

#[test]
fn an_order_stores_the_members_of_the_contract() {
    let priced = price(&two(), &Settings::default(), now()).unwrap();
    let line = json!({
        "sku": "A", "quantity": 2, "unitPrice": 2_500, "subtotal": 5_000, "discount": 0, "tax": 0, "total": 5_000,
        "derivation": [
            {"step": "goods", "unitPrice": 2_500, "quantity": 2, "amount": 5_000},
            {"step": "untaxed", "taxCategory": "standard", "reason": "no_rate"},
        ],
    });
    let expected = json!({
        "currency": "EUR", "taxIncluded": true, "lines": [line], "promotions": [],
        "totals": {"subtotal": 5_000, "discount": 0, "shipping": 0, "tax": 0, "total": 5_000},
        "pricedAt": "2026-06-01T12:00:00.000Z",
    });
    assert_eq!(serde_json::to_value(&priced).unwrap(), expected);
}

#[test]
fn settings_have_an_end() {
    let methods =
        |count: usize| (0..count).map(|number| method(&format!("m{number}"), parcel())).collect::<Vec<_>>();
    let offers = |count: usize| {
        let offer = |number: usize| OfferedPromotion {
            promotion: promotion(&format!("p{number}"), ten_percent()),
            uses: Uses::default(),
        };
        (0..count).map(offer).collect::<Vec<_>>()
    };
    let (most, many) = (crate::basket::MAX_SHIPPING_METHODS, crate::basket::MAX_PROMOTIONS);
    assert!(Settings::new(methods(most), TaxTable::default(), offers(many)).is_ok());
    let problem = Settings::new(methods(most + 1), TaxTable::default(), offers(many + 1)).unwrap_err();
    let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/shippingMethods", "/promotions"]);
}
