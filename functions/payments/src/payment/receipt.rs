//! The receipts of a payment and of its refunds (54-FZ): the part that a payment stores. Pure.
//!
//! The lines identify no person and stay with the payment, since each partial refund has a receipt of its own. The recipient does identify one: it is
//! stored with a request only as long as that request may have to be repeated.

use kernel::{Currency, Money, Problem, Quantity};
use serde::{Deserialize, Serialize};

use super::refund::{Refund, RefundStatus};
use super::{Payment, State};
use crate::receipt::{Customer, Item, Receipt, TaxSystem, VatCode};

/// The way of payment of every line (tag 1214): all of it is paid before the goods are handed over (yookassa.ru/developers/payment-acceptance/
/// receipts/54fz/parameters-values, "payment mode").
const FULL_PREPAYMENT: &str = "full_prepayment";
/// The unit of every line (tag 2108), which registers of the format FFD 1.2 need.
const PIECE: &str = "piece";

/// The subject of a line (tag 1212).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Goods.
    Commodity,
    /// A service, such as delivery.
    Service,
}

impl Subject {
    /// The provider's name for it.
    fn name(self) -> &'static str {
        match self {
            Self::Commodity => "commodity",
            Self::Service => "service",
        }
    }
}

/// Units of one product, or the delivery, that cost the same each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptLine {
    /// The product's name.
    pub name: String,
    /// The quantity.
    pub quantity: Quantity,
    /// The price of one piece after discounts, with tax, in minor units.
    pub price: i64,
    /// The rate of the value-added tax.
    pub vat: VatCode,
    /// Goods or a service.
    pub subject: Subject,
}

/// The receipt of a payment, as far as refunds need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentReceipt {
    /// The lines, which add up to the payment's amount.
    pub lines: Vec<ReceiptLine>,
    /// The merchant's system of taxation, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_system: Option<TaxSystem>,
    /// The recipient of the receipts of pending refunds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_customer: Option<Customer>,
}

impl ReceiptLine {
    /// The lines for `quantity` units that cost `total` together: two where it does not divide, of which one is a minor unit dearer. None for nothing.
    pub fn split(name: &str, quantity: Quantity, total: i64, vat: VatCode, subject: Subject) -> Vec<Self> {
        let units = i64::from(quantity.get());
        let (price, dearer) = (total.div_euclid(units), total.rem_euclid(units));
        let line = |(count, price): (i64, i64)| {
            let quantity = u32::try_from(count).ok().and_then(Quantity::new).filter(|_| price > 0)?;
            Some(Self { name: name.to_owned(), quantity, price, vat, subject })
        };
        [(units - dearer, price), (dearer, price + 1)].into_iter().filter_map(line).collect()
    }

    fn total(&self) -> i64 {
        self.price.saturating_mul(i64::from(self.quantity.get()))
    }

    /// The line of a receipt over `share` of it: as it is when that is all, and one unit at the price of the share when it is a part.
    fn item(&self, share: i64, currency: Currency) -> Option<Item> {
        let is_whole = share == self.total();
        let price = if is_whole { self.price } else { share };
        Some(Item {
            description: self.name.clone(),
            quantity: if is_whole { self.quantity } else { Quantity::ONE },
            price: Money::new(price, currency)?,
            vat: self.vat,
            subject: Some(self.subject.name().to_owned()),
            mode: Some(FULL_PREPAYMENT.to_owned()),
            measure: Some(PIECE.to_owned()),
        })
    }
}

impl PaymentReceipt {
    /// The receipt over all lines.
    pub fn of_payment(&self, customer: Customer, amount: Money) -> Result<Receipt, Problem> {
        let shares: Vec<i64> = self.lines.iter().map(ReceiptLine::total).collect();
        self.over(customer, &shares, amount)
    }

    /// The receipt over a share of each line.
    fn over(&self, customer: Customer, shares: &[i64], amount: Money) -> Result<Receipt, Problem> {
        let shares = self.lines.iter().zip(shares).filter(|(_, share)| **share > 0);
        let items: Option<Vec<Item>> =
            shares.map(|(line, share)| line.item(*share, amount.currency())).collect();
        let items = items.ok_or_else(|| Problem::internal("a line of a receipt is out of range"))?;
        Receipt::new(customer, items, self.tax_system, amount)
    }

