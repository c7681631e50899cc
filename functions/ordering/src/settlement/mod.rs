//! The transitions of a placed order and their effects on payment and stock: one transaction each.
//!
//! | module | contents |
//! |---|---|
//! | this file | a decided payment, and the execution of decisions |
//! | [`decision`] | decisions from the state that was read; pure |
//! | [`cancel`] | cancellation, before payment or after |
//! | [`provider_status`] | the provider's statements about a payment, in a response or in a message |
//! | [`reserve`] | reserving its goods, and the fulfilment steps |
//! | [`refund`] | refunds |
//! | [`reinstate`] | taking again what an ended order gave back: its goods and the uses of its promotions |
//! | [`reconcile`] | polling the provider about what stays undecided |
//!
//! Every settlement is idempotent and accepts any order of arrival. State that changed while it ran is read again.

use cart::Carts;
use kernel::{Money, OrderId, PaymentId, Problem};
use orders::{Order, Orders};
use payments::payment::{Outcome, Payment};
use payments::provider::PaymentReference;
use payments::providers::{NoProvider, Provider};
use payments::refusal::PaymentRefusal;
use payments::store::Payments;
use platform::dynamo::{Commit, Dynamo, FailedCondition, Write};
use platform::journal::Journal;
use platform::metrics::Metrics;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use pricing::UseCounters;
use stock::{Contradiction, Plan, Reservation, Stock, StockRefusal, sole_contradiction};

use self::decision::{Decision, Goods, OrderChange, refunded_unsettled, settled};
use self::on_decline::OnDecline;
use crate::receipts::Receipts;

/// Counts payments that need a person: money that could not be settled, a refund that the provider does not make, a second payment.
const NEEDS_OPERATOR: &str = "PaymentsNeedOperator";

mod cancel;
pub(crate) mod decision;
#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod interleavings;
pub(crate) mod on_decline;
mod provider_status;
mod reconcile;
mod refund;
mod reinstate;
mod reserve;

pub use cancel::Cancelling;
pub use reconcile::PollOutcome;
pub use reserve::{Reserve, Reserving};

/// The reasons for which a write of a settlement was refused.
pub(crate) enum Changed {
    /// Something changed since it was read.
    Meanwhile,
    /// A stock row does not have what the order's reservation took from it.
    Contradicted(Contradiction),
}

