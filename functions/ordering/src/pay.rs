//! Beginning the payment of an order that waits for one.
//!
//! One transaction claims the order for the payment, before the provider is called: it puts the payment, records it in the order as long as that is
//! still as it was read, and marks the idempotency key as in progress. Of two concurrent payments one claims the order.

use kernel::{PaymentId, PaymentStatus, Problem, Timestamp, UserId};
use orders::access::refused;
use orders::view::etag;
use orders::{Order, PaymentSummary, State};
use payments::method::Instrument;
use payments::payment::{self, Failure, Payment};
use platform::dynamo::{TransactError, Write};
use platform::http::{Precondition, Reply, Request, Surface};
use platform::idempotency::{self, Attempt, Completion, Done, KeyTaken};
use platform::{Call, Init, InitError, StaleRetry};
use serde::Serialize;

use crate::external_payment::{payment_in_progress, unpayable};
use crate::initiator::{InitiatePayment as _, PaymentInitiator, Placed};
use crate::settlement::lost_order;
use crate::to_pay;

/// The failure code of a payment that the provider never had and that another one replaces.
const NOT_BEGUN: &str = "not_begun";

/// Pays placed orders: the use case and the contexts that it needs.
pub struct PayOrder {
    initiator: PaymentInitiator,
}

/// The response.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Begin<'a> {
    payment_id: PaymentId,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_url: Option<&'a str>,
}

/// The reasons for which the claim was refused.
enum Refusal {
    /// The order has changed since it was read.
    Order,
    /// A request with the same key was faster.
    Key,
}

