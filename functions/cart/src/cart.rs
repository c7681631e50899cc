//! What a customer means to buy: the rules that need nothing but the cart.

use std::collections::BTreeMap;

use kernel::{Kind, Problem, Quantity, Sku};

/// The most lines of a cart. An order takes each line from one or more stock rows in a single transaction, which holds at
/// most 100 actions (`platform::dynamo::MAX_ACTIONS`): 40 lines leave room for lines that come from two warehouses and for
/// the order, the reservation, the journal, the cart and the idempotency record.
pub const MAX_CART_LINES: usize = 40;

/// A customer's cart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cart {
    /// How often it was changed; 0 for a cart that was never used. Never goes back while the cart is kept.
    pub version: u64,
    /// How many of what; at most [`MAX_CART_LINES`].
    pub lines: BTreeMap<Sku, Quantity>,
}

impl Cart {
    /// The cart with `quantity` of `sku`, however many there were before.
    pub fn with(mut self, sku: &Sku, quantity: Quantity) -> Result<Self, Problem> {
        if self.lines.len() >= MAX_CART_LINES && !self.lines.contains_key(sku) {
            let detail = format!("A cart holds at most {MAX_CART_LINES} different products.");
            return Err(Problem::new(Kind::Invalid, "too_many_lines", detail).with("limit", MAX_CART_LINES));
        }
        self.lines.insert(sku.clone(), quantity);
        Ok(self.changed())
    }

    /// The cart without `sku`; `None` when it isn't in it.
    pub fn without(mut self, sku: &Sku) -> Option<Self> {
        self.lines.remove(sku)?;
        Some(self.changed())
    }

    /// The cart with nothing in it; `None` when it is empty already.
    pub fn emptied(self) -> Option<Self> {
        (!self.lines.is_empty()).then(|| Self { version: self.version, lines: BTreeMap::new() }.changed())
    }

    fn changed(self) -> Self {
        Self { version: self.version + 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sku(number: usize) -> Sku {
        format!("S-{number}").parse().unwrap()
    }

    fn quantity(count: u32) -> Quantity {
        Quantity::new(count).unwrap()
    }

    #[test]
    fn a_full_cart_takes_no_more_products_but_more_of_them() {
        let full = (0..MAX_CART_LINES)
            .try_fold(Cart::default(), |cart, number| cart.with(&sku(number), quantity(1)))
            .unwrap();
        let problem = full.clone().with(&sku(MAX_CART_LINES), quantity(1)).unwrap_err();
        assert_eq!((problem.kind, problem.code), (Kind::Invalid, "too_many_lines"));
        let more = full.with(&sku(0), quantity(9)).unwrap();
        assert_eq!(more.lines[&sku(0)], quantity(9));
        assert_eq!(more.lines.len(), MAX_CART_LINES);
    }

    #[test]
    fn what_changes_nothing_is_no_change() {
        assert_eq!(Cart::default().without(&sku(1)), None);
        assert_eq!(Cart::default().emptied(), None);
        let one = Cart::default().with(&sku(1), quantity(1)).unwrap();
        assert_eq!(one.clone().without(&sku(2)), None);
        let empty = one.emptied().unwrap();
        assert_eq!(empty, Cart { version: 2, lines: BTreeMap::new() });
    }

    proptest! {
        #[test]
        fn every_change_moves_the_version_on_and_only_its_own_line(
            changes in proptest::collection::vec((0_usize..6, proptest::option::of(1_u32..100)), 0..40)
        ) {
            let mut cart = Cart::default();
            let mut expected = BTreeMap::new();
            for (number, count) in changes {
                let before = cart.clone();
                let after = if let Some(count) = count {
                    expected.insert(sku(number), quantity(count));
                    Some(cart.clone().with(&sku(number), quantity(count)).unwrap())
                } else {
                    expected.remove(&sku(number));
                    cart.clone().without(&sku(number))
                };
                if let Some(after) = after {
                    prop_assert_eq!(after.version, before.version + 1);
                    cart = after;
                }
                prop_assert_eq!(&cart.lines, &expected);
            }
        }
    }
}
