//! One attempt to place an order: the order that the stock allows, and the writes that create it.

use kernel::{NewEvent, OrderNumber, PaymentId, PaymentStatus, Problem, Timestamp, UserId};
use orders::draft::Priced;
use orders::holds::Held;
use orders::{Order, PaymentSummary, Placement};
use payments::payment::Payment;
use payments::receipt::Customer;
use platform::InvocationContext;
use platform::dynamo::Write;
use stock::{Plan, Shortage, StockRefusal};

use super::goods::OrderInput;
use super::refusal::Refusal;
use super::{PaymentTerms, PlaceOrder, PlaceOrderCommand};
use crate::settlement::decision::defect;

/// An order with the payment and the writes that create it, not yet written.
pub(super) struct PreparedOrder {
    pub(super) order: Order,
    pub(super) payment: Option<Payment>,
    /// The first shortage when the order failed for lack of stock.
    pub(super) shortage: Option<Shortage>,
    pub(super) writes: Vec<Write<Refusal>>,
}

/// The payment that begins with an order, if one does.
#[derive(Clone)]
pub(super) struct NewPayment {
    pub(super) id: PaymentId,
    /// The recipient of its receipt, where one is sent.
    pub(super) customer: Option<Customer>,
}

/// The stock available to an order.
pub(super) enum StockPlan {
    /// The order reserves nothing.
    NotRequested,
    /// The allocation of every unit, and the time by which the order has to be paid.
    Plan(Plan, Timestamp),
    /// Insufficient stock, with the shortages.
    Short(Vec<Shortage>),
}

impl StockPlan {
    /// True when there is too little.
    pub(super) fn is_short(&self) -> bool {
        matches!(self, Self::Short(_))
    }
}

impl<P> PlaceOrder<P> {
    /// The order that is about to be placed.
    pub(super) fn placement(
        &self,
        call: &InvocationContext,
        number: OrderNumber,
        owner: UserId,
        priced: Priced,
        (gathered, command): (&OrderInput, &PlaceOrderCommand),
    ) -> Placement {
        Placement {
            number,
            user_id: owner,
            lines: priced.lines,
            total: priced.total,
            pricing: priced.pricing,
            address: command.sale.address.clone(),
            buyer: command.sale.buyer.clone(),
            details: command.sale.details.clone(),
            cart_snapshot: gathered.snapshot.clone(),
            holder: command.holder.clone(),
            ends_at: Some(call.now.plus(self.lifetime)),
            from_cart: gathered.cart_version.is_some(),
        }
    }

    /// The writes that count the order: as unpaid, for its account and source address, and as a use of its promotions.
    pub(super) fn counted(
        &self,
        call: &InvocationContext,
        order: &Order,
        held: &[Held],
    ) -> Result<Vec<Write<Refusal>>, Problem> {
        let s = &self.initiator.settlement;
        let holding = map_refusals(s.orders.hold(call, order, held)?, |_| Refusal::Holds);
        let uses = map_refusals(s.uses.change(None, order.promotion_uses())?, Refusal::UsedUp);
        Ok(holding.chain(uses).collect())
    }

