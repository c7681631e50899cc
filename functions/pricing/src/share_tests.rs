use serde_json::json;

use super::*;
use crate::price::price;
use crate::testing::{basket, line, method, now, parcel, promotion, settings, tax_rate};

/// 3 pieces of 10.00 less 10.00 = 20.00, with 19 % added: 3.80; shipping of 4.90 with 0.93.
fn priced() -> Priced {
    let ten_off = json!({"kind": "amount", "value": 1_000, "currency": "EUR"});
    let vat = json!({"country": "DE", "taxCategory": "standard", "rate": 1_900, "includedInPrices": false});
    let settings = settings(
        vec![method("parcel", parcel())],
        vec![tax_rate("de", vat)],
        vec![promotion("ten", ten_off)],
    );
    let mut basket = basket(vec![line("A", 3, 1_000, "EUR")]);
    basket.shipping_method = Some("parcel".to_owned());
    price(&basket, &settings, now()).unwrap()
}

fn units(quantity: u32) -> Portion {
    Portion { quantities: vec![quantity], shipping: false }
}

#[test]
fn the_last_unit_gets_what_rounding_left() {
    let priced = priced();
    let of = |before, more| share_of(&priced, &units(before), &units(more)).unwrap().lines[0];
    assert_eq!(of(0, 1), Part { subtotal: 1_000, discount: 334, tax: 126, total: 792 });
    assert_eq!(of(1, 1), Part { subtotal: 1_000, discount: 333, tax: 127, total: 794 });
    assert_eq!(of(2, 1), Part { subtotal: 1_000, discount: 333, tax: 127, total: 794 });
    assert_eq!(of(0, 3), Part { subtotal: 3_000, discount: 1_000, tax: 380, total: 2_380 });
    assert_eq!(of(0, 3).total, priced.lines[0].total);
}

#[test]
fn shipping_is_paid_back_once() {
    let priced = priced();
    let with_shipping = Portion { quantities: vec![0], shipping: true };
    let share = share_of(&priced, &units(3), &with_shipping).unwrap();
    assert_eq!(share.shipping, Some(Part { subtotal: 490, discount: 0, tax: 93, total: 583 }));
    assert_eq!((share.total, share.lines[0]), (583, Part::default()));
    assert_eq!(share_of(&priced, &with_shipping, &with_shipping), Err(ShareRefusal::NoShippingLeft));
    let without = Priced { shipping: None, ..priced };
    assert_eq!(share_of(&without, &units(0), &with_shipping), Err(ShareRefusal::NoShippingLeft));
}

#[test]
fn there_is_no_share_of_more_than_is_left() {
    let priced = priced();
    let refused = |before, more| share_of(&priced, &units(before), &units(more)).unwrap_err();
    let sku: Sku = "A".parse().unwrap();
    assert_eq!(refused(0, 4), ShareRefusal::TooManyUnits { sku: sku.clone(), left: 3, requested: 4 });
    assert_eq!(refused(2, u32::MAX), ShareRefusal::TooManyUnits { sku, left: 1, requested: u32::MAX });
    assert_eq!(refused(2, 2).to_string(), "Too many units of SKU A: 1 left, 2 requested.");
    let none = share_of(&priced, &Portion::default(), &units(1)).unwrap_err();
    assert_eq!(none, ShareRefusal::LineCount { expected: 1 });
}
