//! The payment provider that comes with the system: it keeps its own books, and a person decides on its page.
//!
//! It stands for something outside. The rest of this crate talks to it only through [`Sandbox::start`], [`Sandbox::cancel`] and
//! [`Sandbox::refund`], and hears from it only by signed callbacks.

use kernel::ids::SandboxReference;
use kernel::{Currency, Money, OrderNumber, PaymentId, Problem};
use platform::Call;
use platform::dynamo::{Dynamo, Expression, Key, TransactError};
use serde::{Deserialize, Serialize};

use crate::method::Script;
use crate::payment::{Failure, Outcome, Payment};
use crate::store::Payments;

/// What the sandbox knows of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxStatus {
    /// Nobody has decided.
    Pending,
    /// The customer paid.
    Paid,
    /// The payment was refused.
    Declined,
    /// The shop no longer wants it.
    Cancelled,
    /// The money went back.
    Refunded,
}

/// An entry of the sandbox's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxPayment {
    /// The sandbox's own id.
    pub reference: SandboxReference,
    /// The shop's payment.
    pub payment_id: PaymentId,
    /// What the page shows as the purpose.
    pub order_number: OrderNumber,
    /// Minor units.
    pub amount: i64,
    /// Of which currency.
    pub currency: Currency,
    /// What became of it.
    pub status: SandboxStatus,
}

impl SandboxPayment {
    /// The amount for people to read.
    pub fn money(&self) -> Option<Money> {
        Money::new(self.amount, self.currency)
    }
}

/// How a payment began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// The customer has to decide on the page.
    Pending(SandboxReference),
    /// It was decided at once.
    Decided(Outcome),
}

/// What a person decides on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// To pay.
    Pay,
    /// Not to.
    Decline,
}

impl Decision {
    /// The name that the page's form sends.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Decline => "decline",
        }
    }
}

/// The sandbox's books are no longer as they were read.
struct Moved;

/// The provider.
#[derive(Clone)]
pub struct Sandbox {
    dynamo: Dynamo,
    books: Payments,
}

/// The sandbox's own id of a payment. As hard to guess as the payment's id, which is random.
pub fn reference(id: PaymentId) -> SandboxReference {
    SandboxReference::derived(&format!("sandbox/{id}"))
}

impl Sandbox {
    /// The provider, with its books beside the payments.
    pub fn new(dynamo: Dynamo, books: Payments) -> Self {
        Self { dynamo, books }
    }

    /// Begins a payment. Beginning the same one again finds it as it is.
    pub async fn start(
        &self,
        call: &Call,
        payment: &Payment,
        number: OrderNumber,
    ) -> Result<Started, Problem> {
        let reference = reference(payment.id);
        let status = match payment.method.script() {
            Script::Success => SandboxStatus::Paid,
            Script::Declined => SandboxStatus::Declined,
            Script::Pending => SandboxStatus::Pending,
        };
        let entry = SandboxPayment {
            reference,
            payment_id: payment.id,
            order_number: number,
            amount: payment.amount.amount(),
            currency: payment.amount.currency(),
            status,
        };
        let put = self.books.table.put_new(&key(reference), &entry, Moved)?;
        let known = match self.dynamo.transact(call, vec![put]).await {
            Ok(()) => entry,
            Err(TransactError::Refused(_)) => self.find(reference).await?.unwrap_or(entry),
            Err(TransactError::Failed(problem)) => return Err(problem),
        };
        Ok(match known.status {
            SandboxStatus::Pending => Started::Pending(reference),
            SandboxStatus::Paid | SandboxStatus::Refunded => Started::Decided(Outcome::Succeeded),
            SandboxStatus::Declined => Started::Decided(Outcome::Failed(declined())),
            SandboxStatus::Cancelled => Started::Decided(Outcome::Failed(Failure::default())),
        })
    }

    /// The entry with this reference.
    pub async fn find(&self, reference: SandboxReference) -> Result<Option<SandboxPayment>, Problem> {
        self.books.table.get(&key(reference)).await
    }

    /// Writes down what a person decided, and answers the entry as it is now: the first decision stands.
    pub async fn decide(
        &self,
        call: &Call,
        reference: SandboxReference,
        decision: Decision,
    ) -> Result<Option<SandboxPayment>, Problem> {
        let status = match decision {
            Decision::Pay => SandboxStatus::Paid,
            Decision::Decline => SandboxStatus::Declined,
        };
        self.turn(call, reference, SandboxStatus::Pending, status).await?;
        self.find(reference).await
    }

    /// Closes a payment that nobody has decided. One that was decided stays: its callback is on the way.
    pub async fn cancel(&self, call: &Call, id: PaymentId) -> Result<(), Problem> {
        self.turn(call, reference(id), SandboxStatus::Pending, SandboxStatus::Cancelled).await
    }

    /// Sends the money of a paid payment back. Asking again changes nothing.
    pub async fn refund(&self, call: &Call, id: PaymentId) -> Result<(), Problem> {
        self.turn(call, reference(id), SandboxStatus::Paid, SandboxStatus::Refunded).await?;
        match self.find(reference(id)).await?.map(|entry| entry.status) {
            Some(SandboxStatus::Refunded) => Ok(()),
            other => Err(Problem::unavailable(format!("the sandbox did not refund: {other:?}"))),
        }
    }

    /// Turns an entry from one status to another; where it has another one already, it keeps that.
    async fn turn(
        &self,
        call: &Call,
        reference: SandboxReference,
        from: SandboxStatus,
        to: SandboxStatus,
    ) -> Result<(), Problem> {
        let change = Expression::update("SET #status = :to")
            .when("#status = :from")
            .name("#status", "status")
            .value(":to", to)?
            .value(":from", from)?;
        let write = self.books.table.update(&key(reference), change, Moved)?;
        match self.dynamo.transact(call, vec![write]).await {
            Ok(()) | Err(TransactError::Refused(_)) => Ok(()),
            Err(TransactError::Failed(problem)) => Err(problem),
        }
    }
}

/// Why the sandbox says a payment was refused.
pub fn declined() -> Failure {
    Failure {
        code: Some("card_declined".to_owned()),
        message: Some("The payment was declined in the sandbox.".to_owned()),
    }
}

fn key(reference: SandboxReference) -> Key {
    Key::new(format!("SANDBOX#{reference}"), "SANDBOX")
}