    /// Returns the order that `supply` allows, and the writes that create it.
    pub(super) fn attempt(
        &self,
        call: &InvocationContext,
        placement: Placement,
        payment: NewPayment,
        supply: StockPlan,
        command: &PlaceOrderCommand,
    ) -> Result<PreparedOrder, Problem> {
        match supply {
            StockPlan::NotRequested => {
                let (order, event) = Order::create(placement, call.now)?;
                self.inserted(call, order, vec![event])
            }
            StockPlan::Short(shortages) => {
                let (order, event) = Order::fail(placement, call.now)?;
                let shortage = shortages.into_iter().next();
                let shortage = shortage.ok_or_else(|| Problem::internal("a shortage of nothing"))?;
                Ok(PreparedOrder { shortage: Some(shortage), ..self.inserted(call, order, vec![event])? })
            }
            StockPlan::Plan(plan, _) if placement.total.amount() == 0 => self.free(call, placement, &plan),
            StockPlan::Plan(plan, until) => {
                let summary = command.terms.begins_payment().then_some(PaymentSummary {
                    payment_id: payment.id,
                    status: PaymentStatus::Pending,
                    payment_url: None,
                });
                let (order, event) = Order::place(placement, summary, call.now, until)?;
                let mut prepared = self.inserted(call, order, vec![event])?;
                let (stock, order) = (&self.initiator.settlement.stock, &prepared.order);
                let reservation = Order::reservation_id(order.id, order.version);
                let taken = stock.reserve(call, reservation, order.id, Some(order.user_id), &plan)?;
                prepared.writes.extend(map_refusals(taken, stock_refusal));
                self.with_payment(call, prepared, payment.customer, command)
            }
        }
    }

    /// Prepares an order that costs nothing: it is paid as it is placed, and its goods are sold. No provider accepts a payment of nothing.
    fn free(
        &self,
        call: &InvocationContext,
        placement: Placement,
        plan: &Plan,
    ) -> Result<PreparedOrder, Problem> {
        let (order, placed) = Order::place(placement, None, call.now, call.now)?;
        let reservation = Order::reservation_id(order.id, order.version);
        let paid = order.pay(call.now).map_err(defect)?;
        let mut prepared = self.inserted(call, paid.order, vec![placed, paid.event])?;
        let (stock, order) = (&self.initiator.settlement.stock, &prepared.order);
        let sold = stock.buy(call, reservation, order.id, Some(order.user_id), plan)?;
        prepared.writes.extend(map_refusals(sold, stock_refusal));
        Ok(prepared)
    }

    /// A new order after the transitions that emitted `events`, and its writes.
    fn inserted(
        &self,
        call: &InvocationContext,
        order: Order,
        events: Vec<NewEvent>,
    ) -> Result<PreparedOrder, Problem> {
        let s = &self.initiator.settlement;
        let writes = s.orders.insert(&s.journal, call, &order, events)?;
        let writes = map_refusals(writes, |_| Refusal::Number).collect();
        Ok(PreparedOrder { order, payment: None, shortage: None, writes })
    }

    /// The prepared order with the payment that begins at once, if one does.
    fn with_payment(
        &self,
        call: &InvocationContext,
        mut prepared: PreparedOrder,
        customer: Option<Customer>,
        command: &PlaceOrderCommand,
    ) -> Result<PreparedOrder, Problem> {
        let (s, order) = (&self.initiator.settlement, &prepared.order);
        if let (PaymentTerms::PayNow(instrument), Some(summary)) = (&command.terms, &order.payment) {
            let paid = self.initiator.to_pay(order, customer.as_ref());
            let asked = self.initiator.asked(&command.host, order, instrument.clone(), customer);
            let (begun, event) = Payment::begin(summary.payment_id, &paid, asked, call.now)?;
            let inserted = s.payments.insert(&s.journal, call, &begun, event)?;
            prepared.writes.extend(map_refusals(inserted, |_| Refusal::Defect));
            prepared.payment = Some(begun);
        }
        Ok(prepared)
    }
}

pub(super) fn map_refusals<R>(
    writes: Vec<Write<R>>,
    map: impl Fn(R) -> Refusal,
) -> impl Iterator<Item = Write<Refusal>> {
    writes.into_iter().map(move |write| write.map(&map))
}

fn stock_refusal(refusal: StockRefusal) -> Refusal {
    match refusal {
        StockRefusal::Taken(_) => Refusal::Stock,
        // The reservation's id comes from the order's, so another order with this number made it.
        StockRefusal::ReservationChanged => Refusal::Number,
        // Nothing is sold or given back here.
        StockRefusal::Contradicted(_) => Refusal::Defect,
    }
}
