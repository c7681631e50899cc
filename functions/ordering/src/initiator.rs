//! Payment initiation: begins a payment at the provider and stores the outcome of the request that started it.
//!
//! The payment is written together with the idempotency record before anything here happens. A process that crashes on the way leaves both. The same
//! request, repeated with the same key, resumes here: the provider knows the payment by its id, and what was settled stays settled.

use std::future::Future;

use kernel::contact::Contact;
use kernel::{Money, PaymentStatus, Problem, UserId};
use orders::{Order, PaymentSummary};
use payments::links::Links;
use payments::method::Instrument;
use payments::payment::{OrderToPay, Outcome, Payment, StartParameters, State};
use payments::provider::{Capture, PaymentReference, ProviderError, ProviderPayment, ProviderStatus};
use payments::providers::{NoProvider, Provider, ProviderKind};
use payments::receipt::Customer;
use payments::refusal::PaymentRefusal;
use platform::dynamo::{Commit, Write};
use platform::idempotency::{Attempt, Idempotency};
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::Serialize;

use crate::receipts::has_receipt;
use crate::refusal::ReceiptRefusal;
use crate::settlement::{Settlement, lost_order};
use crate::to_pay;

/// The message to a customer whose payment could not be begun.
const NOT_BEGUN: &str = "The payment could not be begun now. The order stands: send the same request again, or pay the order later.";

/// The function that makes the outcome of a request from its order.
pub(crate) type ToOutcome<T> = fn(&Order) -> Result<T, Problem>;

/// Begins payments at the provider and stores the outcomes of the requests that started them.
pub struct PaymentInitiator<P = Provider> {
    pub(crate) settlement: Settlement<P>,
    pub(crate) idempotency: Idempotency,
    links: Links,
    capture: Capture,
    pub(crate) kind: ProviderKind,
}

/// A payment that the provider has begun and not yet decided.
struct Undecided {
    reference: PaymentReference,
    /// The page on which the customer decides.
    page: Option<String>,
}

/// The reasons for which a payment was not begun.
enum NotBegun {
    /// The provider did not do it, or did not confirm it.
    Provider(ProviderError),
    /// The provider's decision could not be settled.
    Problem(Problem),
}

/// An order that was placed to be paid at once, and its payment.
pub struct Placed {
    pub(crate) order: Order,
    pub(crate) payment: Payment,
    /// True when an earlier request may have begun the payment and received no response.
    pub(crate) interrupted: bool,
}

/// The reasons for which an outcome was not stored.
enum NotStored {
    /// The order moved on.
    OrderChanged,
    /// A repeat of the request has stored its outcome already.
    Finished,
}

/// Continues with an order that was placed to be paid at once.
pub trait InitiatePayment {
    /// Begins the payment for the sender of a request to `host`, stores the outcome of that request and returns it.
    fn initiate_and_store_outcome<T: Serialize + Send>(
        &self,
        call: &InvocationContext,
        host: &str,
        attempt: &Attempt,
        placed: Placed,
        outcome: ToOutcome<T>,
    ) -> impl Future<Output = Result<T, Problem>> + Send;
}

impl PaymentInitiator<NoProvider> {
    /// Connects to the contexts that storing orders needs: no payment begins here.
    pub async fn without_provider(init: &Init) -> Result<Self, InitError> {
        Self::of(init, Settlement::without_provider(init).await?).await
    }
}

impl InitiatePayment for PaymentInitiator<NoProvider> {
    async fn initiate_and_store_outcome<T: Serialize + Send>(
        &self,
        _: &InvocationContext,
        _: &str,
        _: &Attempt,
        placed: Placed,
        _: ToOutcome<T>,
    ) -> Result<T, Problem> {
        Err(Problem::internal(format!("order {} is to be paid where no provider is", placed.order.id)))
    }
}

impl<P> PaymentInitiator<P> {
    async fn of(init: &Init, settlement: Settlement<P>) -> Result<Self, InitError> {
        Ok(Self {
            settlement,
            idempotency: Idempotency::connect(init).await?,
            links: Links::from_init(init)?,
            capture: init.optional("PAYMENT_CAPTURE", Capture::default())?,
            kind: ProviderKind::from_init(init)?,
        })
    }

    /// The parameters of the provider request when a customer pays `order` with `instrument`. They are stored with the payment: a repeat
    /// sends the same, regardless of the request or function that makes it.
    pub(crate) fn asked(
        &self,
        host: &str,
        order: &Order,
        instrument: Instrument,
        customer: Option<Customer>,
    ) -> StartParameters {
        StartParameters {
            instrument,
            return_url: self.links.after_payment(host, order.number, order.details.return_url.as_deref()),
            capture: self.capture,
            customer,
        }
    }

