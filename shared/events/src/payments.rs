//! Events of payments and refunds. The aggregate is `payment/<id>`.
//!
//! The members described here are promised; there may be more.

use schemars::JsonSchema;

use crate::shapes::{Amount, Currency, Id, OrderNumber};

/// Something happened to a payment.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct Payment {
    /// Which payment.
    pub payment_id: Id,
    /// For which order.
    pub order_id: Id,
    /// Whose it is.
    pub user_id: Id,
    /// What is paid.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// How it is paid.
    pub method: String,
    /// Where it is afterwards.
    pub status: String,
    /// What the provider called a failure.
    pub failure_code: Option<String>,
}

/// Something happened to a refund.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct Refund {
    /// Which refund.
    pub refund_id: Id,
    /// Of which payment.
    pub payment_id: Id,
    /// For which order.
    pub order_id: Id,
    /// What people call the order.
    pub order_number: OrderNumber,
    /// To whom the money goes back.
    pub user_id: Id,
    /// What goes back.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// What the provider called a failure.
    pub failure_code: Option<String>,
}

/// The provider reported something that is none of this shop's. The aggregate is `provider/<name>/<reference>`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct UnknownObject {
    /// Which provider.
    pub provider: String,
    /// What it calls the object.
    pub reference: String,
    /// What it said happened.
    pub event: String,
    /// Why the object is none of this shop's.
    pub reason: String,
}
