//! The products that are sold, and their prices.

use kernel::text::{LINES_RULE, ONE_LINE_RULE, is_lines, is_one_line};
use kernel::{Currency, Money, Problem, Quantity, Sku, Timestamp};
use pricing::{BasketLine, ShippingNeed};
use serde_json::{Map, Value};

use crate::attributes::Attributes;
use crate::factors::{NamedFactors, PricingFactors};

/// The longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 200;
/// The longest description, in characters.
pub const MAX_DESCRIPTION_LENGTH: usize = 5_000;

/// A product as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Its key.
    pub sku: Sku,
    pub name: String,
    /// May be empty.
    pub description: String,
    /// The price of one piece.
    pub price: Money,
    /// The merchant's own attributes of the product.
    pub attributes: Attributes,
    pub factors: PricingFactors,
    /// True when customers see it and can buy it.
    pub is_active: bool,
    /// The number of its changes, its creation included.
    pub version: u64,
    /// The time of its last change.
    pub updated_at: Timestamp,
}

impl Product {
    /// A line of a basket with `quantity` of the product at `unit_price`.
    pub fn basket_line(&self, quantity: Quantity, unit_price: Money) -> BasketLine {
        let factors = &self.factors;
        BasketLine {
            sku: self.sku.clone(),
            quantity,
            unit_price,
            category: factors.category.clone(),
            tax_category: factors.tax_category.clone(),
            weight_grams: factors.weight.grams(),
            shipping: match factors.requires_shipping {
                Some(true) => ShippingNeed::Always,
                Some(false) => ShippingNeed::Never,
                None => ShippingNeed::WhereAddressed,
            },
        }
    }
}

/// The values that an operator gives a product; every rule about them has been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    name: String,
    description: String,
    price: Money,
    attributes: Attributes,
    factors: NamedFactors,
    is_active: bool,
}

impl Details {
    /// Reads the members of a request's body; every member that breaks a rule is named.
    pub fn parse(
        name: String,
        description: String,
        (price, currency): (i64, Currency),
        attributes: Map<String, Value>,
        factors: NamedFactors,
        is_active: bool,
    ) -> Result<Self, Problem> {
        let texts = Problem::both(check_name(&name), check_description(&description));
        let values = Problem::both(Money::parse(price, "/price", currency), Attributes::parse(attributes));
        let (_, (price, attributes)) = Problem::both(texts, values)?;
        Ok(Self { name, description, price, attributes, factors, is_active })
    }

    /// These details with the factors that they leave out as `current` has them.
    pub(crate) fn keeping_factors_of(self, current: Option<&Product>) -> Self {
        match current {
            Some(current) => Self { factors: self.factors.or_those_of(current), ..self },
            None => self,
        }
    }

    /// Makes the product `sku`, which is `current` now, what these details say.
    pub fn revise(self, sku: &Sku, current: Option<&Product>, now: Timestamp) -> Revision {
        let (version, updated_at) = current.map_or((0, now), |product| (product.version, product.updated_at));
        let Self { name, description, price, attributes, factors, is_active } = self;
        let (sku, factors) = (sku.clone(), factors.or_defaults());
        let same =
            Product { sku, name, description, price, attributes, factors, is_active, version, updated_at };
        if current == Some(&same) {
            return Revision::Unchanged(same);
        }
        Revision::Changed(Product { version: version + 1, updated_at: now, ..same })
    }
}

/// The default of `isActive`: true, because an operator that enters a product means to sell it.
pub(crate) fn is_active_unless_said() -> bool {
    true
}

/// The outcome of giving values to a product.
#[derive(Debug, Clone, PartialEq)]
pub enum Revision {
    /// The product has these values already: a repeated request changes nothing and publishes no event.
    Unchanged(Product),
    /// The product of the next version.
    Changed(Product),
}

/// A name stands on one line of a list, a message or a receipt.
fn check_name(name: &str) -> Result<(), Problem> {
    let fits = (1..=MAX_NAME_LENGTH).contains(&name.chars().count());
    if !is_one_line(name) {
        return Err(Problem::invalid("/name", ONE_LINE_RULE));
    }
    if !fits || name.trim().is_empty() {
        let detail = format!("must be 1 to {MAX_NAME_LENGTH} characters on one line, not only spaces");
        return Err(Problem::invalid("/name", detail));
    }
    Ok(())
}

