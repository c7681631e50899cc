//! The products that a customer intends to buy: the rules that need nothing but the cart.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Quantity, Sku};
use pricing::PromotionCode;
use pricing::basket::MAX_PROMOTION_CODES;

use crate::refusal::CartRefusal;

/// The most lines of a cart. An order takes each line from one or more stock rows in a single transaction, which holds at
/// most 100 actions (`platform::dynamo::MAX_ACTIONS`): 40 lines leave room for lines that come from two warehouses and for
/// the order, the reservation, the journal, the cart and the idempotency record.
pub const MAX_CART_LINES: usize = 40;

/// A customer's cart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cart {
    /// The number of changes; 0 for a cart that was never used. It never decreases while the cart is kept.
    pub version: u64,
    /// The quantity of each SKU; at most [`MAX_CART_LINES`].
    pub lines: BTreeMap<Sku, Quantity>,
    /// The promotion codes that its owner entered, at most [`MAX_PROMOTION_CODES`]; an order of the cart uses them up.
    pub promotion_codes: BTreeSet<PromotionCode>,
}

impl Cart {
    /// The cart with `quantity` of `sku`, however many there were before.
    pub fn with(mut self, sku: &Sku, quantity: Quantity) -> Result<Self, CartRefusal> {
        if self.lines.len() >= MAX_CART_LINES && !self.lines.contains_key(sku) {
            return Err(CartRefusal::TooManyLines);
        }
        self.lines.insert(sku.clone(), quantity);
        Ok(self.changed())
    }

    /// The cart without `sku`; `None` when it isn't in it.
    pub fn without(mut self, sku: &Sku) -> Option<Self> {
        self.lines.remove(sku)?;
        Some(self.changed())
    }

    /// The cart with a promotion code; `None` when it is there already.
    pub fn with_code(mut self, code: &PromotionCode) -> Result<Option<Self>, CartRefusal> {
        if self.promotion_codes.contains(code) {
            return Ok(None);
        }
        if self.promotion_codes.len() >= MAX_PROMOTION_CODES {
            return Err(CartRefusal::TooManyPromotionCodes);
        }
        self.promotion_codes.insert(code.clone());
        Ok(Some(self.changed()))
    }

    /// The cart without a promotion code; `None` when it isn't there.
    pub fn without_code(mut self, code: &PromotionCode) -> Option<Self> {
        self.promotion_codes.remove(code).then(|| self.changed())
    }

    /// Adds codes as far as there is room.
    fn add_codes(&mut self, codes: impl IntoIterator<Item = PromotionCode>) {
        for code in codes {
            if self.promotion_codes.len() < MAX_PROMOTION_CODES {
                self.promotion_codes.insert(code);
            }
        }
    }

    /// The cart with the lines of `other` as well, and its codes as far as there is room; pieces of the same product are added up, to at most [`Quantity::MAX`].
    /// `None` when there is nothing in `other`.
    pub fn merged(mut self, other: &Self) -> Result<Option<Self>, CartRefusal> {
        if other.is_empty() {
            return Ok(None);
        }
        for (sku, &quantity) in &other.lines {
            let sum = self.lines.get(sku).map_or(Some(quantity), |present| present.plus(quantity));
            self.lines.insert(sku.clone(), sum.unwrap_or(Quantity::MAX));
        }
        if self.lines.len() > MAX_CART_LINES {
            return Err(CartRefusal::TooManyLines);
        }
        self.add_codes(other.promotion_codes.iter().cloned());
        Ok(Some(self.changed()))
    }

    /// The cart with `lines` and `codes` put back that an order had taken out, as far as there is room: pieces of the same product are added up, to at
    /// most [`Quantity::MAX`]. `None` when that changes nothing.
    pub fn with_returned(
        mut self,
        lines: impl IntoIterator<Item = (Sku, Quantity)>,
        codes: impl IntoIterator<Item = PromotionCode>,
    ) -> Option<Self> {
        let before = self.clone();
        for (sku, quantity) in lines {
            let sum = self.lines.get(&sku).map_or(Some(quantity), |present| present.plus(quantity));
            if self.lines.len() < MAX_CART_LINES || self.lines.contains_key(&sku) {
                self.lines.insert(sku, sum.unwrap_or(Quantity::MAX));
            }
        }
        self.add_codes(codes);
        (self != before).then(|| self.changed())
    }

    /// The lines in the order of the catalog's lists, as they are shown.
    pub fn shown(&self) -> Vec<(&Sku, Quantity)> {
        let mut lines: Vec<_> = self.lines.iter().map(|(sku, &quantity)| (sku, quantity)).collect();
        lines.sort_by_cached_key(|(sku, _)| sku.sort_key());
        lines
    }

    /// The cart with nothing in it; `None` when it is empty already.
    pub fn emptied(self) -> Option<Self> {
        (!self.is_empty()).then(|| Self { version: self.version, ..Self::default() }.changed())
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.promotion_codes.is_empty()
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
        let refused = full.clone().with(&sku(MAX_CART_LINES), quantity(1));
        assert_eq!(refused, Err(CartRefusal::TooManyLines));
        let more = full.with(&sku(0), quantity(9)).unwrap();
        assert_eq!(more.lines[&sku(0)], quantity(9));
        assert_eq!(more.lines.len(), MAX_CART_LINES);
    }

    fn cart(lines: impl IntoIterator<Item = (usize, u32)>) -> Cart {
        let lines = lines.into_iter().map(|(number, count)| (sku(number), quantity(count)));
        Cart { version: 7, lines: lines.collect(), ..Cart::default() }
    }

