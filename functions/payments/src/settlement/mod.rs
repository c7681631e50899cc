//! What moves an order once it is placed, and what that does to payment and stock: one transaction each.
//!
//! | room | what is in it |
//! |---|---|
//! | this file | a decided payment, and carrying a decision out |
//! | [`decision`] | what is to be done, from what was read; pure |
//! | [`cancelling`] | calling an order off, before it is paid or after |
//! | [`observing`] | what the provider says about a payment, in an answer or in a message |
//! | [`moving`] | reserving its goods, and the steps towards its customer |
//! | [`refunding`] | sending money back |
//! | [`reconciling`] | asking the provider about what stays undecided |
//!
//! Every settlement is idempotent and takes any order of arrival. What it finds changed under its hands it reads again.

use kernel::{OrderId, PaymentId, Problem};
use orders::{Order, Orders};
use platform::dynamo::{Dynamo, TransactError, Write};
use platform::journal::Journal;
use platform::{Call, Init, InitError};
use stock::{Plan, Reservation, Stock};

use self::decision::{Decision, Goods, OrderChange, settled};
use crate::payment::{Outcome, Payment};
use crate::provider::PaymentReference;
use crate::providers::{NoProvider, Provider};
use crate::store::Payments;

/// How often a settlement starts over because order, payment or stock changed in the meantime.
const MAX_ROUNDS: u32 = 6;

mod cancelling;
pub(crate) mod decision;
#[cfg(test)]
mod interleavings;
mod moving;
mod observing;
mod reconciling;
mod refunding;

pub use cancelling::Cancelling;
pub use moving::Reserving;
pub use reconciling::Looked;

/// Something changed since it was read.
pub(crate) struct Changed;

/// The contexts that settling touches. With [`NoProvider`] it can do all that needs no provider's word.
#[derive(Clone)]
pub struct Settlement<P = Provider> {
    pub(crate) dynamo: Dynamo,
    pub(crate) journal: Journal,
    pub(crate) orders: Orders,
    pub(crate) payments: Payments,
    pub(crate) stock: Stock,
    pub(crate) provider: P,
}

impl Settlement<NoProvider> {
    /// Connects to each of them but the provider.
    pub async fn without_provider(init: &Init) -> Result<Self, InitError> {
        Self::of(init, Payments::connect(init).await?, NoProvider).await
    }
}

impl Settlement {
    /// Connects to each of them.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let payments = Payments::connect(init).await?;
        let provider = Provider::connect(init, payments.clone()).await?;
        Self::of(init, payments, provider).await
    }

    /// Applies what the provider decided about a payment, which it knows as `reference`, and answers the payment as it is then.
    pub async fn settle(
        &self,
        call: &Call,
        id: PaymentId,
        reference: Option<&PaymentReference>,
        outcome: &Outcome,
    ) -> Result<Payment, Problem> {
        for _ in 0..MAX_ROUNDS {
            let (order, payment) = self.read(id).await?;
            let payment = payment.known_as(reference);
            let mut decided = settled(order.clone(), payment.clone(), outcome, true, call.now)?;
            let mut plan = None;
            if decided.goods == Goods::Buy {
                plan = self.stock.plan(&moving::lines(&order)).await?.ok();
                if plan.is_none() {
                    decided = settled(order.clone(), payment.clone(), outcome, false, call.now)?;
                }
            }
            if decided.is_nothing() {
                let payment = self.note_closed(call, payment, outcome).await?;
                return Ok(self.send_back(call, payment).await);
            }
            if let Some(payment) = self.carry_out(call, &order, payment, decided, plan.as_ref()).await? {
                return Ok(self.send_back(call, payment).await);
            }
        }
        Err(Problem::unavailable(format!("payment {id} changed again and again while it was settled")))
    }

    /// Writes down that the provider sends no money for a payment that was given up, so that it is not asked again.
    async fn note_closed(
        &self,
        call: &Call,
        payment: Payment,
        outcome: &Outcome,
    ) -> Result<Payment, Problem> {
        if !matches!(outcome, Outcome::Failed(_)) {
            return Ok(payment);
        }
        match payment.clone().closed() {
            Some(closed) => self.note(call, closed).await,
            None => Ok(payment),
        }
    }
}

impl<P> Settlement<P> {
    async fn of(init: &Init, payments: Payments, provider: P) -> Result<Self, InitError> {
        Ok(Self {
            dynamo: init.dynamo(),
            journal: Journal::connect(init).await?,
            orders: Orders::connect(init).await?,
            payments,
            stock: Stock::connect(init).await?,
            provider,
        })
    }