impl PayOrder {
    /// Connects to the contexts that paying needs.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { initiator: PaymentInitiator::connect(init).await? })
    }

    /// Finds orders.
    pub fn orders(&self) -> &orders::Orders {
        &self.initiator.settlement.orders
    }

    /// Begins the payment of `order` on behalf of `caller`, once for each idempotency key.
    pub async fn run(
        &self,
        call: &Call,
        request: &Request,
        caller: UserId,
        order: Order,
        instrument: Instrument,
    ) -> Result<Reply, Problem> {
        let (idempotency, caller) = (&self.initiator.idempotency, caller.to_string());
        let begun = if instrument.method().charges_at_once() {
            // The body of `POST /payments` names the order, the path of the others does.
            let surface = Surface::of(request);
            let begun = idempotency.begin_resumable(call, &caller, request, "").await;
            begun.map_err(|problem| without_key(problem, request, &order, surface))?
        } else {
            idempotency.begin(call, &caller, request).await?
        };
        let (known, initiator) = (order.clone(), &self.initiator);
        let claim = async |attempt: Attempt| match self
            .claim(call, request, order.clone(), instrument, &attempt)
            .await?
        {
            Ok((order, payment)) => {
                let claimed = Placed { order, payment, interrupted: false };
                Ok(initiator
                    .initiate_and_store_response(call, request, &attempt, claimed, answer)
                    .await
                    .into())
            }
            Err(KeyTaken) => Ok(Done::KeyTaken),
        };
        let resume = async |attempt: Attempt, payment: String| {
            let claimed = self.find_claimed(known.clone(), &payment).await?;
            initiator.initiate_and_store_response(call, request, &attempt, claimed, answer).await
        };
        let answered = idempotency.run(call, begun, claim, resume).await.map(Completion::into_reply);
        answered.map_err(|problem| without_key(problem, request, &known, Surface::of(request)))
    }

    /// The payment of a request that was interrupted.
    async fn find_claimed(&self, order: Order, payment: &str) -> Result<Placed, Problem> {
        let lost = || {
            Problem::internal(format!("the idempotency record names payment {payment}, which is not there"))
        };
        let id: PaymentId = payment.parse().map_err(|_| lost())?;
        let payment = self.initiator.settlement.payments.find(id).await?.ok_or_else(lost)?;
        Ok(Placed { order, payment, interrupted: true })
    }

    /// The payment of `order` that the provider certainly does not have: another may take its place.
    async fn unsent_payment(&self, order: &Order) -> Result<Option<Payment>, Problem> {
        let (State::AwaitingPayment(_), Some(summary)) = (&order.state, &order.payment) else {
            return Ok(None);
        };
        let payment = self.initiator.settlement.payments.find(summary.payment_id).await?;
        Ok(payment.filter(|payment| payment.state == payment::State::Pending && payment.sent_at.is_none()))
    }

    /// Claims the order for a new payment, unless another request with the same key was faster.
    async fn claim(
        &self,
        call: &Call,
        request: &Request,
        mut order: Order,
        instrument: Instrument,
        attempt: &Attempt,
    ) -> Result<Result<(Order, Payment), KeyTaken>, Problem> {
        let s = &self.initiator.settlement;
        let expected = Precondition::of(request);
        let mut retry = StaleRetry::of("the order whose payment was being begun");
        loop {
            retry.begin().await?;
            expected.check("order", &etag(&order))?;
            let unsent = self.unsent_payment(&order).await?;
            if unsent.is_none() || order.expires_at().is_some_and(|due| due <= call.now) {
                check_payable(&order, call.now, Surface::of(request))?;
            }
            self.initiator.kind.check_minimum(order.total)?;
            let id = PaymentId::generate();
            let asked = self.initiator.asked(request, order.number, instrument.clone());
            let (payment, event) = Payment::begin(id, &to_pay(&order), asked, call.now)?;
            let summary =
                PaymentSummary { payment_id: id, status: PaymentStatus::Pending, payment_url: None };
            let claimed = order.note_payment(summary);
            let mut writes = vec![s.orders.note_payment(&claimed)?.map(|_| Refusal::Order)];
            if let Some(ended) =
                unsent.map(|unsent| unsent.fail(Failure::coded(NOT_BEGUN), call.now)).transpose()?.flatten()
            {
                let ended = s.payments.update(&s.journal, call, &ended)?;
                writes.extend(ended.into_iter().map(|write| write.map(|_| Refusal::Order)));
            }
            let inserted = s.payments.insert(&s.journal, call, &payment, event)?;
            writes.extend(inserted.into_iter().map(|write| write.map(|_| Refusal::Order)));
            let running = self.initiator.idempotency.mark_in_progress(call, attempt, &id.to_string())?;
            writes.extend(running.map(|write: Write<_>| write.map(|_| Refusal::Key)));
            match s.dynamo.transact(call, writes).await {
                Ok(()) => return Ok(Ok((claimed, payment))),
                Err(TransactError::Failed(problem)) => return Err(problem),
                Err(TransactError::Refused(refused)) => {
                    if refused.iter().any(|one| matches!(one.reason, Refusal::Key)) {
                        return Ok(Err(KeyTaken));
                    }
                    order = s.orders.find(claimed.id).await?.ok_or_else(|| lost_order(claimed.id))?;
                }
            }
        }
    }
}

/// `problem` for a client that may have sent no key, and does not know of a derived one: its order is being paid.
fn without_key(problem: Problem, request: &Request, order: &Order, surface: Surface) -> Problem {
    if problem.code == idempotency::IN_PROGRESS && !idempotency::is_keyed(request) {
        let (code, why) = payment_in_progress();
        refused(order, code, why, surface)
    } else {
        problem
    }
}

/// Refuses an order for which no payment can begin.
fn check_payable(order: &Order, now: Timestamp, surface: Surface) -> Result<(), Problem> {
    unpayable(order, now).map_or(Ok(()), |(code, why)| Err(refused(order, code, why, surface)))
}

fn answer(order: &Order, _: Surface) -> Result<Reply, Problem> {
    let payment = order.payment.as_ref();
    let payment = payment.ok_or_else(|| Problem::internal(format!("order {} has no payment", order.id)))?;
    Reply::created(&Begin {
        payment_id: payment.payment_id,
        status: payment.status.name(),
        payment_url: payment.payment_url.as_deref(),
    })
}
