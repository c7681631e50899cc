//! Polling the provider about what stays undecided: its message or its response may have been lost.

use kernel::{PaymentId, Problem};
use payments::payment::watch::{DAILY, GIVE_UP_AFTER};
use payments::payment::{Payment, State};
use payments::refusal::PaymentRefusal;
use platform::{InvocationContext, StaleRetry};

use super::Settlement;
use super::decision::given_up_watching;

/// The result of a poll of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollOutcome {
    /// Nothing was due for a poll.
    NotDue,
    /// The provider had decided.
    Decided,
    /// The provider has not decided, and is polled again later.
    Open,
    /// The provider has not decided in the whole polling period. A person has to look into it.
    GivenUp,
}

impl Settlement {
    /// Polls the provider about a payment and its refunds when that is due, and applies the result. One that stays open is polled again later, even
    /// when the provider could not be reached.
    pub async fn reconcile(&self, call: &InvocationContext, id: PaymentId) -> Result<PollOutcome, Problem> {
        let payment = self.payments.find(id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
        let Some(watch) = payment.watch.filter(|watch| watch.is_due(call.now)) else {
            return Ok(PollOutcome::NotDue);
        };
        if let Err(problem) = self.look(call, payment).await {
            tracing::warn!(payment_id = %id, %problem, "a payment could not be looked at");
        }
        let mut retry = StaleRetry::of("the payment that was being polled", call);
        loop {
            retry.begin().await?;
            let (order, payment) = self.read(id).await?;
            // The change that interfered began another schedule.
            if payment.watch != Some(watch) {
                return Ok(PollOutcome::Decided);
            }
            if let Some(later) = watch.after_look(call.now) {
                self.note(call, Payment { watch: Some(later), ..payment }).await?;
                return Ok(PollOutcome::Open);
            }
            let daily =
                payment.refunds().iter().any(|refund| refund.is_pending() && refund.reference.is_some());
            if daily && watch.since.plus(GIVE_UP_AFTER + DAILY) <= call.now {
                self.note(call, Payment { watch: Some(watch.daily(call.now)), ..payment }).await?;
                return Ok(PollOutcome::Open);
            }
            let decided = given_up_watching(order.clone(), payment.clone(), call.now)?;
            if self.execute(call, &order, payment, decided, None).await?.is_some() {
                tracing::error!(payment_id = %id, "the provider has not decided in all the time that it was asked");
                return Ok(PollOutcome::GivenUp);
            }
        }
    }

    async fn look(&self, call: &InvocationContext, payment: Payment) -> Result<(), Problem> {
        match payment.state {
            State::Pending | State::Failed { closed: false, .. } => {
                self.sync_from_provider(call, payment).await.map(|_| ())
            }
            State::Captured { .. } => self.finish_refunds(call, payment.id).await.map(|_| ()),
            State::Failed { closed: true, .. } => Ok(()),
        }
    }
}
