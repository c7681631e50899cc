//! Actors: what clients, operators, payers, consumers and the clock do in a run.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Kind, OrderId, PaymentId, Problem, UserId};
use ordering::settlement::Cancelling;
use orders::Order;
use payments::method::Instrument;
use platform::BoxFuture;
use serde_json::Value;

use crate::effect::{self, Effect, Event};
use crate::hub::Hub;
use crate::machine::{Asked, Machine, PRICE, card};
use crate::world::Answered;

/// How long a client waits before it repeats a request: longer than the lease of an idempotency record.
const REPEAT_AFTER: Duration = Duration::from_secs(31);
/// Requests of a client that is asked to try again.
const TRIES: usize = 3;
/// Notifications that a provider delivers in a run, and events of refunds.
const DELIVERIES: usize = 4;

/// What an actor does.
#[derive(Debug, Clone, Copy)]
pub enum Script {
    /// Places an order to be paid at once, and repeats the request while it is asked to.
    Places(Asked, With),
    /// As [`Self::Places`], once the actor in the slot has gone without an answer.
    Repeats(usize, Asked, With),
    /// Checks the cart out by card, and repeats that while it is asked to.
    ChecksOut(Asked),
    /// As [`Self::ChecksOut`], once the actor in the slot has gone without an answer.
    ChecksOutAgain(usize, Asked),
    /// Places an order that is paid later, then pays it.
    PlacesThenPays(Asked, With),
    /// Pays an order that is there.
    Pays(Asked, With),
    /// Agrees on the provider's page.
    Agrees(UserId),
    /// Agrees once the order's time is over.
    AgreesLate(UserId),
    /// The owner calls the order off.
    OwnerCancels(UserId),
    /// An operator calls the order off.
    OperatorCancels(UserId),
    /// An operator sends a part of the money back, with this key.
    Refunds(Asked, UserId, i64),
    /// An operator confirms the order and ships it.
    Ships(UserId),
    /// The order's time passes, and its expiry is consumed.
    Expires(UserId),
    /// The payment is polled, two minutes later.
    Polls(UserId),
    /// The provider delivers notifications.
    Notifies,
    /// Events of refunds are consumed.
    SendsRefunds,
}

/// What is paid with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// A card, charged at once.
    Card,
    /// The provider's page.
    Page,
}

impl With {
    fn instrument(self) -> Option<Instrument> {
        match self {
            Self::Card => card(),
            Self::Page => Some(Instrument::Page),
        }
    }
}

/// An actor at work.
pub struct Actor {
    /// Its use cases.
    pub machine: Arc<Machine>,
    /// Where its steps wait.
    pub hub: Hub,
    /// Its place.
    pub slot: usize,
}

