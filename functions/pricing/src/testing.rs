//! Baskets and settings of tests.

use kernel::{Currency, Money, Problem, Quantity, Timestamp};
use serde_json::{Value, json};

use crate::basket::{Basket, BasketLine, OfferedPromotion, Settings, ShippingNeed, Uses};
use crate::destination::Destination;
use crate::promotion::{Promotion, PromotionDraft};
use crate::setting::Setting;
use crate::shipping::{ShippingDraft, ShippingMethod};
use crate::tax::{TaxRate, TaxRateDraft, TaxTable};

pub(crate) fn currency(code: &str) -> Currency {
    Currency::from_code(code).unwrap()
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// The moment of tests that are about something else.
pub(crate) fn now() -> Timestamp {
    at("2026-06-01T12:00:00Z")
}

/// A setting, version 1, of a draft as JSON.
fn setting<D: serde::de::DeserializeOwned, T: TryFrom<D, Error = Problem>>(
    id: &str,
    draft: Value,
) -> Result<Setting<T>, Problem> {
    let draft: D = serde_json::from_value(draft).unwrap();
    Ok(Setting { id: id.parse().unwrap(), version: 1, terms: draft.try_into()? })
}

pub(crate) fn method(id: &str, draft: Value) -> ShippingMethod {
    setting::<ShippingDraft, _>(id, draft).unwrap()
}

pub(crate) fn tax_rate(id: &str, draft: Value) -> TaxRate {
    setting::<TaxRateDraft, _>(id, draft).unwrap()
}

pub(crate) fn promotion(id: &str, draft: Value) -> Promotion {
    setting::<PromotionDraft, _>(id, draft).unwrap()
}

/// The pointers of a refused promotion.
pub(crate) fn promotion_faults(draft: Value) -> Vec<String> {
    pointers(setting::<PromotionDraft, _>("p", draft).map(|_: Promotion| ()))
}

/// The pointers of a refused shipping method.
pub(crate) fn method_faults(draft: Value) -> Vec<String> {
    pointers(setting::<ShippingDraft, _>("m", draft).map(|_: ShippingMethod| ()))
}

fn pointers(result: Result<(), Problem>) -> Vec<String> {
    result.err().into_iter().flat_map(|problem| problem.errors).map(|error| error.pointer).collect()
}

/// A valid method: Germany, 4.90 at any weight.
pub(crate) fn parcel() -> Value {
    json!({
        "name": {"en": "Parcel"}, "zones": [{"countries": ["DE"]}], "currency": "EUR", "rateBy": "weight",
        "rates": [{"price": 490}], "minDays": 2, "maxDays": 4,
    })
}

/// `base` with the members of `changes`; `null` removes a member.
pub(crate) fn with(mut base: Value, changes: Value) -> Value {
    for (member, value) in changes.as_object().unwrap() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(member);
        } else {
            base[member] = value.clone();
        }
    }
    base
}

/// A line of physical goods of 100 g each.
pub(crate) fn line(sku: &str, quantity: u32, unit_price: i64, code: &str) -> BasketLine {
    BasketLine {
        sku: sku.parse().unwrap(),
        quantity: Quantity::new(quantity).unwrap(),
        unit_price: Money::new(unit_price, currency(code)).unwrap(),
        category: None,
        tax_category: "standard".parse().unwrap(),
        weight_grams: 100,
        shipping: ShippingNeed::Always,
    }
}

/// A basket in euro, sent to Germany without a shipping method.
pub(crate) fn basket(lines: Vec<BasketLine>) -> Basket {
    Basket {
        currency: currency("EUR"),
        lines,
        destination: Some(Destination::parse("DE", None, None).unwrap()),
        shipping_method: None,
        promotion_codes: Vec::new(),
        is_first_order: false,
    }
}

pub(crate) fn settings(
    methods: Vec<ShippingMethod>,
    rates: Vec<TaxRate>,
    promotions: Vec<Promotion>,
) -> Settings {
    let unused = |promotion| OfferedPromotion { promotion, uses: Uses::default() };
    let promotions = promotions.into_iter().map(unused).collect();
    Settings::new(methods, TaxTable::new(rates).unwrap(), promotions).unwrap()
}
