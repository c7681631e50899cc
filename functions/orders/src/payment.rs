//! The order's view of its payment. The payment itself belongs to the payments context.

use kernel::{PaymentId, PaymentStatus};
use serde::{Deserialize, Serialize};

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
