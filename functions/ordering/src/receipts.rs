//! The receipts (54-FZ) of an order's payment and refunds: their lines, and the person whom they are sent to.

use std::str::FromStr;

use identity::contacts::Contacts;
use kernel::contact::{Contact, Email, Phone};
use kernel::{Money, Problem, Quantity, UserId};
use orders::Order;
use orders::draft::MAX_ORDER_LINES;
use payments::payment::receipt::{PaymentReceipt, ReceiptLine, Subject};
use payments::providers::ProviderKind;
use payments::receipt::{Customer, MAX_RECEIPT_ITEMS, TaxSystem, VatCode};
use platform::{Init, InitError};

/// The currency of receipts: the law knows no other.
const CURRENCY: &str = "RUB";
/// The name of the line for delivery, in the language that the law asks for.
const DELIVERY: &str = "Доставка";

// There is room for two lines for each of an order, and the delivery.
const _: () = assert!(2 * MAX_ORDER_LINES < MAX_RECEIPT_ITEMS);

/// The merchant's receipts, where they are sent.
#[derive(Clone)]
pub(crate) struct Receipts {
    contacts: Contacts,
    terms: ReceiptTerms,
}

/// The merchant's codes on receipts.
#[derive(Debug, Clone, Copy)]
struct ReceiptTerms {
    tax_system: Option<TaxSystem>,
    /// The code of lines whose tax rate has none.
    default_vat: VatCode,
}

impl Receipts {
    /// `None` unless `SEND_RECEIPTS` is true and the provider takes receipts. Needs the environment variables of [`Contacts`] then.
    pub(crate) async fn connect(init: &Init) -> Result<Option<Self>, InitError> {
        if !init.optional("SEND_RECEIPTS", false)? || ProviderKind::from_init(init)? != ProviderKind::YooKassa
        {
            return Ok(None);
        }
        let tax_system = init.optional("RECEIPT_TAX_SYSTEM", Optional(None))?.0;
        let default_vat = init.optional("RECEIPT_VAT_CODE", VatCode::NONE)?;
        let terms = ReceiptTerms { tax_system, default_vat };
        Ok(Some(Self { contacts: Contacts::connect(init).await?, terms }))
    }

    /// The recipient of receipts: the order's `contact`, or else what the account has verified. `None` where there is neither.
    pub(crate) async fn customer(
        &self,
        contact: Option<&Contact>,
        account: UserId,
    ) -> Result<Option<Customer>, Problem> {
        if let Some(customer) =
            contact.and_then(|contact| customer(contact.email.as_ref(), contact.phone.as_ref()))
        {
            return Ok(Some(customer));
        }
        let account = self.contacts.find(account).await?;
        Ok(account.and_then(|account| {
            let email = account.email.filter(|_| account.email_verified);
            let phone = account.phone.filter(|_| account.phone_verified);
            customer(email.as_ref(), phone.as_ref())
        }))
    }

    /// The receipt of a payment of `order`.
    pub(crate) fn of(&self, order: &Order) -> PaymentReceipt {
        self.terms.receipt(order)
    }
}

/// A setting that may be left out.
struct Optional(Option<TaxSystem>);

impl FromStr for Optional {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(|code| Self(Some(code)))
    }
}

/// True when a payment of `total` has a receipt.
pub(crate) fn has_receipt(total: Money) -> bool {
    total.currency().code() == CURRENCY && total.amount() > 0
}

/// The recipient with this address and number, if there is one of them. The provider takes a number as digits.
fn customer(email: Option<&Email>, phone: Option<&Phone>) -> Option<Customer> {
    let email = email.map(|email| email.as_str().to_owned());
    let phone = phone.map(|phone| phone.as_str().trim_start_matches('+').to_owned());
    (email.is_some() || phone.is_some()).then(|| Customer { email, phone, ..Customer::default() })
}

impl ReceiptTerms {
    fn receipt(self, order: &Order) -> PaymentReceipt {
        PaymentReceipt { lines: self.lines(order), tax_system: self.tax_system, refund_customer: None }
    }

    /// The lines as they are paid, after discounts and with tax, and the delivery.
    fn lines(self, order: &Order) -> Vec<ReceiptLine> {
        let priced = order.pricing.as_ref().map(|pricing| &pricing.priced);
        let goods = order.lines.iter().enumerate().flat_map(|(index, line)| {
            let paid = priced.and_then(|priced| priced.lines.get(index));
            let total =
                paid.map_or_else(|| line.unit_price * i64::from(line.quantity.get()), |paid| paid.total);
            let vat = self.vat(paid.and_then(|paid| paid.receipt_vat_code));
            let name = if line.name.is_empty() { line.sku.as_str() } else { &line.name };
            ReceiptLine::split(name, line.quantity, total, vat, Subject::Commodity)
        });
        let delivery = priced.and_then(|priced| priced.shipping.as_ref()).into_iter().flat_map(|shipping| {
            let vat = self.vat(shipping.receipt_vat_code);
            ReceiptLine::split(DELIVERY, Quantity::ONE, shipping.total, vat, Subject::Service)
        });
        goods.chain(delivery).collect()
    }

    fn vat(self, code: Option<u8>) -> VatCode {
        code.and_then(VatCode::new).unwrap_or(self.default_vat)
    }
}

#[cfg(test)]
#[path = "receipts_tests.rs"]
mod tests;