    /// The recipient of the receipt of a payment of `total`; `None` where none is sent. Refused when the merchant sends receipts and neither the
    /// order's contact nor the account says where.
    pub(crate) async fn receipt_customer(
        &self,
        contact: Option<&Contact>,
        account: UserId,
        total: Money,
    ) -> Result<Option<Customer>, Problem> {
        match self.settlement.receipts.as_ref().filter(|_| has_receipt(total)) {
            Some(receipts) => match receipts.customer(contact, account).await? {
                Some(customer) => Ok(Some(customer)),
                None => Err(ReceiptRefusal::ContactRequired.into()),
            },
            None => Ok(None),
        }
    }

    /// The facts of `order` that a payment of it depends on, with the lines of the receipt that `customer` gets.
    pub(crate) fn to_pay(&self, order: &Order, customer: Option<&Customer>) -> OrderToPay {
        let receipt = self.settlement.receipts.as_ref().filter(|_| customer.is_some());
        OrderToPay { receipt: receipt.map(|receipts| receipts.of(order)), ..to_pay(order) }
    }
}

impl InitiatePayment for PaymentInitiator {
    /// Begins the payment of `order` at the provider, settles an immediate decision, and stores the outcome. For a payment that ended before it
    /// began, or was settled since, it only returns the outcome.
    async fn initiate_and_store_outcome<T: Serialize + Send>(
        &self,
        call: &InvocationContext,
        host: &str,
        attempt: &Attempt,
        Placed { mut order, mut payment, interrupted }: Placed,
        outcome: ToOutcome<T>,
    ) -> Result<T, Problem> {
        let s = &self.settlement;
        let id = order.id;
        let doubtful = interrupted && payment.sent_at.is_some();
        if interrupted {
            payment = self.resend(call, payment).await?;
        }
        // Boxed: settling a decided payment is a large future, and most payments are undecided.
        let begun = Box::pin(self.begin(call, host, &payment)).await;
        let begun = match begun {
            Ok(begun) => begun,
            Err(error) => return Err(self.not_begun(call, attempt, &order, payment, doubtful, error).await),
        };
        if begun.is_none() {
            order = s.orders.find(id).await?.ok_or_else(|| lost_order(id))?;
        }
        let mut retry = StaleRetry::of("the order that was being answered", call);
        loop {
            retry.begin().await?;
            let mut writes = Vec::new();
            if let Some(begun) = begun.as_ref().filter(|_| waits(&order)) {
                (order, writes) = self.note_begun(order, &payment, begun)?;
            }
            let made = outcome(&order)?;
            let stored = self.idempotency.finished(call, attempt, &made)?;
            writes.extend(stored.map(|write| write.map(|_| NotStored::Finished)));
            if writes.is_empty() {
                return Ok(made);
            }
            match s.dynamo.commit(call, writes).await {
                Ok(Commit::Committed) => return Ok(made),
                // The derived key may be free by now: a repeat after a 503 would be another order, charged again. All that is lost is what a poll
                // finds out, too.
                Err(problem) if attempt.is_derived() => {
                    tracing::warn!(%problem, order_id = %id, "an outcome was not stored");
                    return Ok(made);
                }
                Err(problem) => return Err(problem),
                Ok(Commit::Refused(refused)) => {
                    if refused.iter().any(|one| matches!(one.reason, NotStored::Finished)) {
                        return Ok(made);
                    }
                    order = s.orders.find(id).await?.ok_or_else(|| lost_order(id))?;
                    payment = s.payments.find(payment.id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
                }
            }
        }
    }
}

impl PaymentInitiator {
    /// Connects to the contexts that beginning a payment needs.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Self::of(init, Settlement::connect(init).await?).await
    }

    /// The order as it shows an undecided payment, and the writes that store the provider's response about it.
    fn note_begun(
        &self,
        mut order: Order,
        payment: &Payment,
        begun: &Undecided,
    ) -> Result<(Order, Vec<Write<NotStored>>), Problem> {
        let (s, mut writes) = (&self.settlement, Vec::new());
        let known = payment.clone().known_as(Some(&begun.reference));
        if known != *payment {
            writes.push(s.payments.note(&known)?.map(|_| NotStored::OrderChanged));
        }
        if let Some(summary) = with_page(&order, begun.page.as_deref()) {
            order = order.note_payment(summary);
            writes.push(s.orders.note_payment(&order)?.map(|_| NotStored::OrderChanged));
        }
        Ok((order, writes))
    }