    /// The share of each line in a refund of `amount` beside `refunds`: in proportion to what those have left of it, by the largest remainder. So all
    /// shares of a line add up to its total once everything is refunded. None when less is left than `amount`.
    fn shares(&self, refunds: &[Refund], amount: i64) -> Vec<i64> {
        let mut left: Vec<i64> = self.lines.iter().map(ReceiptLine::total).collect();
        for refund in refunds.iter().filter(|refund| refund.status != RefundStatus::Failed) {
            for (left, taken) in left.iter_mut().zip(&refund.receipt) {
                *left = left.saturating_sub(*taken);
            }
        }
        in_proportion(&left, amount).unwrap_or_default()
    }
}

/// Divides `amount` in proportion to `parts`, by the largest remainder and the first of equal ones; none gets more than its part. `None` when `amount`
/// is more than they are together.
fn in_proportion(parts: &[i64], amount: i64) -> Option<Vec<i64>> {
    let all: i128 = parts.iter().map(|part| i128::from(*part)).sum();
    if amount <= 0 || i128::from(amount) > all {
        return None;
    }
    let exact = |part: i64| i128::from(part) * i128::from(amount);
    let mut shares: Vec<i64> =
        parts.iter().map(|part| i64::try_from(exact(*part) / all).ok()).collect::<Option<_>>()?;
    let missing = usize::try_from(amount - shares.iter().sum::<i64>()).ok()?;
    let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
    by_remainder.sort_by_key(|index| std::cmp::Reverse(exact(parts[*index]) % all));
    for index in by_remainder.into_iter().take(missing) {
        shares[index] += 1;
    }
    Some(shares)
}

impl Payment {
    /// The receipt of the request to begin it.
    pub(super) fn start_receipt(&self) -> Option<Receipt> {
        let customer = self.asked.as_ref()?.customer.clone()?;
        self.receipt.as_ref()?.of_payment(customer, self.amount).ok()
    }

    /// The shares of the lines that a refund of `amount` is about to take; none without receipts, or where another amount came than was asked for.
    pub(super) fn refund_shares(&self, amount: i64) -> Vec<i64> {
        self.receipt.as_ref().map(|receipt| receipt.shares(self.refunds(), amount)).unwrap_or_default()
    }

    /// The receipt of `refund`, which is one of its own.
    pub fn refund_receipt(&self, refund: &Refund) -> Option<Receipt> {
        let receipt = self.receipt.as_ref().filter(|_| !refund.receipt.is_empty())?;
        let amount = Money::new(refund.amount, self.amount.currency())?;
        receipt.over(receipt.refund_customer.clone()?, &refund.receipt, amount).ok()
    }

    /// True when a pending refund has a receipt whose recipient is not stored yet.
    pub fn needs_refund_customer(&self) -> bool {
        let pending = |refund: &Refund| refund.is_pending() && !refund.receipt.is_empty();
        self.receipt.as_ref().is_some_and(|receipt| receipt.refund_customer.is_none())
            && self.refunds().iter().any(pending)
    }

    /// The payment with the recipient of its refunds' receipts, for as long as a refund is pending: repeats of a request have to be the same. An
    /// annotation.
    #[must_use]
    pub fn with_refund_customer(mut self, customer: Customer) -> Self {
        if let Some(receipt) = &mut self.receipt {
            receipt.refund_customer = Some(customer);
        }
        self
    }

    /// Forgets the recipient of refunds' receipts once no refund is pending.
    pub(super) fn forget_refund_customer(&mut self) {
        let is_pending =
            matches!(&self.state, State::Captured { refunds, .. } if refunds.iter().any(Refund::is_pending));
        if let Some(receipt) = self.receipt.as_mut().filter(|_| !is_pending) {
            receipt.refund_customer = None;
        }
    }
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
