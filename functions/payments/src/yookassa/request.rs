//! The requests to the provider. Pure.
//!
//! The same request has to be the same bytes every time: the provider refuses a known key with another body. So nothing in here may depend on the
//! clock, on randomness or on the order of a map.

use kernel::{Money, OrderNumber, PaymentId};
use serde::Serialize;

use crate::method::Instrument;
use crate::provider::{Capture, Refund, Start};
use crate::receipt::{Customer, Item, MAX_ITEM_DESCRIPTION, Receipt};

/// `{"value": "100.00", "currency": "RUB"}`.
#[derive(Serialize)]
pub(super) struct AmountBody {
    value: String,
    currency: &'static str,
}

impl AmountBody {
    pub(super) fn of(money: Money) -> Self {
        Self { value: money.decimal(), currency: money.currency().code() }
    }
}

/// `POST /payments`.
#[derive(Serialize)]
pub(super) struct StartBody<'a> {
    amount: AmountBody,
    capture: bool,
    confirmation: Confirmation<'a>,
    description: &'a str,
    metadata: Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method_data: Option<MethodData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptBody<'a>>,
}

/// The way in which the payer confirms.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Confirmation<'a> {
    /// On the provider's page, which returns them here.
    Redirect { return_url: &'a str },
    /// On their phone.
    External,
}

/// The metadata that the provider stores for us: it returns these members with the payment, to any client.
#[derive(Serialize)]
struct Metadata {
    payment_id: PaymentId,
    order_number: MetadataNumber,
}

/// Metadata values are strings.
struct MetadataNumber(OrderNumber);

impl Serialize for MetadataNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum MethodData<'a> {
    MobileBalance { phone: &'a str },
}

impl<'a> StartBody<'a> {
    pub(super) fn of(start: &'a Start) -> Self {
        let redirect = Confirmation::Redirect { return_url: &start.return_url };
        let (confirmation, payment_method_data, payment_token) = match &start.instrument {
            Instrument::Page => (redirect, None, None),
            Instrument::Card(token) => (redirect, None, Some(token.as_str())),
            Instrument::Phone(phone) => {
                (Confirmation::External, Some(MethodData::MobileBalance { phone: phone.digits() }), None)
            }
        };
        Self {
            amount: AmountBody::of(start.amount),
            capture: start.capture == Capture::AtOnce,
            confirmation,
            description: start.description.as_str(),
            metadata: Metadata {
                payment_id: start.payment_id,
                order_number: MetadataNumber(start.order_number),
            },
            payment_method_data,
            payment_token,
            receipt: start.receipt.as_ref().map(ReceiptBody::of),
        }
    }
}

/// `POST /payments/{id}/capture`.
#[derive(Serialize)]
pub(super) struct CaptureBody {
    pub(super) amount: AmountBody,
}

/// `POST /payments/{id}/cancel` takes an empty object.
#[derive(Serialize)]
pub(super) struct Nothing {}

/// `POST /refunds`.
#[derive(Serialize)]
pub(super) struct RefundRequest<'a> {
    payment_id: String,
    amount: AmountBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptBody<'a>>,
}

impl<'a> RefundRequest<'a> {
    pub(super) fn of(refund: &'a Refund) -> Self {
        Self {
            payment_id: refund.payment.to_string(),
            amount: AmountBody::of(refund.amount),
            receipt: refund.receipt.as_ref().map(ReceiptBody::of),
        }
    }
}

#[derive(Serialize)]
struct ReceiptBody<'a> {
    customer: CustomerBody<'a>,
    items: Vec<ItemBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_system_code: Option<u8>,
}

#[derive(Serialize)]
struct CustomerBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
}

#[derive(Serialize)]
struct ItemBody<'a> {
    description: String,
    quantity: String,
    amount: AmountBody,
    vat_code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_mode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measure: Option<&'a str>,
}

impl<'a> ReceiptBody<'a> {
    fn of(receipt: &'a Receipt) -> Self {
        Self {
            customer: CustomerBody::of(receipt.customer()),
            items: receipt.items().iter().map(ItemBody::of).collect(),
            tax_system_code: receipt.tax_system().map(crate::receipt::TaxSystem::get),
        }
    }
}

impl<'a> CustomerBody<'a> {
    fn of(customer: &'a Customer) -> Self {
        Self {
            full_name: customer.full_name.as_deref(),
            inn: customer.inn.as_deref(),
            email: customer.email.as_deref(),
            phone: customer.phone.as_deref(),
        }
    }
}

