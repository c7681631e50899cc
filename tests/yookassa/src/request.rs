//! Bodies of requests, checked as the provider checks them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::amount::Amount;
use crate::refusal::Refusal;

const MAX_DESCRIPTION: usize = 128;
/// The most lines of a receipt for a register of the merchant's (yookassa.ru/developers/api, `receipt.items`).
const MAX_ITEMS: usize = 100;
/// The longest name of a line, in characters.
const MAX_ITEM_DESCRIPTION: usize = 128;
/// The decimals of a quantity that registers take.
const QUANTITY_DECIMALS: usize = 3;
/// The ways of payment, and of the subjects and units those that a shop of parcels needs
/// (yookassa.ru/developers/payment-acceptance/receipts/54fz/parameters-values).
const PAYMENT_MODES: [&str; 7] = [
    "full_prepayment",
    "partial_prepayment",
    "advance",
    "full_payment",
    "partial_payment",
    "credit",
    "credit_payment",
];
const PAYMENT_SUBJECTS: [&str; 7] =
    ["commodity", "excise", "job", "service", "payment", "composite", "another"];
const MEASURES: [&str; 4] = ["piece", "gram", "kilogram", "liter"];
const MAX_METADATA: usize = 16;
const MAX_METADATA_NAME: usize = 32;
const MAX_METADATA_VALUE: usize = 512;

/// `POST /payments`. A member that the provider does not know is refused here, so that a misspelled one does not go unnoticed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartRequest {
    pub(crate) amount: Amount,
    #[serde(default)]
    pub(crate) capture: bool,
    pub(crate) confirmation: Option<Confirmation>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) payment_method_data: Option<MethodData>,
    pub(crate) payment_token: Option<String>,
    pub(crate) receipt: Option<Value>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Confirmation {
    Redirect { return_url: String },
    External,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum MethodData {
    BankCard,
    MobileBalance { phone: String },
}

/// `POST /payments/{id}/capture`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaptureRequest {
    pub(crate) amount: Option<Amount>,
}

/// `POST /payments/{id}/cancel`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelRequest {}

/// `POST /refunds`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundRequest {
    pub(crate) payment_id: String,
    pub(crate) amount: Amount,
    pub(crate) receipt: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipt {
    customer: Customer,
    items: Vec<Item>,
    tax_system_code: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Customer {
    #[serde(rename = "full_name")]
    _full_name: Option<String>,
    #[serde(rename = "inn")]
    _inn: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    description: String,
    quantity: String,
    amount: Amount,
    vat_code: u8,
    payment_subject: Option<String>,
    payment_mode: Option<String>,
    measure: Option<String>,
}

/// Reads a body.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::of("body", error.to_string()))
}

impl StartRequest {
    /// What the types do not say.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        if self.description.as_ref().is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
            return Err(Refusal::of("description", "Too long"));
        }
        self.check_metadata()?;
        match (&self.confirmation, &self.payment_method_data) {
            (Some(Confirmation::External), Some(MethodData::MobileBalance { phone })) => {
                if !phone.bytes().all(|byte| byte.is_ascii_digit()) || phone.len() < 10 {
                    return Err(Refusal::of("payment_method_data.phone", "Must be digits"));
                }
            }
            (Some(Confirmation::Redirect { return_url }), None | Some(MethodData::BankCard)) => {
                if !return_url.starts_with("http") {
                    return Err(Refusal::of("confirmation.return_url", "Must be an address"));
                }
            }
            _ => return Err(Refusal::of("confirmation", "Does not go with the method")),
        }
        check_receipt(self.receipt.as_ref(), &self.amount)
    }

    fn check_metadata(&self) -> Result<(), Refusal> {
        let Some(metadata) = &self.metadata else { return Ok(()) };
        let fits = metadata.len() <= MAX_METADATA
            && metadata.iter().all(|(name, value)| {
                let value = value.as_str().map(|text| text.chars().count());
                name.len() <= MAX_METADATA_NAME && value.is_some_and(|length| length <= MAX_METADATA_VALUE)
            });
        if fits { Ok(()) } else { Err(Refusal::of("metadata", "Too many, too long, or not text")) }
    }
}

impl RefundRequest {
    /// What the types do not say.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        check_receipt(self.receipt.as_ref(), &self.amount)
    }
}

fn check_receipt(receipt: Option<&Value>, total: &Amount) -> Result<(), Refusal> {
    let Some(receipt) = receipt else { return Ok(()) };
    let receipt = Receipt::deserialize(receipt).map_err(|error| Refusal::of("receipt", error.to_string()))?;
    receipt.check(total)
}

impl Receipt {
    fn check(&self, total: &Amount) -> Result<(), Refusal> {
        self.customer.check()?;
        if self.tax_system_code.is_some_and(|code| !(1..=6).contains(&code)) {
            return Err(Refusal::of("receipt.tax_system_code", "Unknown"));
        }
        if !(1..=MAX_ITEMS).contains(&self.items.len()) {
            return Err(Refusal::of("receipt.items", "Too few or too many"));
        }
        let mut thousandths: u128 = 0;
        for item in &self.items {
            if item.amount.currency != total.currency {
                return Err(Refusal::of("receipt.items.amount.currency", "Differs from the amount's"));
            }
            thousandths += u128::from(item.check()?) * u128::from(item.amount.hundredths);
        }
        if thousandths == u128::from(total.hundredths) * 1_000 {
            Ok(())
        } else {
            Err(Refusal::of("receipt.items", "Must add up to the amount"))
        }
    }
}

