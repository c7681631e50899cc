//! The order's view of its payment. The payment itself belongs to the payments context.

use kernel::PaymentId;
use serde::{Deserialize, Serialize};

/// The status of an order's payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The provider has not decided yet.
    Pending,
    /// The payment succeeded.
    Succeeded,
    /// The payment failed or was cancelled.
    Failed,
    /// The payment succeeded when the order could no longer be fulfilled, and is being refunded.
    Refunding,
    /// The payment was refunded.
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

/// The order's summary of its payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSummary {
    /// The payment.
    pub payment_id: PaymentId,
    /// The status.
    pub status: PaymentStatus,
    /// The page at which the customer pays, while the payment is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_url: Option<String>,
}
