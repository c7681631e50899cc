//! Beginning the payment of an order that waits for one.
//!
//! One transaction claims the order for the payment, before the provider is called: it puts the payment, records it in the order as long as that is
//! still as it was read, and marks the idempotency key as in progress. Of two concurrent payments one claims the order.

use kernel::{PaymentId, PaymentStatus, Problem, Timestamp, UserId};
use orders::refusal::TransitionRefusal;
use orders::view::etag;
use orders::{Order, PaymentSummary, State};
use payments::method::Instrument;
use payments::payment::{self, Failure, Payment};
use platform::dynamo::{Commit, Write};
use platform::http::Precondition;
use platform::idempotency::{Attempt, Completion, Done, IdempotentRequest, KeyRefusal, KeyTaken};
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::external_payment::unpayable;
use crate::initiator::{InitiatePayment as _, PaymentInitiator, Placed};
use crate::refusal::{NotPaid, Unpayable};
use crate::settlement::lost_order;

/// The failure code of a payment that the provider never had and that another one replaces.
const NOT_BEGUN: &str = "not_begun";

/// Pays placed orders: the use case and the contexts that it needs.
pub struct PayOrder {
    initiator: PaymentInitiator,
}

/// A command to pay an order.
pub struct PayOrderCommand {
    /// The account or machine client that sends the command.
    pub caller: UserId,
    /// The order, as it was read.
    pub order: Order,
    /// The version of the order that the caller has seen.
    pub expected: Precondition,
    /// The payer's instrument.
    pub instrument: Instrument,
    /// The host that the request was sent to, where no public address is configured.
    pub host: String,
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

    /// Begins the payment of an order, once for each idempotency key. The outcome is the order's payment.
    pub async fn run(
        &self,
        call: &InvocationContext,
        request: &IdempotentRequest,
        command: PayOrderCommand,
    ) -> Result<Completion<PaymentSummary>, NotPaid> {
        let (idempotency, caller) = (&self.initiator.idempotency, command.caller.to_string());
        let begun = if command.instrument.method().charges_at_once() {
            // The body of `POST /payments` names the order, the path of the others does.
            idempotency.begin_resumable(call, &caller, request, "").await
        } else {
            idempotency.begin(call, &caller, request).await
        };
        let begun = begun.map_err(|error| without_key(error.into(), request, &command.order))?;
        let (initiator, command) = (&self.initiator, &command);
        let claim = async |attempt: Attempt| match self.claim(call, command, &attempt).await? {
            Ok((order, payment)) => {
                let claimed = Placed { order, payment, interrupted: false };
                let started = initiator
                    .initiate_and_store_outcome(call, &command.host, &attempt, claimed, payment_of)
                    .await;
                Ok(started.map_err(NotPaid::from).into())
            }
            Err(KeyTaken) => Ok(Done::KeyTaken),
        };
        let resume = async |attempt: Attempt, payment: String| {
            let claimed = self.find_claimed(command.order.clone(), &payment).await?;
            let started =
                initiator.initiate_and_store_outcome(call, &command.host, &attempt, claimed, payment_of);
            started.await.map_err(NotPaid::from)
        };
        let paid = idempotency.run(call, begun, claim, resume).await;
        paid.map_err(|refusal| without_key(refusal, request, &command.order))
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
        call: &InvocationContext,
        command: &PayOrderCommand,
        attempt: &Attempt,
    ) -> Result<Result<(Order, Payment), KeyTaken>, NotPaid> {
        let (s, mut order) = (&self.initiator.settlement, command.order.clone());
        let mut retry = StaleRetry::of("the order whose payment was being begun", call);
        loop {
            retry.begin().await?;
            command.expected.check("order", &etag(&order))?;
            let unsent = self.unsent_payment(&order).await?;
            if unsent.is_none() || order.expires_at().is_some_and(|due| due <= call.now) {
                check_payable(&order, call.now)?;
            }
            self.initiator.kind.check_minimum(order.total).map_err(Problem::from)?;
            let contact = order.buyer.contact.as_ref();
            let customer = self.initiator.receipt_customer(contact, order.user_id, order.total).await?;
            let (id, paid) = (PaymentId::generate(), self.initiator.to_pay(&order, customer.as_ref()));
            let asked = self.initiator.asked(&command.host, &order, command.instrument.clone(), customer);
            let (payment, event) = Payment::begin(id, &paid, asked, call.now)?;
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
            let Commit::Refused(refused) = s.dynamo.commit(call, writes).await? else {
                return Ok(Ok((claimed, payment)));
            };
            if refused.iter().any(|one| matches!(one.reason, Refusal::Key)) {
                return Ok(Err(KeyTaken));
            }
            order = s.orders.find(claimed.id).await?.ok_or_else(|| lost_order(claimed.id))?;
        }
    }
}

/// `refusal` for a client that may have sent no key, and does not know of a derived one: its order is being paid.
fn without_key(refusal: NotPaid, request: &IdempotentRequest, order: &Order) -> NotPaid {
    match refusal {
        NotPaid::Key(KeyRefusal::InProgress) if !request.has_key() => {
            takes_no_payment(order, TransitionRefusal::PaymentInProgress)
        }
        refusal => refusal,
    }
}

/// Refuses an order for which no payment can begin.
fn check_payable(order: &Order, now: Timestamp) -> Result<(), NotPaid> {
    unpayable(order, now).map_or(Ok(()), |why| Err(takes_no_payment(order, why)))
}

fn takes_no_payment(order: &Order, why: TransitionRefusal) -> NotPaid {
    NotPaid::Unpayable(Box::new(Unpayable { order: order.clone(), why }))
}

/// The outcome of the request: the order's payment.
fn payment_of(order: &Order) -> Result<PaymentSummary, Problem> {
    let payment = order.payment.clone();
    payment.ok_or_else(|| Problem::internal(format!("order {} has no payment", order.id)))
}
