//! The prices that a customer has agreed to.

use cart::cart_tag;
use kernel::Problem;
use orders::draft::Priced;
use platform::http::Precondition;

use crate::refusal::PlaceRefusal;

/// The prices that a customer has seen: an order that would cost something else is not placed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    /// The total that was shown, in minor units of the order's currency.
    expected_total: Option<i64>,
    /// The cart that was shown, by the entity tag of `GET /cart`.
    cart: Precondition,
}

impl Consent {
    /// Reads the member `expectedTotal` of a body. 422 when it is negative.
    pub fn to_total(expected_total: Option<i64>) -> Result<Self, Problem> {
        if expected_total.is_some_and(|total| total < 0) {
            return Err(Problem::invalid("/expectedTotal", "must be 0 or more"));
        }
        Ok(Self { expected_total, cart: Precondition::default() })
    }

    /// The same, for the cart that the header `If-Match` names.
    #[must_use]
    pub fn of_cart(self, cart: Precondition) -> Self {
        Self { cart, ..self }
    }

    /// Refuses another cart than the one named: 412 `etag_mismatch`. `version` is that of the cart that is ordered, if one is, and `codes` are those
    /// entered in it.
    pub(super) fn check_cart(
        &self,
        version: Option<u64>,
        codes: &[String],
        priced: &Priced,
    ) -> Result<(), Problem> {
        let Some(version) = version else { return Ok(()) };
        let currency = priced.total.currency();
        let lines = priced.lines.iter().map(|line| (&line.sku, line.quantity, line.unit_price, currency));
        self.cart.check("cart", &cart_tag(version, lines, codes.iter().map(String::as_str)))
    }

    /// Refuses another total than the expected one.
    pub(super) fn check_total(&self, priced: &Priced) -> Result<(), PlaceRefusal> {
        let total = priced.total;
        if self.expected_total.is_none_or(|expected| expected == total.amount()) {
            return Ok(());
        }
        Err(PlaceRefusal::PriceChanged {
            item_count: priced.lines.len(),
            total_quantity: priced.lines.iter().map(|line| u64::from(line.quantity.get())).sum(),
            totals: priced.totals(),
            currency: total.currency(),
        })
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money, Quantity};
    use orders::PricedLine;

    use super::*;

    fn priced(unit_price: i64) -> Priced {
        let rub = Currency::from_code("RUB").unwrap();
        let line = PricedLine {
            sku: "A-1".parse().unwrap(),
            name: "Kettle".to_owned(),
            quantity: Quantity::new(2).unwrap(),
            unit_price,
        };
        Priced { lines: vec![line], total: Money::new(2 * unit_price, rub).unwrap(), pricing: None }
    }

    #[test]
    fn another_total_is_refused_with_the_new_one() {
        let consent = Consent::to_total(Some(200)).unwrap();
        assert_eq!(consent.check_total(&priced(100)), Ok(()));
        assert_eq!(Consent::default().check_total(&priced(9_900)), Ok(()));
        let new = priced(9_900);
        let (totals, currency) = (new.totals(), new.total.currency());
        let changed = PlaceRefusal::PriceChanged { item_count: 1, total_quantity: 2, totals, currency };
        assert_eq!(consent.check_total(&new), Err(changed));
        assert!(Consent::to_total(Some(-1)).is_err());
        assert_eq!(Consent::to_total(Some(0)).unwrap().check_total(&priced(0)), Ok(()));
    }
}