    /// Records that the provider is about to be requested again to begin an undecided payment, before the request is sent: see [`Payment::sent_at`].
    async fn resend(&self, call: &InvocationContext, mut payment: Payment) -> Result<Payment, Problem> {
        let mut retry = StaleRetry::of("the payment that was being sent again", call);
        loop {
            retry.begin().await?;
            let is_noted = payment.sent_at.is_some_and(|sent| sent >= call.now);
            if is_noted || payment.state != State::Pending || payment.reference.is_some() {
                return Ok(payment);
            }
            payment = self.settlement.note(call, payment.sent(call.now)).await?;
        }
    }

    /// Begins the payment at the provider. `None` when it is decided; the decision has been settled then.
    async fn begin(
        &self,
        call: &InvocationContext,
        host: &str,
        payment: &Payment,
    ) -> Result<Option<Undecided>, NotBegun> {
        let s = &self.settlement;
        // Decided, or given up, while the request was interrupted.
        let (State::Pending, Some(start)) = (&payment.state, payment.start()) else { return Ok(None) };
        if !payment.key_is_known(call.now) {
            // The provider would take the repeat for another payment.
            return s
                .sync_from_provider(call, payment.clone())
                .await
                .map(|_| None)
                .map_err(NotBegun::Problem);
        }
        match s.begin_at_provider(call, &start).await {
            Ok(Ok(ProviderPayment {
                reference,
                status: ProviderStatus::Pending { confirmation_url },
                ..
            })) => {
                let page = confirmation_url.map(|url| self.links.absolute(host, &url));
                Ok(Some(Undecided { reference, page }))
            }
            Ok(Ok(seen)) => s
                .apply_provider_status(call, payment.clone(), seen)
                .await
                .map(|_| None)
                .map_err(NotBegun::Problem),
            Ok(Err(refused)) => {
                let failed = s.settle(call, payment.clone(), None, &Outcome::Failed(refused)).await;
                failed.map(|_| None).map_err(NotBegun::Problem)
            }
            Err(error) => Err(NotBegun::Provider(error)),
        }
    }

    /// The response when the payment of `order` could not be begun. A repeat of the request may resume at once. If the provider certainly has no such
    /// payment, that is recorded, unless an earlier request may have reached it: from then on only the customer begins the payment.
    async fn not_begun(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        order: &Order,
        payment: Payment,
        doubtful: bool,
        error: NotBegun,
    ) -> Problem {
        let error = match error {
            NotBegun::Problem(problem) => return problem,
            NotBegun::Provider(error) => error,
        };
        let id = payment.id;
        if error.nothing_was_done()
            && !doubtful
            && let Err(problem) = self.settlement.note(call, payment.unsent()).await
        {
            tracing::warn!(payment_id = %id, %problem, "it could not be noted that a payment was not begun");
        }
        self.end_lease(call, attempt).await;
        let mut problem = Problem::from(error);
        NOT_BEGUN.clone_into(&mut problem.detail);
        let problem = problem.with("orderId", order.id.to_string()).with("number", order.number.get());
        problem.with("paymentId", id.to_string())
    }

    /// Lets a repeat of the request resume at once. If that fails, a repeat resumes when the lease is over.
    async fn end_lease(&self, call: &InvocationContext, attempt: &Attempt) {
        let ended = match self.idempotency.release_lease(call, attempt) {
            Ok(Some(write)) => self.settlement.dynamo.commit(call, vec![write]).await.map(|_| ()),
            Ok(None) => return,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = ended {
            tracing::warn!(%problem, "a repeat of this request has to wait for the end of its lease");
        }
    }
}

/// True when the order shows a payment that is not decided.
fn waits(order: &Order) -> bool {
    order.payment.as_ref().is_some_and(|payment| payment.status == PaymentStatus::Pending)
}

/// The order's payment summary once the payment's page is known; `None` where the order can no longer be paid there, or shows the page already.
fn with_page(order: &Order, page: Option<&str>) -> Option<PaymentSummary> {
    let payment = order.payment.as_ref().filter(|payment| payment.status == PaymentStatus::Pending)?;
    let url = page.filter(|_| payment.payment_url.is_none())?;
    Some(PaymentSummary { payment_url: Some(url.to_owned()), ..payment.clone() })
}