    #[test]
    fn merging_adds_up_and_stops_at_the_most_that_a_line_holds() {
        let merged = cart([(1, 2), (2, 65_000)]).merged(&cart([(2, 600), (3, 4)])).unwrap().unwrap();
        assert_eq!(merged, Cart { version: 8, ..cart([(1, 2), (2, 65_535), (3, 4)]) });
        assert_eq!(cart([(1, 2)]).merged(&Cart::default()).unwrap(), None, "nothing to do");
    }

    #[test]
    fn merging_keeps_to_the_most_lines() {
        let one = |number| (number, 1);
        let full = cart((0..MAX_CART_LINES).map(one));
        assert!(full.clone().merged(&cart([(0, 1)])).is_ok());
        assert!(cart((0..30).map(one)).merged(&cart((20..MAX_CART_LINES).map(one))).is_ok());
        assert_eq!(full.merged(&cart([(MAX_CART_LINES, 1)])), Err(CartRefusal::TooManyLines));
    }

    #[test]
    fn what_an_order_took_comes_back_as_far_as_there_is_room() {
        let lines = |lines: &[(usize, u32)]| {
            lines.iter().map(|&(number, count)| (sku(number), quantity(count))).collect::<Vec<_>>()
        };
        let back = cart([]).with_returned(lines(&[(1, 2), (2, 1)]), codes([3])).unwrap();
        assert_eq!(back, Cart { version: 8, promotion_codes: codes([3]), ..cart([(1, 2), (2, 1)]) });
        let added = cart([(2, 65_000)]).with_returned(lines(&[(2, 600), (3, 4)]), []).unwrap();
        assert_eq!(added, Cart { version: 8, ..cart([(2, 65_535), (3, 4)]) });
        let full = cart((0..MAX_CART_LINES).map(|number| (number, 1)));
        assert_eq!(full.clone().with_returned(lines(&[(99, 1)]), []), None);
        assert_eq!(full.with_returned(lines(&[(99, 1), (0, 1)]), []).unwrap().lines[&sku(0)], quantity(2));
    }

    fn codes(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<PromotionCode> {
        numbers.into_iter().map(|number| format!("CODE-{number:02}").parse().unwrap()).collect()
    }

    fn with_codes(numbers: impl IntoIterator<Item = usize>) -> Cart {
        Cart { promotion_codes: codes(numbers), ..cart([(1, 1)]) }
    }

    #[test]
    fn codes_are_entered_once_and_up_to_their_limit() {
        let spring: PromotionCode = " spring ".parse().unwrap();
        let entered = cart([]).with_code(&spring).unwrap().unwrap();
        assert_eq!(entered.version, 8);
        assert_eq!(entered.clone().with_code(&spring), Ok(None));
        assert_eq!(entered.clone().without_code(&spring), Some(Cart { version: 9, ..cart([]) }));
        assert_eq!(cart([]).without_code(&spring), None);
        let full = with_codes(0..MAX_PROMOTION_CODES);
        assert_eq!(full.clone().with_code(&spring), Err(CartRefusal::TooManyPromotionCodes));
        assert_eq!(full.with_code(&"code-00".parse().unwrap()), Ok(None));
    }

    #[test]
    fn merging_unites_the_codes_as_far_as_there_is_room() {
        let merge = |mine: Cart, other: Cart| mine.merged(&other).unwrap().unwrap().promotion_codes;
        assert_eq!(merge(with_codes([1]), with_codes([2, 1])), codes([1, 2]));
        assert_eq!(merge(cart([]), Cart { lines: BTreeMap::new(), ..with_codes([2]) }), codes([2]));
        let nine = with_codes(10..9 + MAX_PROMOTION_CODES);
        assert_eq!(merge(nine.clone(), with_codes([3, 2])), codes([2].into_iter().chain(10..19)));
        assert_eq!(
            merge(with_codes(10..20), with_codes([2])),
            codes(10..20),
            "those of the account come first"
        );
    }

    #[test]
    fn lines_are_shown_numbers_first() {
        let lines = ["b", "10", "9", "a"].map(|text| (text.parse().unwrap(), quantity(1)));
        let cart = Cart { version: 1, lines: lines.into(), ..Cart::default() };
        let shown: Vec<_> = cart.shown().into_iter().map(|(sku, _)| sku.as_str()).collect();
        assert_eq!(shown, ["9", "10", "a", "b"]);
    }

    #[test]
    fn what_changes_nothing_is_no_change() {
        assert_eq!(Cart::default().without(&sku(1)), None);
        assert_eq!(Cart::default().emptied(), None);
        let one = Cart::default().with(&sku(1), quantity(1)).unwrap();
        assert_eq!(one.clone().without(&sku(2)), None);
        let empty = one.emptied().unwrap();
        assert_eq!(empty, Cart { version: 2, ..Cart::default() });
    }

    proptest! {
        #[test]
        fn merging_loses_no_piece(
            mine in proptest::collection::btree_map(0_usize..9, 1_u32..30_000, 0..9),
            other in proptest::collection::btree_map(0_usize..9, 1_u32..30_000, 1..9)
        ) {
            let merged = cart(mine.clone()).merged(&cart(other.clone())).unwrap().unwrap();
            for number in 0..9 {
                let wanted = mine.get(&number).unwrap_or(&0) + other.get(&number).unwrap_or(&0);
                prop_assert_eq!(merged.lines.get(&sku(number)).map_or(0, |quantity| quantity.get()), wanted);
            }
        }

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
