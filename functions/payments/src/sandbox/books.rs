//! The sandbox's ledger: entries beside the merchant's payments, and their changes.

use kernel::ids::SandboxReference;
use kernel::{Currency, Money, OrderNumber, PaymentId, Problem, RefundId};
use platform::InvocationContext;
use platform::dynamo::{Commit, Dynamo, Expression, FailedCondition, Key};
use serde::{Deserialize, Serialize};

use crate::store::Payments;

/// The status of a payment in the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxStatus {
    /// The call failed and had no effect: there is no such payment yet.
    Failing,
    /// The customer has not decided.
    Pending,
    /// The customer has not decided, and will pay when it is too late.
    Late,
    /// The customer paid.
    Paid,
    /// The payment was refused.
    Declined,
    /// The merchant cancelled it.
    Cancelled,
}

/// An entry of the sandbox's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxPayment {
    /// The sandbox's own id.
    pub reference: SandboxReference,
    /// The merchant's payment.
    pub payment_id: PaymentId,
    /// The purpose that the page shows.
    pub order_number: OrderNumber,
    /// The amount in minor units.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// The status.
    pub status: SandboxStatus,
    /// The refunded amount, in minor units.
    pub refunded: i64,
    /// The merchant's page that the customer returns to. Entries of earlier releases have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}

impl SandboxPayment {
    /// The amount for people to read.
    pub fn money(&self) -> Option<Money> {
        Money::new(self.amount, self.currency)
    }
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SandboxRefund {
    pub(super) reference: SandboxReference,
    pub(super) payment: SandboxReference,
    pub(super) amount: i64,
    pub(super) currency: Currency,
}

/// The result of a refund.
pub(super) enum Sent {
    /// The refund was made, now or before.
    Went,
    /// The refund exceeds the remaining amount.
    TooMuch,
}

/// The ledger has changed since it was read.
struct Superseded;

/// The sandbox's entries in the payments table.
#[derive(Clone)]
pub(super) struct Books {
    dynamo: Dynamo,
    payments: Payments,
}

/// The sandbox's own id of a payment. As hard to guess as the payment's id, which is random.
pub fn reference(id: PaymentId) -> SandboxReference {
    SandboxReference::derived(&format!("sandbox/{id}"))
}

/// The sandbox's own id of a refund.
pub(super) fn refund_reference(id: RefundId) -> SandboxReference {
    SandboxReference::derived(&format!("sandbox/refund/{id}"))
}

impl Books {
    pub(super) fn new(dynamo: Dynamo, payments: Payments) -> Self {
        Self { dynamo, payments }
    }

    pub(super) async fn find(&self, reference: SandboxReference) -> Result<Option<SandboxPayment>, Problem> {
        self.payments.table.get(&key(reference)).await
    }

    pub(super) async fn find_refund(
        &self,
        reference: SandboxReference,
    ) -> Result<Option<SandboxRefund>, Problem> {
        self.payments.table.get(&refund_key(reference)).await
    }

    /// Writes a new entry; false when there is one already.
    pub(super) async fn insert(
        &self,
        call: &InvocationContext,
        entry: &SandboxPayment,
    ) -> Result<bool, Problem> {
        let put = self.payments.table.put_new(&key(entry.reference), entry, Superseded)?;
        Ok(self.dynamo.commit(call, vec![put]).await?.is_committed())
    }

    /// Changes an entry from one status to another; an entry with any other status keeps it.
    pub(super) async fn turn(
        &self,
        call: &InvocationContext,
        reference: SandboxReference,
        from: SandboxStatus,
        to: SandboxStatus,
    ) -> Result<bool, Problem> {
        let change = Expression::update("SET #status = :to")
            .when("#status = :from")
            .name("#status", "status")
            .value(":to", to)?
            .value(":from", from)?;
        let write = self.payments.table.update(&key(reference), change, Superseded)?;
        Ok(self.dynamo.commit(call, vec![write]).await?.is_committed())
    }

    /// Refunds money of `payment`, once for each refund, and never more than was paid.
    pub(super) async fn send_back(
        &self,
        call: &InvocationContext,
        payment: &SandboxPayment,
        refund: &SandboxRefund,
    ) -> Result<Sent, Problem> {
        let table = &self.payments.table;
        let put = table.put_new(&refund_key(refund.reference), refund, Sent::Went)?;
        let change = Expression::update("SET refunded = refunded + :amount")
            .when("#status = :paid AND refunded <= :most")
            .name("#status", "status")
            .value(":paid", SandboxStatus::Paid)?
            .value(":amount", refund.amount)?
            .value(":most", payment.amount - refund.amount)?;
        let count = table.update(&key(payment.reference), change, Sent::TooMuch)?;
        match self.dynamo.commit(call, vec![put, count]).await? {
            Commit::Committed => Ok(Sent::Went),
            // A repeat may find too little left, because the refund was already made.
            Commit::Refused(refused) => Ok(gone_or_too_much(&refused)),
        }
    }
}

fn gone_or_too_much(refused: &[FailedCondition<Sent>]) -> Sent {
    let went = refused.iter().any(|one| matches!(one.reason, Sent::Went));
    if went { Sent::Went } else { Sent::TooMuch }
}

fn key(reference: SandboxReference) -> Key {
    Key::new(format!("SANDBOX#{reference}"), "SANDBOX")
}

fn refund_key(reference: SandboxReference) -> Key {
    Key::new(format!("SANDBOX-REFUND#{reference}"), "SANDBOX")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        let id: SandboxReference = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        assert_eq!(key(id), Key::new(format!("SANDBOX#{id}"), "SANDBOX"));
        assert_eq!(refund_key(id), Key::new(format!("SANDBOX-REFUND#{id}"), "SANDBOX"));
    }
}