impl Actor {
    /// Does what `script` says.
    pub fn play(self, script: Script) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            self.act(script).await;
            self.hub.end(self.slot);
        })
    }

    async fn act(&self, script: Script) {
        match script {
            Script::Places(asked, with) => self.place(asked, with).await,
            Script::Repeats(of, asked, with) => {
                self.happens(Event::Repeats(of)).await;
                self.happens(Event::Passes(REPEAT_AFTER)).await;
                self.place(asked, with).await;
            }
            Script::ChecksOut(asked) => self.check_out(asked).await,
            Script::ChecksOutAgain(of, asked) => {
                self.happens(Event::Repeats(of)).await;
                self.happens(Event::Passes(REPEAT_AFTER)).await;
                self.check_out(asked).await;
            }
            Script::PlacesThenPays(asked, with) => {
                let later = Asked { key: asked.key.map(|_| "place"), ..asked };
                if self.run("place", Some(later), self.machine.place(later, None)).await.is_ok() {
                    self.pay(asked, with).await;
                }
            }
            Script::Pays(asked, with) => {
                self.happens(Event::OrderIsThere(asked.user)).await;
                self.pay(asked, with).await;
            }
            Script::Agrees(user) => drop(self.happens(Event::Pays(user)).await),
            Script::AgreesLate(user) => {
                self.happens(Event::TimeIsOver(user)).await;
                self.happens(Event::Pays(user)).await;
            }
            Script::OwnerCancels(user) => self.cancel(user, Cancelling::ByOwner(None)).await,
            Script::OperatorCancels(user) => self.cancel(user, Cancelling::ByOperator(None)).await,
            Script::Refunds(asked, owner, amount) => self.refund(asked, owner, amount).await,
            Script::Ships(user) => self.ship(user).await,
            Script::Expires(user) => {
                let order = self.happens(Event::TimeIsOver(user)).await;
                if let Some(order) = order_id(&order) {
                    self.done("expire", self.machine.expire(order)).await;
                }
            }
            Script::Polls(user) => {
                let order = self.happens(Event::OrderIsThere(user)).await;
                self.happens(Event::Passes(payments::payment::watch::FIRST_LOOK)).await;
                if let Some(payment) = payment_id(&order) {
                    self.done("poll", self.machine.reconcile(payment)).await;
                }
            }
            Script::Notifies => self.notify().await,
            Script::SendsRefunds => self.send_refunds().await,
        }
    }

    async fn place(&self, asked: Asked, with: With) {
        for _ in 0..TRIES {
            let placed = self.run("place", Some(asked), self.machine.place(asked, with.instrument())).await;
            if !self.comes_again(placed).await {
                break;
            }
        }
    }

    async fn check_out(&self, asked: Asked) {
        let Some(card) = card() else { return };
        for _ in 0..TRIES {
            let placed =
                self.run("check out", Some(asked), self.machine.check_out(asked, card.clone())).await;
            if !self.comes_again(placed).await {
                break;
            }
        }
    }

    async fn pay(&self, asked: Asked, with: With) {
        for _ in 0..TRIES {
            let order = self.hub.lock().world.order_of(asked.user).and_then(order_id);
            let (Some(order), Some(instrument)) = (order, with.instrument()) else { return };
            let paid = self.run("pay", Some(asked), self.machine.pay(asked, order, instrument)).await;
            if !self.comes_again(paid).await {
                break;
            }
        }
    }

    /// Returns whether the client was asked to try again; it waits before it does.
    async fn comes_again(&self, answered: Result<Value, Problem>) -> bool {
        let again = answered.is_err_and(|problem| problem.kind.retryable() || problem.retry_after.is_some());
        if again {
            self.happens(Event::Passes(REPEAT_AFTER)).await;
        }
        again
    }

    async fn cancel(&self, user: UserId, how: Cancelling) {
        let order = self.happens(Event::OrderIsThere(user)).await;
        if let Some(order) = order_id(&order) {
            let _ = self.run("cancel", None, self.machine.cancel(user, order, how)).await;
        }
    }

    async fn refund(&self, asked: Asked, owner: UserId, amount: i64) {
        let order = self.happens(Event::OrderIsThere(owner)).await;
        let (Some(id), Some(payment)) = (order_id(&order), payment_id(&order)) else { return };
        for _ in 0..TRIES {
            let refund = self.machine.refund(asked, payment, id, amount.min(PRICE));
            let sent = self.run("refund", Some(asked), refund).await;
            if !self.comes_again(sent).await {
                break;
            }
        }
    }

    async fn ship(&self, user: UserId) {
        let order = self.happens(Event::OrderIsThere(user)).await;
        let Some(order) = order_id(&order) else { return };
        if self.run("confirm", None, self.machine.advance(order, Order::confirm)).await.is_ok() {
            let _ = self.run("ship", None, self.machine.advance(order, Order::ship)).await;
        }
    }

    async fn notify(&self) {
        for _ in 0..DELIVERIES {
            let notice = self.happens(Event::Notifies).await;
            let (Some(event), Some(id)) = (notice["event"].as_str(), notice["id"].as_str()) else { continue };
            self.done("notify", self.machine.notify(event, id)).await;
        }
    }

    async fn send_refunds(&self) {
        for _ in 0..DELIVERIES {
            let payment = self.happens(Event::RefundBegan).await;
            if let Some(payment) = payment.as_str().and_then(|id| id.parse().ok()) {
                self.done("send refunds", self.machine.finish_refunds(payment)).await;
            }
        }
    }

    async fn happens(&self, event: Event) -> Value {
        match self.hub.ask(self.slot, Effect::Event(event)).await {
            effect::Reply::Happened(value) => value,
            effect::Reply::Answer { .. } | effect::Reply::Nothing => Value::Null,
        }
    }

    /// Runs a use case of a client, and keeps what it was answered.
    pub async fn run(
        &self,
        what: &'static str,
        asked: Option<Asked>,
        case: impl Future<Output = Result<Value, Problem>>,
    ) -> Result<Value, Problem> {
        let outcome = self.watched(what, case).await;
        let told = match &outcome {
            Ok(outcome) => Ok(outcome.to_string()),
            Err(problem) => Err(problem.code.to_owned()),
        };
        let answered = Answered { slot: self.slot, what, asked, outcome: told };
        self.hub.lock().world.answered.push(answered);
        outcome
    }

    /// Runs a use case that no client waits for.
    pub async fn done(&self, what: &'static str, case: impl Future<Output = Result<(), Problem>>) {
        let _ = self.watched(what, case).await;
    }

    async fn watched<T>(
        &self,
        what: &'static str,
        case: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        self.hub.lock().world.busy.insert(self.slot, what);
        let outcome = case.await;
        let mut hub = self.hub.lock();
        hub.world.busy.remove(&self.slot);
        if let Err(problem) = &outcome
            && problem.kind == Kind::Internal
        {
            let defect = format!("{what} ended in an internal error: {:?}", problem.internal_detail());
            hub.world.defects.push(defect);
        }
        outcome
    }
}

/// The id of an order as the table has it.
pub fn order_id(order: &Value) -> Option<OrderId> {
    order["id"].as_str()?.parse().ok()
}

/// The id of an order's payment.
pub fn payment_id(order: &Value) -> Option<PaymentId> {
    order["payment"]["paymentId"].as_str()?.parse().ok()
}
