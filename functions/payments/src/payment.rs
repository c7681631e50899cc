//! What a payment is, and the moves it can make. Pure.

use kernel::{Money, NewEvent, OrderId, PaymentId, Problem, Timestamp, UserId};
use orders::PaymentStatus;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::method::{Instrument, Method};
use crate::provider::PaymentReference;

/// The longest failure code or message that is kept, in characters.
pub const MAX_FAILURE_TEXT: usize = 200;

/// Why a payment failed, in the provider's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// A code, such as `card_declined`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What the provider decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money is ours.
    Succeeded,
    /// There will be no money.
    Failed(Failure),
}

/// One attempt to pay an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its id; also the idempotence key that the provider gets.
    pub id: PaymentId,
    /// What it pays for.
    pub order_id: OrderId,
    /// Who pays.
    pub user_id: UserId,
    /// How much.
    pub amount: Money,
    /// How.
    pub method: Method,
    /// With what: kept only as long as the provider may have to be asked again, since it may be somebody's phone number.
    pub instrument: Option<Instrument>,
    /// The provider's id of it, once the provider has told it.
    pub reference: Option<PaymentReference>,
    /// What has become of it.
    pub status: PaymentStatus,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts its changes from 1; also the sequence of its journal.
    pub version: u64,
}

impl Payment {
    /// A payment that begins.
    pub fn begin(
        id: PaymentId,
        order_id: OrderId,
        user_id: UserId,
        amount: Money,
        instrument: Instrument,
        at: Timestamp,
    ) -> Result<(Self, NewEvent), Problem> {
        let payment = Self {
            id,
            order_id,
            user_id,
            amount,
            method: instrument.method(),
            instrument: Some(instrument),
            reference: None,
            status: PaymentStatus::Pending,
            failure: None,
            created_at: at,
            updated_at: at,
            version: 1,
        };
        let event = payment.event("payments.payment_started")?;
        Ok((payment, event))
    }

    /// The payment, now that its id at the provider is known.
    #[must_use]
    pub fn known_as(mut self, reference: Option<PaymentReference>) -> Self {
        self.reference = self.reference.or(reference);
        self
    }

    /// The money came. Money may come late, after the payment had been given up.
    pub fn succeed(self, at: Timestamp) -> Result<Option<(Self, NewEvent)>, Problem> {
        match self.status {
            PaymentStatus::Pending | PaymentStatus::Failed => {
                self.moved(PaymentStatus::Succeeded, at, "payments.payment_succeeded").map(Some)
            }
            PaymentStatus::Succeeded | PaymentStatus::Refunding | PaymentStatus::Refunded => Ok(None),
        }
    }

    /// There will be no money.
    pub fn fail(mut self, failure: Failure, at: Timestamp) -> Result<Option<(Self, NewEvent)>, Problem> {
        match self.status {
            PaymentStatus::Pending => {
                self.failure = Some(failure);
                self.moved(PaymentStatus::Failed, at, "payments.payment_failed").map(Some)
            }
            PaymentStatus::Succeeded
            | PaymentStatus::Failed
            | PaymentStatus::Refunding
            | PaymentStatus::Refunded => Ok(None),
        }
    }

    /// The money goes back: it came for goods that can't be had, or the order that it paid for is called off.
    pub fn begin_refund(self, at: Timestamp) -> Result<Option<(Self, NewEvent)>, Problem> {
        match self.status {
            PaymentStatus::Pending | PaymentStatus::Succeeded | PaymentStatus::Failed => {
                self.moved(PaymentStatus::Refunding, at, "payments.refund_started").map(Some)
            }
            PaymentStatus::Refunding | PaymentStatus::Refunded => Ok(None),
        }
    }

    /// The money went back.
    pub fn finish_refund(self, at: Timestamp) -> Result<Option<(Self, NewEvent)>, Problem> {
        match self.status {
            PaymentStatus::Refunding => {
                self.moved(PaymentStatus::Refunded, at, "payments.payment_refunded").map(Some)
            }
            PaymentStatus::Pending
            | PaymentStatus::Succeeded
            | PaymentStatus::Failed
            | PaymentStatus::Refunded => Ok(None),
        }
    }

    fn moved(
        mut self,
        status: PaymentStatus,
        at: Timestamp,
        event: &'static str,
    ) -> Result<(Self, NewEvent), Problem> {
        self.status = status;
        self.instrument = None;
        self.updated_at = at;
        self.version += 1;
        let event = self.event(event)?;
        Ok((self, event))
    }

    fn event(&self, kind: &'static str) -> Result<NewEvent, Problem> {
        let data = json!({
            "paymentId": self.id,
            "orderId": self.order_id,
            "userId": self.user_id,
            "amount": self.amount.amount(),
            "currency": self.amount.currency(),
            "method": self.method.name(),
            "status": self.status.name(),
            "failureCode": self.failure.as_ref().and_then(|failure| failure.code.as_deref()),
        });
        NewEvent::new(kind, format!("payment/{}", self.id), self.version, &data)
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn begun() -> Payment {
        let amount = Money::new(7_500, Currency::from_code("RUB").unwrap()).unwrap();
        let (order, user) = (OrderId::derived("o"), UserId::derived("u"));
        Payment::begin(PaymentId::derived("p"), order, user, amount, Instrument::Page, at(0)).unwrap().0
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    type Move = fn(Payment) -> Result<Option<(Payment, NewEvent)>, Problem>;

    #[test]
    fn a_move_exists_exactly_where_it_is_drawn() {
        use PaymentStatus::{Failed, Pending, Refunded, Refunding, Succeeded};
        let moves: [(&str, Move); 4] = [
            ("succeed", |payment| payment.succeed(at(1))),
            ("fail", |payment| payment.fail(Failure::default(), at(1))),
            ("begin_refund", |payment| payment.begin_refund(at(1))),
            ("finish_refund", |payment| payment.finish_refund(at(1))),
        ];
        let drawn = [
            (Pending, "succeed", Succeeded),
            (Failed, "succeed", Succeeded),
            (Pending, "fail", Failed),
            (Pending, "begin_refund", Refunding),
            (Succeeded, "begin_refund", Refunding),
            (Failed, "begin_refund", Refunding),
            (Refunding, "finish_refund", Refunded),
        ];
        for from in [Pending, Succeeded, Failed, Refunding, Refunded] {
            for (name, make) in moves {
                let mut payment = begun();
                payment.status = from;
                let target = drawn.iter().find(|edge| edge.0 == from && edge.1 == name).map(|edge| edge.2);
                let moved = make(payment).unwrap();
                assert_eq!(moved.as_ref().map(|(payment, _)| payment.status), target, "{from:?} {name}");
                if let Some((payment, event)) = moved {
                    assert_eq!((payment.version, event.sequence), (2, 2));
                    assert_eq!(payment.instrument, None, "nobody asks again");
                }
            }
        }
    }
}
