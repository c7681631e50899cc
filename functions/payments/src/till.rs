//! Beginning a payment at the provider, and keeping the answer to the request that asked for it.
//!
//! The payment was written down together with the idempotency record before anything here happens. A process that dies on the way leaves
//! both, and the same request, repeated with the same key, comes through here again: the provider knows the payment by its id, and what
//! was settled stays settled.

use kernel::{Problem, UserId};
use orders::{Order, PaymentStatus, PaymentSummary};
use platform::dynamo::{TransactError, Write};
use platform::http::{Reply, Request, Surface};
use platform::idempotency::{self, Attempt, Begun, Idempotency};
use platform::{Call, Init, InitError};

use crate::links::Links;
use crate::method::Instrument;
use crate::payment::{Failure, Outcome, Payment};
use crate::provider::{
    Capture, Description, PaymentProvider as _, PaymentReference, ProviderError, ProviderPayment,
    ProviderStatus, Start,
};
use crate::settlement::{Settlement, lost_order};

/// How often an answer is composed anew because the order moved on in the meantime.
const MAX_ROUNDS: u32 = 6;

/// How a front answers with an order.
pub type Render = fn(&Order, Surface) -> Result<Reply, Problem>;

/// Where payments begin.
pub struct Till {
    pub(crate) settlement: Settlement,
    pub(crate) idempotency: Idempotency,
    links: Links,
    capture: Capture,
}

/// A payment that the provider has begun and that is not decided.
struct Undecided {
    reference: PaymentReference,
    /// Where the customer decides.
    page: Option<String>,
}

/// Why an answer was not kept.
enum NotKept {
    /// The order moved on.
    Moved,
    /// A repeat of the request has answered already.
    Answered,
}

impl Till {
    /// Connects to everything that beginning a payment touches.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self {
            settlement: Settlement::connect(init).await?,
            idempotency: Idempotency::connect(init).await?,
            links: Links::from_init(init)?,
            capture: init.optional("PAYMENT_CAPTURE", Capture::default())?,
        })
    }

    /// The answer that another request with the same key was given a moment ago, if there was one; 409 while it still runs.
    pub(crate) async fn first_answer(
        &self,
        call: &Call,
        caller: UserId,
        request: &Request,
    ) -> Result<Option<Reply>, Problem> {
        match self.idempotency.begin(call, &caller.to_string(), request).await? {
            Begun::Replay(reply) => Ok(Some(reply)),
            Begun::Interrupted(..) => Err(idempotency::in_progress()),
            Begun::Fresh(_) => Ok(None),
        }
    }

    /// Begins the payment of `order` at the provider, does what is decided at once, and keeps the answer. A payment that was ended before it
    /// began, or was settled since, is only answered.
    pub(crate) async fn collect(
        &self,
        call: &Call,
        request: &Request,
        attempt: &Attempt,
        (mut order, payment): (Order, Payment),
        render: Render,
    ) -> Result<Reply, Problem> {
        let s = &self.settlement;
        let id = order.id;
        let begun = self.begin(call, request, attempt, &order, &payment).await?;
        if begun.is_none() {
            order = s.orders.find(id).await?.ok_or_else(|| lost_order(id))?;
        }
        for _ in 0..MAX_ROUNDS {
            let mut writes: Vec<Write<NotKept>> = Vec::new();
            if let Some(begun) = begun.as_ref().filter(|_| waits(&order)) {
                writes.push(s.payments.note_reference(payment.id, &begun.reference)?.map(|_| NotKept::Moved));
                if let Some(summary) = with_page(&order, begun.page.as_deref()) {
                    order = order.note_payment(summary);
                    writes.push(s.orders.note_payment(&order)?.map(|_| NotKept::Moved));
                }
            }
            let reply = render(&order, Surface::of(request))?;
            let kept = self.idempotency.finished(call, attempt, &reply)?;
            writes.extend(kept.map(|write| write.map(|_| NotKept::Answered)));
            if writes.is_empty() {
                return Ok(reply);
            }
            match s.dynamo.transact(call, writes).await {
                Ok(()) => return Ok(reply),
                Err(TransactError::Failed(problem)) => return Err(problem),
                Err(TransactError::Refused(refused)) => {
                    if refused.iter().any(|one| matches!(one.reason, NotKept::Answered)) {
                        return Ok(reply);
                    }
                    order = s.orders.find(id).await?.ok_or_else(|| lost_order(id))?;
                }
            }
        }
        Err(Problem::unavailable(format!("order {id} moved on again and again while it was answered")))
    }

    /// Begins the payment at the provider. `None` when it is decided; what follows from that is done then.
    async fn begin(
        &self,
        call: &Call,
        request: &Request,
        attempt: &Attempt,
        order: &Order,
        payment: &Payment,
    ) -> Result<Option<Undecided>, Problem> {
        let s = &self.settlement;
        // Decided, or given up, while the request was interrupted.
        if payment.status != PaymentStatus::Pending {
            return Ok(None);
        }
        match s.provider.start(call, &self.start(request, order, payment)).await {
            Ok(ProviderPayment {
                reference, status: ProviderStatus::Pending { confirmation_url }, ..
            }) => {
                let page = confirmation_url.map(|url| self.links.absolute(request, &url));
                Ok(Some(Undecided { reference, page }))
            }
            Ok(seen) => s.observe(call, payment.id, seen).await.map(|_| None),
            Err(ProviderError::Refused { code, message }) => {
                tracing::warn!(payment_id = %payment.id, message, "the provider refused a payment");
                let outcome = Outcome::Failed(Failure { code: Some(code), message: None });
                s.settle(call, payment.id, None, &outcome).await.map(|_| None)
            }
            Err(error) => {
                self.let_go(call, attempt).await;
                Err(error.into())
            }
        }
    }

    /// What the provider is asked for: the same whenever it is asked, so nothing in it comes from the request alone.
    fn start(&self, request: &Request, order: &Order, payment: &Payment) -> Start {
        Start {
            payment_id: payment.id,
            order_number: order.number,
            amount: payment.amount,
            description: Description::new(&format!("Order {}", order.number)),
            instrument: payment.instrument.clone().unwrap_or(Instrument::Page),
            return_url: self.links.after_payment(request, order.number),
            capture: self.capture,
            receipt: None,
        }
    }

    /// Lets a repeat of the request carry on at once. Should that fail, it carries on when the lease is over.
    async fn let_go(&self, call: &Call, attempt: &Attempt) {
        let let_go = match self.idempotency.let_go(call, attempt) {
            Ok(Some(write)) => self.settlement.dynamo.transact(call, vec![write]).await,
            Ok(None) => return,
            Err(problem) => Err(TransactError::Failed(problem)),
        };
        if let Err(TransactError::Failed(problem)) = let_go {
            tracing::warn!(%problem, "a repeat of this request has to wait for the end of its lease");
        }
    }
}

/// Whether the order shows a payment that is not decided.
fn waits(order: &Order) -> bool {
    order.payment.as_ref().is_some_and(|payment| payment.status == PaymentStatus::Pending)
}

/// What the order shows of its payment once the payment's page is known; `None` where nobody can pay there any more, or it is shown already.
fn with_page(order: &Order, page: Option<&str>) -> Option<PaymentSummary> {
    let payment = order.payment.as_ref().filter(|payment| payment.status == PaymentStatus::Pending)?;
    let url = page.filter(|_| payment.payment_url.is_none())?;
    Some(PaymentSummary { payment_url: Some(url.to_owned()), ..payment.clone() })
}