/// A description may have line breaks.
fn check_description(description: &str) -> Result<(), Problem> {
    if !is_lines(description) {
        return Err(Problem::invalid("/description", LINES_RULE));
    }
    if description.chars().count() > MAX_DESCRIPTION_LENGTH {
        let detail = format!("must be at most {MAX_DESCRIPTION_LENGTH} characters");
        return Err(Problem::invalid("/description", detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn roubles() -> Currency {
        Currency::from_code("RUB").unwrap()
    }

    fn details(name: &str, price: i64) -> Result<Details, Problem> {
        Details::parse(
            name.to_owned(),
            String::new(),
            (price, roubles()),
            Map::new(),
            NamedFactors::default(),
            true,
        )
    }

    #[test]
    fn every_member_at_fault_is_named_at_once() {
        let Value::Object(deep) = json!({"a": [[[[[]]]]]}) else { panic!() };
        let long = "x".repeat(MAX_DESCRIPTION_LENGTH + 1);
        let problem =
            Details::parse(String::new(), long, (-1, roubles()), deep, NamedFactors::default(), true)
                .unwrap_err();
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/description", "/price", "/attributes"]);
    }

    #[test]
    fn names_have_edges() {
        for name in ["A", &"ы".repeat(MAX_NAME_LENGTH), "Tea 100 g"] {
            assert!(details(name, 0).is_ok(), "{name}");
        }
        for name in ["", "  ", "two\nlines", "T\u{202e}ea", "T\u{2028}ea", &"x".repeat(MAX_NAME_LENGTH + 1)] {
            assert!(details(name, 0).is_err(), "{name:?}");
        }
    }

    #[test]
    fn factors_that_are_left_out_are_the_defaults_or_kept() {
        let sku: Sku = "A-1".parse().unwrap();
        let tea = |factors| {
            Details::parse("Tea".to_owned(), String::new(), (1, roubles()), Map::new(), factors, true)
                .unwrap()
        };
        let whole = NamedFactors {
            category: Some("tea".parse().unwrap()),
            weight: Some(serde_json::from_value(json!(250)).unwrap()),
            tax_category: Some("food".parse().unwrap()),
            requires_shipping: Some(false),
        };
        let Revision::Changed(first) = tea(whole).revise(&sku, None, at(1)) else { panic!() };
        let bare = tea(NamedFactors::default());
        let kept = bare.clone().keeping_factors_of(Some(&first)).revise(&sku, Some(&first), at(2));
        assert_eq!(kept, Revision::Unchanged(first.clone()));
        let Revision::Changed(reset) = bare.clone().revise(&sku, Some(&first), at(2)) else { panic!() };
        assert_eq!(reset.factors, PricingFactors::default());
        let shipped = NamedFactors { requires_shipping: Some(true), ..NamedFactors::default() };
        let shipped = tea(shipped).keeping_factors_of(Some(&first)).revise(&sku, Some(&first), at(2));
        let Revision::Changed(shipped) = shipped else { panic!() };
        assert_eq!(shipped.factors, PricingFactors { requires_shipping: Some(true), ..first.factors });
        assert_eq!(bare.clone().keeping_factors_of(None), bare);
    }

    #[test]
    fn a_change_is_counted_and_a_repeat_is_not() {
        let sku: Sku = "A-1".parse().unwrap();
        let put = |price, current, ms| details("Tea", price).unwrap().revise(&sku, current, at(ms));
        let Revision::Changed(first) = put(100, None, 1) else { panic!() };
        assert_eq!((first.version, first.updated_at), (1, at(1)));
        assert_eq!(put(100, Some(&first), 2), Revision::Unchanged(first.clone()));
        let Revision::Changed(dearer) = put(101, Some(&first), 3) else { panic!() };
        assert_eq!((dearer.version, dearer.updated_at, dearer.price.amount()), (2, at(3), 101));
    }
}