/// The contexts that settling needs. With [`NoProvider`] it does everything that needs no provider call.
#[derive(Clone)]
pub struct Settlement<P = Provider> {
    pub(crate) dynamo: Dynamo,
    pub(crate) journal: Journal,
    pub(crate) orders: Orders,
    pub(crate) payments: Payments,
    pub(crate) stock: Stock,
    pub(crate) carts: Carts,
    pub(crate) uses: UseCounters,
    pub(crate) on_decline: OnDecline,
    pub(crate) provider: P,
    /// Absent where the merchant sends no receipts.
    pub(crate) receipts: Option<Receipts>,
    pub(crate) metrics: Metrics,
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
        let provider = Provider::from_init(init, payments.clone())?;
        Self::of(init, payments, provider).await
    }

    /// Applies the provider's decision about `payment`, as it was read last, which the provider knows as `reference`, and returns it as it is then.
    ///
    /// Money that came never stays without an order: where a permanent refusal prevents its settlement, the money is recorded and refunded.
    pub async fn settle(
        &self,
        call: &InvocationContext,
        payment: Payment,
        reference: Option<&PaymentReference>,
        outcome: &Outcome,
    ) -> Result<Payment, Problem> {
        let id = payment.id;
        // Boxed, since it is large and a part of many.
        match Box::pin(self.settle_as_decided(call, payment, reference, outcome)).await {
            Err(problem) if !problem.kind.retryable() => {
                self.call_operator(id, "a payment could not be settled", &problem);
                let Outcome::Succeeded(captured) = outcome else { return Err(problem) };
                // Boxed: it is large, and almost never needed.
                Box::pin(self.refund_unsettled(call, id, reference, *captured)).await
            }
            settled => settled,
        }
    }

    async fn settle_as_decided(
        &self,
        call: &InvocationContext,
        payment: Payment,
        reference: Option<&PaymentReference>,
        outcome: &Outcome,
    ) -> Result<Payment, Problem> {
        let (id, mut known) = (payment.id, Some(payment));
        let mut retry = StaleRetry::of("the payment that was being settled", call);
        loop {
            retry.begin().await?;
            let (order, payment) = match known.take() {
                Some(payment) => (self.reload(payment.order_id).await?, payment),
                None => self.read(id).await?,
            };
            let payment = payment.known_as(reference);
            let mut decided =
                settled(order.clone(), payment.clone(), outcome, true, self.on_decline, call.now)?;
            let mut plan = None;
            if decided.goods == Goods::Buy {
                plan = self.plan_again(&order).await?;
                if plan.is_none() {
                    let (order, payment) = (order.clone(), payment.clone());
                    decided = settled(order, payment, outcome, false, self.on_decline, call.now)?;
                }
            }
            if decided.is_nothing() {
                let payment = self.note_closed(call, payment, outcome).await?;
                return Ok(self.process_refunds(call, payment).await);
            }
            if let Some(payment) = self.execute(call, &order, payment, decided, plan.as_ref()).await? {
                return Ok(self.process_refunds(call, payment).await);
            }
        }
    }

    /// Records money that could not be settled, and refunds it. The order that waits for it is cancelled, unless just that is refused.
    async fn refund_unsettled(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        reference: Option<&PaymentReference>,
        captured: Money,
    ) -> Result<Payment, Problem> {
        let mut with_order = true;
        let mut retry = StaleRetry::of("the payment that was being refunded", call);
        loop {
            retry.begin().await?;
            let (order, payment) = self.read(id).await?;
            let payment = payment.known_as(reference);
            let decided = refunded_unsettled(order.clone(), payment.clone(), captured, with_order, call.now)?;
            if decided.is_nothing() {
                return Ok(self.process_refunds(call, payment).await);
            }
            match self.execute(call, &order, payment, decided, None).await {
                Ok(Some(payment)) => return Ok(self.process_refunds(call, payment).await),
                Ok(None) => {}
                Err(problem) if with_order && !problem.kind.retryable() => with_order = false,
                Err(problem) => return Err(problem),
            }
        }
    }

    /// Records that the provider sends no money for a payment that was given up, so that it is not polled again.
    async fn note_closed(
        &self,
        call: &InvocationContext,
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
    /// Counts and logs a payment that needs a person: an alarm stands on the count.
    pub(crate) fn call_operator(&self, id: PaymentId, what: &str, why: &dyn std::fmt::Display) {
        tracing::error!(payment_id = %id, %why, "{what}");
        self.metrics.count(&[(NEEDS_OPERATOR, 1)]);
    }

    async fn of(init: &Init, payments: Payments, provider: P) -> Result<Self, InitError> {
        Ok(Self {
            dynamo: init.dynamo(),
            journal: Journal::connect(init).await?,
            orders: Orders::connect(init).await?,
            payments,
            stock: Stock::connect(init).await?,
            carts: Carts::connect(init).await?,
            uses: UseCounters::connect(init).await?,
            on_decline: init.optional("ON_DECLINE", OnDecline::default())?,
            provider,
            receipts: Receipts::connect(init).await?,
            metrics: Metrics::from_init(init)?,
        })
    }

    /// The payment and its order.
    async fn read(&self, id: PaymentId) -> Result<(Order, Payment), Problem> {
        let payment = self.payments.find(id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
        let order = self.reload(payment.order_id).await?;
        Ok((order, payment))
    }

    /// Writes an annotation of a payment. When the payment has changed meanwhile, the annotation is not needed any more, or is repeated at the next
    /// poll.
    pub(crate) async fn note(&self, call: &InvocationContext, noted: Payment) -> Result<Payment, Problem> {
        let write = self.payments.note(&noted)?.map(|_| Changed::Meanwhile);
        if self.made(call, vec![write]).await? {
            return Ok(Payment { notes: noted.notes + 1, ..noted });
        }
        self.payments.find(noted.id).await?.ok_or_else(|| PaymentRefusal::UnknownPayment.into())
    }

    /// Commits a decision about `order` and its payment in one transaction. Returns the payment as it is then; `None` when something has changed
    /// since it was read, and nothing was done.
    async fn execute(
        &self,
        call: &InvocationContext,
        order: &Order,
        payment: Payment,
        decided: Decision,
        plan: Option<&Plan>,
    ) -> Result<Option<Payment>, Problem> {
        let writes = self.to_writes(call, order, &decided, plan).await?;
        let made = self.made(call, writes).await?;
        Ok(made.then(|| decided.payment.map_or(payment, |moved| moved.payment)))
    }

    /// True when `writes` were committed; false when they were refused because something has changed. A stock row that refuses though nothing has
    /// changed is a defect, and the problem says so.
    pub(crate) async fn made(
        &self,
        call: &InvocationContext,
        writes: Vec<Write<Changed>>,
    ) -> Result<bool, Problem> {
        match self.dynamo.commit(call, writes).await? {
            Commit::Committed => Ok(true),
            Commit::Refused(refused) => {
                if let Some(contradiction) = contradiction(&refused) {
                    self.stock.report(contradiction).await?;
                }
                Ok(false)
            }
        }
    }

    /// The writes of a decision.
    pub(crate) async fn to_writes(
        &self,
        call: &InvocationContext,
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
                writes.extend(self.cart(call, &moved.order).await?);
                writes.extend(self.promotions(order, &moved.order)?);
            }
            OrderChange::Shows(order) => {
                writes.push(self.orders.note_payment(order)?.map(|_| Changed::Meanwhile));
            }
        }
        Ok(writes)
    }

    /// The write that puts the lines and the promotion codes of a declined order back into the cart that it came from, so that its customer can try again.
    async fn cart(&self, call: &InvocationContext, order: &Order) -> Result<Option<Write<Changed>>, Problem> {
        if !order.from_cart || !order.is_declined() || order.account_deleted {
            return Ok(None);
        }
        let lines = order.lines.iter().map(|line| (line.sku.clone(), line.quantity));
        let promotions = order.pricing.iter().flat_map(|pricing| &pricing.priced.promotions);
        let codes = promotions.filter_map(|promotion| promotion.code.clone());
        let back = self.carts.put_back(call, crate::cart_owner(order), lines, codes).await?;
        Ok(back.map(|write| write.map(|_| Changed::Meanwhile)))
    }

    /// The writes that change the state of an order's goods.
    async fn goods(
        &self,
        call: &InvocationContext,
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
        Ok(goods_changed(writes).collect())
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
    writes.into_iter().map(|write| write.map(|_| Changed::Meanwhile))
}