impl<'a> ItemBody<'a> {
    fn of(item: &'a Item) -> Self {
        Self {
            description: item.description.chars().take(MAX_ITEM_DESCRIPTION).collect(),
            quantity: format!("{}.00", item.quantity.get()),
            amount: AmountBody::of(item.price),
            vat_code: item.vat.get(),
            payment_subject: item.subject.as_deref(),
            payment_mode: item.mode.as_deref(),
            measure: item.measure.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Quantity, RefundId};
    use serde_json::{Value, json};

    use super::*;
    use crate::method::{CardToken, PhoneNumber};
    use crate::payment::receipt::{PaymentReceipt, ReceiptLine, Subject};
    use crate::payment::tests::{at, begun_with};
    use crate::provider::{Description, PaymentReference};
    use crate::receipt::{TaxSystem, VatCode};

    fn roubles(amount: i64) -> Money {
        Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
    }

    fn start(instrument: Instrument) -> Start {
        Start {
            payment_id: "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap(),
            order_number: OrderNumber::try_from(42).unwrap(),
            amount: roubles(10_000),
            description: Description::new("Order 42"),
            instrument,
            return_url: "https://shop.example/back".to_owned(),
            capture: Capture::AtOnce,
            receipt: None,
        }
    }

    fn sent(start: &Start) -> Value {
        serde_json::to_value(StartBody::of(start)).unwrap()
    }

    #[test]
    fn a_payment_on_the_page() {
        let body = json!({
            "amount": {"value": "100.00", "currency": "RUB"},
            "capture": true,
            "confirmation": {"type": "redirect", "return_url": "https://shop.example/back"},
            "description": "Order 42",
            "metadata": {"payment_id": "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0", "order_number": "42"},
        });
        assert_eq!(sent(&start(Instrument::Page)), body);
    }

    #[test]
    fn a_card_is_a_token_and_a_phone_agrees_elsewhere() {
        let card = sent(&start(Instrument::Card(CardToken::parse("+u7PDjMTkf08").unwrap())));
        assert_eq!(card["payment_token"], "+u7PDjMTkf08");
        assert_eq!(card["confirmation"]["type"], "redirect");
        let phone = sent(&start(Instrument::Phone(PhoneNumber::parse("+7 999 123-45-60").unwrap())));
        assert_eq!(phone["payment_method_data"], json!({"type": "mobile_balance", "phone": "79991234560"}));
        assert_eq!(phone["confirmation"], json!({"type": "external"}));
    }

    #[test]
    fn money_can_be_set_aside_first() {
        let two_steps = Start { capture: Capture::InTwoSteps, ..start(Instrument::Page) };
        assert_eq!(sent(&two_steps)["capture"], false);
    }

    #[test]
    fn a_receipt_goes_along() {
        let customer = Customer { email: Some("a@example.com".to_owned()), ..Customer::default() };
        let item = Item {
            description: "x".repeat(200),
            quantity: Quantity::new(2).unwrap(),
            price: roubles(5_000),
            vat: VatCode::new(4).unwrap(),
            subject: Some("commodity".to_owned()),
            mode: Some("full_payment".to_owned()),
            measure: None,
        };
        let receipt = Receipt::new(customer, vec![item], TaxSystem::new(1), roubles(10_000)).unwrap();
        let refund = Refund {
            refund_id: RefundId::derived("r"),
            payment: PaymentReference::try_from("22e12f66-000f-5000-8000-18db351245c7".to_owned()).unwrap(),
            amount: roubles(10_000),
            receipt: Some(receipt),
        };
        let body = json!({
            "payment_id": "22e12f66-000f-5000-8000-18db351245c7",
            "amount": {"value": "100.00", "currency": "RUB"},
            "receipt": {
                "customer": {"email": "a@example.com"},
                "items": [{
                    "description": "x".repeat(128),
                    "quantity": "2.00",
                    "amount": {"value": "50.00", "currency": "RUB"},
                    "vat_code": 4,
                    "payment_subject": "commodity",
                    "payment_mode": "full_payment",
                }],
                "tax_system_code": 1,
            },
        });
        assert_eq!(serde_json::to_value(RefundRequest::of(&refund)).unwrap(), body);
    }

    /// The requests that YooKassa's own SDK reads in `tests/api/receipts.py`.
    #[test]
    fn receipts_are_those_that_the_sdk_takes() {
        let line = |name: &str, quantity, total, vat, subject| {
            let quantity = Quantity::new(quantity).unwrap();
            ReceiptLine::split(name, quantity, total, VatCode::new(vat).unwrap(), subject)
        };
        let lines = [
            line("Чай", 3, 1_100, 3, Subject::Commodity),
            line("Чашка", 1, 70, 1, Subject::Commodity),
            line("Доставка", 1, 300, 11, Subject::Service),
        ];
        let customer = Customer {
            email: Some("anna@example.com".to_owned()),
            phone: Some("79991234567".to_owned()),
            ..Customer::default()
        };
        let receipt =
            PaymentReceipt { lines: lines.concat(), tax_system: TaxSystem::new(1), refund_customer: None };
        let (payment, total) = (begun_with(receipt.clone(), customer.clone()), roubles(1_470));
        let start =
            Start { amount: total, receipt: payment.start().unwrap().receipt, ..start(Instrument::Page) };
        same(&sent(&start), include_str!("../../../../tests/api/receipts/payment.json"));
        let paid = payment.succeed(total, at(1)).unwrap().unwrap().payment;
        let id = RefundId::derived("r");
        let refund = |amount| {
            let payment = paid.clone().request_refund(id, amount, at(2)).unwrap().payment;
            let payment = payment.with_refund_customer(customer.clone());
            let refund = Refund {
                refund_id: id,
                payment: PaymentReference::try_from("22e12f66-000f-5000-8000-18db351245c7".to_owned())
                    .unwrap(),
                amount: roubles(amount),
                receipt: payment.refund_receipt(payment.refund(id).unwrap()),
            };
            serde_json::to_value(RefundRequest::of(&refund)).unwrap()
        };
        same(&refund(1_470), include_str!("../../../../tests/api/receipts/refund.json"));
        same(&refund(500), include_str!("../../../../tests/api/receipts/partial_refund.json"));
    }

    fn same(rendered: &Value, file: &str) {
        assert_eq!(*rendered, serde_json::from_str::<Value>(file).unwrap());
    }
}