impl Customer {
    fn check(&self) -> Result<(), Refusal> {
        let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        if !filled(&self.email) && !filled(&self.phone) {
            return Err(Refusal::of("receipt.customer", "Needs an email or a phone"));
        }
        if self.email.as_ref().is_some_and(|email| !email.contains('@')) {
            return Err(Refusal::of("receipt.customer.email", "Must be an address"));
        }
        let digits = |phone: &String| phone.bytes().all(|byte| byte.is_ascii_digit());
        if self.phone.as_ref().is_some_and(|phone| !digits(phone)) {
            return Err(Refusal::of("receipt.customer.phone", "Must be digits"));
        }
        Ok(())
    }
}

impl Item {
    /// The quantity in thousandths, of a line that is right by itself.
    fn check(&self) -> Result<u64, Refusal> {
        let known = |value: &Option<String>, values: &[&str]| {
            value.as_ref().is_none_or(|value| values.contains(&value.as_str()))
        };
        if !(1..=MAX_ITEM_DESCRIPTION).contains(&self.description.chars().count()) {
            return Err(Refusal::of("receipt.items.description", "Must be 1 to 128 characters"));
        }
        if !(1..=12).contains(&self.vat_code) {
            return Err(Refusal::of("receipt.items.vat_code", "Unknown"));
        }
        if !known(&self.payment_mode, &PAYMENT_MODES) {
            return Err(Refusal::of("receipt.items.payment_mode", "Unknown"));
        }
        if !known(&self.payment_subject, &PAYMENT_SUBJECTS) {
            return Err(Refusal::of("receipt.items.payment_subject", "Unknown"));
        }
        if !known(&self.measure, &MEASURES) {
            return Err(Refusal::of("receipt.items.measure", "Unknown"));
        }
        let quantity = thousandths(&self.quantity).filter(|quantity| *quantity > 0);
        quantity.ok_or_else(|| Refusal::of("receipt.items.quantity", "Must be more than nothing"))
    }
}

/// Reads a quantity such as `2.00`.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > QUANTITY_DECIMALS || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<QUANTITY_DECIMALS$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A refund over 10 roubles with a receipt, some of which is replaced; the member that is refused.
    fn refused(path: &str, value: &Value) -> Option<String> {
        let line = json!({
            "description": "Tea", "quantity": "2.00", "amount": {"value": "5.00", "currency": "RUB"}, "vat_code": 1,
            "payment_mode": "full_prepayment", "payment_subject": "commodity", "measure": "piece",
        });
        let mut body = json!({
            "payment_id": "p", "amount": {"value": "10.00", "currency": "RUB"},
            "receipt": {"customer": {"email": "a@example.com"}, "items": [line], "tax_system_code": 1},
        });
        *body.pointer_mut(path).unwrap() = value.clone();
        let request: RefundRequest = read(body.to_string().as_bytes()).ok().unwrap();
        request.check().err().map(|refusal| refusal.parameter().unwrap().to_owned())
    }

    #[test]
    fn a_receipt_is_refused_for_what_the_provider_refuses() {
        let line = "/receipt/items/0";
        assert_eq!(refused("/receipt/tax_system_code", &json!(6)), None);
        let items = |count: usize| {
            let one = json!({"description": "x", "quantity": "1", "amount": {"value": "0.01", "currency": "RUB"}, "vat_code": 1});
            json!(vec![one; count])
        };
        let cases = [
            ("/receipt/customer".to_owned(), json!({"full_name": "Anna"}), "receipt.customer"),
            ("/receipt/customer".to_owned(), json!({"email": ""}), "receipt.customer"),
            ("/receipt/customer".to_owned(), json!({"phone": "+79991234567"}), "receipt.customer.phone"),
            ("/receipt/tax_system_code".to_owned(), json!(7), "receipt.tax_system_code"),
            ("/receipt/items".to_owned(), json!([]), "receipt.items"),
            ("/receipt/items".to_owned(), items(101), "receipt.items"),
            ("/receipt/items".to_owned(), items(100), "receipt.items"),
            ("/amount/value".to_owned(), json!("10.01"), "receipt.items"),
            (format!("{line}/quantity"), json!("0.00"), "receipt.items.quantity"),
            (format!("{line}/quantity"), json!("-2"), "receipt.items.quantity"),
            (format!("{line}/description"), json!("x".repeat(129)), "receipt.items.description"),
            (format!("{line}/description"), json!(""), "receipt.items.description"),
            (format!("{line}/vat_code"), json!(13), "receipt.items.vat_code"),
            (format!("{line}/payment_mode"), json!("later"), "receipt.items.payment_mode"),
            (format!("{line}/payment_subject"), json!("tea"), "receipt.items.payment_subject"),
            (format!("{line}/measure"), json!("cup"), "receipt.items.measure"),
        ];
        for (path, value, parameter) in cases {
            assert_eq!(refused(&path, &value).as_deref(), Some(parameter), "{path} {value}");
        }
    }
}
