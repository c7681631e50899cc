//! The status of an order's payment, which the order and the payment both have.

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
