//! A receipt for the tax service (54-FZ), for merchants that send it through their payment provider. Optional everywhere.
//!
//! Codes are those of the provider's reference of receipt parameters
//! (yookassa.ru/developers/payment-acceptance/receipts/54fz/parameters-values).

use std::str::FromStr;

use kernel::{FieldError, Money, Problem, Quantity};
use serde::{Deserialize, Serialize};

/// The most lines on a receipt of a cash register of the merchant's. Receipts that `YooKassa` makes itself have at most 80
/// (yookassa.ru/developers/api, `receipt.items`).
pub const MAX_RECEIPT_ITEMS: usize = 100;
/// The longest name of a line, in characters.
pub const MAX_ITEM_DESCRIPTION: usize = 128;

/// The goods of a sale and their buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    customer: Customer,
    items: Vec<Item>,
    tax_system: Option<TaxSystem>,
}

/// The recipient of the receipt. One of email and phone is needed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Name, or the organisation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// Tax number, of 10 or 12 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inn: Option<String>,
    /// The address that the receipt is sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The number that the receipt is sent to: digits with the country's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl std::fmt::Debug for Customer {
    /// Persons do not show in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Customer(..)")
    }
}

/// A line of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The description; cut at [`MAX_ITEM_DESCRIPTION`] characters when it is sent.
    pub description: String,
    /// The quantity.
    pub quantity: Quantity,
    /// The price of one piece.
    pub price: Money,
    /// The rate of the value-added tax included.
    pub vat: VatCode,
    /// Goods, a service and so on (tag 1212), such as `commodity`.
    pub subject: Option<String>,
    /// Paid in full or in advance (tag 1214): `full_payment` or `full_prepayment`.
    pub mode: Option<String>,
    /// The unit (tag 2108), such as `piece`.
    pub measure: Option<String>,
}

/// The code of a rate of value-added tax (tag 1199).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VatCode(u8);

impl VatCode {
    /// Without value-added tax.
    pub const NONE: Self = Self(1);

    /// A code; new rates get new codes now and then, so any from 1 to 99 is passed on.
    pub fn new(code: u8) -> Option<Self> {
        (1..=99).contains(&code).then_some(Self(code))
    }

    /// The code.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl FromStr for VatCode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().ok().and_then(Self::new).ok_or("must be a number from 1 to 99")
    }
}

/// The merchant's system of taxation (tag 1055).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxSystem(u8);

impl TaxSystem {
    /// A code from 1 to 6.
    pub fn new(code: u8) -> Option<Self> {
        (1..=6).contains(&code).then_some(Self(code))
    }

    /// The code.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl FromStr for TaxSystem {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().ok().and_then(Self::new).ok_or("must be a number from 1 to 6")
    }
}

impl Receipt {
    /// A receipt over `total`, if the lines add up to it and it can be sent to someone.
    pub fn new(
        customer: Customer,
        items: Vec<Item>,
        tax_system: Option<TaxSystem>,
        total: Money,
    ) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        let mut wrong = |pointer: &str, detail: String| {
            errors.push(FieldError { pointer: pointer.to_owned(), detail });
        };
        if customer.email.is_none() && customer.phone.is_none() {
            wrong("/receipt/customer", "needs an email address or a phone number".to_owned());
        }
        if items.is_empty() || items.len() > MAX_RECEIPT_ITEMS {
            wrong("/receipt/items", format!("must be 1 to {MAX_RECEIPT_ITEMS} lines"));
        }
        let sum = items.iter().try_fold(Money::zero(total.currency()), |sum, item| {
            item.price.times(item.quantity).and_then(|line| sum.plus(line))
        });
        if sum != Some(total) {
            wrong("/receipt/items", format!("must add up to {total}"));
        }
        if errors.is_empty() {
            Ok(Self { customer, items, tax_system })
        } else {
            Err(Problem::invalid_all(errors))
        }
    }

    /// The recipient.
    pub fn customer(&self) -> &Customer {
        &self.customer
    }

    /// Its lines.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The merchant's system of taxation, where it has several.
    pub fn tax_system(&self) -> Option<TaxSystem> {
        self.tax_system
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn roubles(amount: i64) -> Money {
        Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
    }

    fn item(quantity: u32, price: i64) -> Item {
        Item {
            description: "Tea".to_owned(),
            quantity: Quantity::new(quantity).unwrap(),
            price: roubles(price),
            vat: VatCode::new(4).unwrap(),
            subject: None,
            mode: None,
            measure: None,
        }
    }

    #[test]
    fn a_receipt_adds_up_and_goes_to_someone() {
        let known = Customer { email: Some("a@example.com".to_owned()), ..Customer::default() };
        let total = roubles(700);
        let made = |customer: &Customer, items: Vec<Item>| Receipt::new(customer.clone(), items, None, total);
        assert!(made(&known, vec![item(2, 300), item(1, 100)]).is_ok());
        let cases = [
            (made(&known, vec![item(2, 300)]), vec!["/receipt/items"]),
            (made(&known, vec![]), vec!["/receipt/items", "/receipt/items"]),
            (made(&known, vec![item(1, 7); 101]), vec!["/receipt/items", "/receipt/items"]),
            (made(&Customer::default(), vec![item(1, 700)]), vec!["/receipt/customer"]),
        ];
        for (outcome, expected) in cases {
            let errors = outcome.unwrap_err().errors;
            assert_eq!(errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn codes_have_edges() {
        assert_eq!((VatCode::new(0), TaxSystem::new(0), TaxSystem::new(7)), (None, None, None));
        assert_eq!(("0".parse::<VatCode>().is_err(), "7".parse::<TaxSystem>().is_err()), (true, true));
        assert_eq!(("11".parse(), "2".parse()), (Ok(VatCode(11)), Ok(TaxSystem(2))));
        assert_eq!((VatCode::new(12).unwrap().get(), TaxSystem::new(6).unwrap().get()), (12, 6));
    }
}
