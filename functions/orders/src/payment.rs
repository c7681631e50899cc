//! The order's view of its payment. The payment itself belongs to the payments context.

use kernel::PaymentId;
use serde::{Deserialize, Serialize};

/// What has become of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The provider has not decided yet.
    Pending,
    /// The money is ours.
    Succeeded,
    /// There will be no money.
    Failed,
    /// The money came when the order could no longer be had, and is on its way back.
    Refunding,
    /// The money went back.
    Refunded,
}

impl PaymentStatus {
    /// The name that clients see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
        }
    }
}

/// What an order shows of its payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSummary {
    /// The payment.
    pub payment_id: PaymentId,
    /// What has become of it.
    pub status: PaymentStatus,
    /// Where the customer pays, while that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_url: Option<String>,
}