/// As [`changed`], for goods that are sold or returned to stock.
pub(crate) fn goods_changed(writes: Vec<Write<StockRefusal>>) -> impl Iterator<Item = Write<Changed>> {
    let changed = |refusal| match refusal {
        StockRefusal::Contradicted(contradiction) => Changed::Contradicted(contradiction),
        StockRefusal::Taken(_) | StockRefusal::ReservationChanged => Changed::Meanwhile,
    };
    writes.into_iter().map(move |write| write.map(changed))
}

/// The internal error that explains a refused settlement, if nothing else does.
fn contradiction(refused: &[FailedCondition<Changed>]) -> Option<&Contradiction> {
    sole_contradiction(refused, |reason| match reason {
        Changed::Contradicted(contradiction) => Some(contradiction),
        Changed::Meanwhile => None,
    })
}

pub(crate) fn lost_order(id: OrderId) -> Problem {
    Problem::internal(format!("order {id} is gone"))
}

#[cfg(test)]
mod tests {
    use stock::ReservationStatus;
    use stock::drift::StockRowKey;

    use super::*;

    fn refused(reasons: Vec<Changed>, contended: bool) -> Vec<FailedCondition<Changed>> {
        reasons.into_iter().map(|reason| FailedCondition { reason, current: None, contended }).collect()
    }

    fn row() -> Changed {
        let place = stock::allocation::StockLocation { warehouse: "msk-1".parse().unwrap(), lane: 0 };
        Changed::Contradicted(Contradiction {
            spot: StockRowKey { sku: "A-1".parse().unwrap(), place },
            reservation_id: kernel::ReservationId::derived("a"),
            status: ReservationStatus::Reserved,
        })
    }

    /// Otherwise it would be settled again and again, and reported as busy for ever.
    #[test]
    fn a_row_that_refuses_by_itself_is_no_change() {
        assert!(contradiction(&refused(vec![row()], false)).is_some());
        assert!(contradiction(&refused(vec![row(), Changed::Meanwhile], false)).is_none());
        assert!(contradiction(&refused(vec![row()], true)).is_none(), "a transaction is under way");
    }
}
