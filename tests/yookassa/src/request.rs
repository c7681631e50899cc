//! Bodies of requests, checked as the provider checks them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::amount::Amount;
use crate::refusal::Refusal;

const MAX_DESCRIPTION: usize = 128;
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
    pub(crate) receipt: Option<Receipt>,
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
    pub(crate) receipt: Option<Receipt>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Receipt {
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
    #[serde(rename = "payment_subject")]
    _payment_subject: Option<String>,
    #[serde(rename = "payment_mode")]
    _payment_mode: Option<String>,
    #[serde(rename = "measure")]
    _measure: Option<String>,
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
        if let Some(receipt) = &self.receipt {
            receipt.check(&self.amount)?;
        }
        Ok(())
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
        self.receipt.as_ref().map_or(Ok(()), |receipt| receipt.check(&self.amount))
    }
}

impl Receipt {
    fn check(&self, total: &Amount) -> Result<(), Refusal> {
        if self.customer.email.is_none() && self.customer.phone.is_none() {
            return Err(Refusal::of("receipt.customer", "Needs an email or a phone"));
        }
        if self.tax_system_code.is_some_and(|code| !(1..=6).contains(&code)) {
            return Err(Refusal::of("receipt.tax_system_code", "Unknown"));
        }
        let mut sum = 0;
        for item in &self.items {
            let quantity = item.quantity.strip_suffix(".00").unwrap_or(&item.quantity);
            let Ok(quantity) = quantity.parse::<u64>() else {
                return Err(Refusal::of("receipt.items.quantity", "Must be a number"));
            };
            if !(1..=128).contains(&item.description.chars().count()) || !(1..=12).contains(&item.vat_code) {
                return Err(Refusal::of("receipt.items", "Description or tax code"));
            }
            sum += quantity * item.amount.hundredths;
        }
        let adds_up = (1..=100).contains(&self.items.len()) && sum == total.hundredths;
        if adds_up { Ok(()) } else { Err(Refusal::of("receipt.items", "Must add up to the amount")) }
    }
}