    /// The payment and its order.
    async fn read(&self, id: PaymentId) -> Result<(Order, Payment), Problem> {
        let payment = self.payments.find(id).await?.ok_or_else(unknown_payment)?;
        let order = self.reload(payment.order_id).await?;
        Ok((order, payment))
    }

    /// Writes a note about a payment down. When the payment has changed meanwhile the note is not needed any more, or made again at the next look.
    pub(crate) async fn note(&self, call: &Call, noted: Payment) -> Result<Payment, Problem> {
        let write = self.payments.note(&noted)?.map(|_| Changed);
        if self.made(call, vec![write]).await? {
            return Ok(Payment { notes: noted.notes + 1, ..noted });
        }
        self.payments.find(noted.id).await?.ok_or_else(unknown_payment)
    }

    /// Makes what was decided about `order` and its payment true, in one transaction. Answers the payment as it is then; `None` when something
    /// has changed since it was read, and nothing was done.
    async fn carry_out(
        &self,
        call: &Call,
        order: &Order,
        payment: Payment,
        decided: Decision,
        plan: Option<&Plan>,
    ) -> Result<Option<Payment>, Problem> {
        let writes = self.in_writing(call, order, &decided, plan).await?;
        let made = self.made(call, writes).await?;
        Ok(made.then(|| decided.payment.map_or(payment, |moved| moved.payment)))
    }

    /// Whether `writes` were made, and not refused because something has changed.
    pub(crate) async fn made(&self, call: &Call, writes: Vec<Write<Changed>>) -> Result<bool, Problem> {
        match self.dynamo.transact(call, writes).await {
            Ok(()) => Ok(true),
            Err(TransactError::Refused(_)) => Ok(false),
            Err(TransactError::Failed(problem)) => Err(problem),
        }
    }

    /// The writes of a decision.
    pub(crate) async fn in_writing(
        &self,
        call: &Call,
        order: &Order,
        decided: &Decision,
        plan: Option<&Plan>,
    ) -> Result<Vec<Write<Changed>>, Problem> {
        let mut writes = self.goods(call, order, decided.goods, plan).await?;
        if let Some(moved) = &decided.payment {
            writes.extend(changed(self.payments.update(&self.journal, call, moved)?));
        }
        match &decided.order {
            OrderChange::Stays => {}
            OrderChange::Moves(moved) => {
                writes.extend(changed(self.orders.update(&self.journal, call, moved)?));
            }
            OrderChange::Shows(order) => writes.push(self.orders.note_payment(order)?.map(|_| Changed)),
        }
        Ok(writes)
    }

    /// The writes that move an order's goods.
    async fn goods(
        &self,
        call: &Call,
        order: &Order,
        goods: Goods,
        plan: Option<&Plan>,
    ) -> Result<Vec<Write<Changed>>, Problem> {
        let stock = &self.stock;
        let writes = match goods {
            Goods::Stay => Vec::new(),
            Goods::Sell(id) => stock.confirm(call, &self.taken(id).await?)?,
            Goods::Release(id) => stock.release(call, &self.taken(id).await?)?,
            Goods::TakeBack(id) => stock.take_back(call, &self.taken(id).await?)?,
            Goods::Buy => {
                let plan = plan.ok_or_else(|| Problem::internal("goods are bought without a plan"))?;
                stock.buy(call, order.next_reservation_id(), order.id, Some(order.user_id), plan)?
            }
        };
        Ok(changed(writes).collect())
    }

    pub(crate) async fn taken(&self, id: kernel::ReservationId) -> Result<Reservation, Problem> {
        let reservation = self.stock.reservation(id).await?;
        reservation.ok_or_else(|| Problem::internal(format!("reservation {id} is gone")))
    }

    /// The order as it is now.
    pub(crate) async fn reload(&self, id: OrderId) -> Result<Order, Problem> {
        self.orders.find(id).await?.ok_or_else(|| lost_order(id))
    }
}

pub(crate) fn changed<R>(writes: Vec<Write<R>>) -> impl Iterator<Item = Write<Changed>> {
    writes.into_iter().map(|write| write.map(|_| Changed))
}

pub(crate) fn unknown_payment() -> Problem {
    Problem::not_found("There is no such payment.")
}

pub(crate) fn lost_order(id: OrderId) -> Problem {
    Problem::internal(format!("order {id} is gone"))
}
