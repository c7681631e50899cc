//! The amounts that are left of each line and of the shipping while promotions are applied one after another.

use std::cmp::Reverse;

use crate::arithmetic::spread;
use crate::basket::Basket;
use crate::permyriad::Permyriad;
use crate::priced::Step;
use crate::promotion::{Benefit, Promotion};
use crate::shipping::Quote;

/// A line or the shipping while it is discounted.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Before discounts.
    pub(crate) subtotal: i64,
    /// Never more than `subtotal`.
    pub(crate) discount: i64,
    pub(crate) steps: Vec<Step>,
    unit_price: i64,
    /// Units that no buy-x-get-y promotion counted yet.
    units: u32,
}

impl Account {
    fn new(subtotal: i64, (unit_price, units): (i64, u32), step: Step) -> Self {
        Self { subtotal, discount: 0, steps: vec![step], unit_price, units }
    }

    /// The amount after discounts.
    pub(crate) fn left(&self) -> i64 {
        self.subtotal - self.discount
    }

    /// Takes a discount of at most what is left, and returns the amount that it took.
    fn take(&mut self, promotion: &Promotion, amount: i64, units: Option<u32>) -> i64 {
        let base = self.left();
        let amount = amount.min(base);
        if amount > 0 {
            self.discount += amount;
            self.steps.push(Step::Promotion {
                promotion_id: promotion.id.clone(),
                version: promotion.version,
                code: promotion.terms.code.clone(),
                kind: promotion.terms.benefit.kind(),
                value: promotion.terms.benefit.value(),
                units,
                base,
                amount,
            });
        }
        amount
    }
}

/// All accounts of a basket.
#[derive(Debug, Clone)]
pub(crate) struct Ledger<'a> {
    basket: &'a Basket,
    /// In the order of the basket's lines.
    pub(crate) lines: Vec<Account>,
    pub(crate) shipping: Option<Account>,
}

impl<'a> Ledger<'a> {
    /// The accounts before any promotion. `subtotals` are those of the lines.
    pub(crate) fn new(basket: &'a Basket, subtotals: &[i64], quote: Option<&Quote<'_>>) -> Self {
        let account = |(line, subtotal): (&crate::basket::BasketLine, &i64)| {
            let (unit_price, quantity) = (line.unit_price.amount(), line.quantity);
            let step = Step::Goods { unit_price, quantity, amount: *subtotal };
            Account::new(*subtotal, (unit_price, quantity.get()), step)
        };
        let lines = basket.lines.iter().zip(subtotals).map(account).collect();
        let shipping = quote.map(|quote| Account::new(quote.price, (quote.price, 1), quote.step.clone()));
        Self { basket, lines, shipping }
    }

    /// Applies a promotion to what the ones before it left, and returns the discount that it gave.
    pub(crate) fn apply(&mut self, promotion: &Promotion) -> i64 {
        let lines = self.matching(promotion);
        match promotion.terms.benefit {
            Benefit::BuyXGetY { buy, get, off } => self.give_units(promotion, &lines, (buy, get), off),
            Benefit::Percentage(part) => {
                let mut given = 0;
                for index in lines {
                    let account = &mut self.lines[index];
                    given += account.take(promotion, part.of(account.left()), None);
                }
                given
            }
            Benefit::Amount(value) => {
                let left: Vec<i64> = lines.iter().map(|index| self.lines[*index].left()).collect();
                let parts = spread(value, &left);
                let taken = lines.iter().zip(parts);
                taken.map(|(index, part)| self.lines[*index].take(promotion, part, None)).sum()
            }
            Benefit::FreeShipping => {
                self.shipping.as_mut().map_or(0, |account| account.take(promotion, account.left(), None))
            }
        }
    }

    /// The indexes of the lines that a promotion is for.
    fn matching(&self, promotion: &Promotion) -> Vec<usize> {
        let conditions = &promotion.terms.conditions;
        let lines = self.basket.lines.iter().enumerate();
        let named = lines.filter(|(_, line)| conditions.includes(&line.sku, line.category.as_ref()));
        named.map(|(index, _)| index).collect()
    }

    /// Gives the cheapest `get` of every `buy + get` units, over all the lines together; of equal prices the units of the earlier line. The
    /// units of these groups, given and bought, are counted by no later promotion of this kind.
    fn give_units(
        &mut self,
        promotion: &Promotion,
        lines: &[usize],
        (buy, get): (u32, u32),
        off: Permyriad,
    ) -> i64 {
        let mut order: Vec<usize> =
            lines.iter().copied().filter(|index| self.lines[*index].unit_price > 0).collect();
        order.sort_by_key(|&index| self.lines[index].unit_price);
        let units: u64 = order.iter().map(|&index| u64::from(self.lines[index].units)).sum();
        let groups = units / (u64::from(buy) + u64::from(get));
        let mut given = 0;
        let mut to_give = groups * u64::from(get);
        for &index in &order {
            let account = &mut self.lines[index];
            let count = take_units(&mut account.units, &mut to_give);
            let worth = account.unit_price * i64::from(count);
            given += account.take(promotion, off.of(worth), Some(count));
        }
        // The dearest units are those that were bought.
        order.sort_by_key(|&index| Reverse(self.lines[index].unit_price));
        let mut bought = groups * u64::from(buy);
        for index in order {
            take_units(&mut self.lines[index].units, &mut bought);
        }
        given
    }
}

/// Moves as many units as there are and as are wanted, and returns their number.
fn take_units(there: &mut u32, wanted: &mut u64) -> u32 {
    let count = u32::try_from(*wanted).unwrap_or(u32::MAX).min(*there);
    *there -= count;
    *wanted -= u64::from(count);
    count
}
