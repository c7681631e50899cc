//! One attempt to place an order: the order that the stock allows, and the writes that create it.

use kernel::{NewEvent, PaymentId, PaymentStatus, Problem, Timestamp};
use orders::{Order, PaymentSummary, Placement};
use payments::payment::Payment;
use platform::Call;
use platform::dynamo::Write;
use platform::http::Request;
use stock::{Plan, Shortage, StockRefusal};

use super::refusal::Refusal;
use super::{PaymentTerms, PlaceOrder};
use crate::settlement::decision::defect;
use crate::to_pay;

/// An order with the payment and the writes that create it, not yet written.
pub(super) struct PreparedOrder {
    pub(super) order: Order,
    pub(super) payment: Option<Payment>,
    /// The problem to respond with when the order failed for lack of stock.
    pub(super) refused: Option<Problem>,
    pub(super) writes: Vec<Write<Refusal>>,
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

impl<P> PlaceOrder<P> {
    /// Returns the order that `supply` allows, and the writes that create it.
    pub(super) fn attempt(
        &self,
        call: &Call,
        request: &Request,
        placement: Placement,
        payment_id: PaymentId,
        supply: StockPlan,
        terms: &PaymentTerms,
    ) -> Result<PreparedOrder, Problem> {
        match supply {
            StockPlan::NotRequested => {
                let (order, event) = Order::create(placement, call.now)?;
                self.inserted(call, order, vec![event])
            }
            StockPlan::Short(shortages) => {
                let (order, event) = Order::fail(placement, call.now)?;
                let refused = shortage(&shortages, &order);
                Ok(PreparedOrder { refused: Some(refused), ..self.inserted(call, order, vec![event])? })
            }
            StockPlan::Plan(plan, _) if placement.total.amount() == 0 => self.free(call, placement, &plan),
            StockPlan::Plan(plan, until) => {
                let summary = matches!(terms, PaymentTerms::PayNow(_)).then(|| PaymentSummary {
                    payment_id,
                    status: PaymentStatus::Pending,
                    payment_url: None,
                });
                let (order, event) = Order::place(placement, summary, call.now, until)?;
                let mut prepared = self.inserted(call, order, vec![event])?;
                let (stock, order) = (&self.initiator.settlement.stock, &prepared.order);
                let reservation = Order::reservation_id(order.id, order.version);
                let taken = stock.reserve(call, reservation, order.id, Some(order.user_id), &plan)?;
                prepared.writes.extend(map_refusals(taken, stock_refusal));
                self.with_payment(call, request, prepared, terms)
            }
        }
    }

    /// Prepares an order that costs nothing: it is paid as it is placed, and its goods are sold. No provider accepts a payment of nothing.
    fn free(&self, call: &Call, placement: Placement, plan: &Plan) -> Result<PreparedOrder, Problem> {
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
    fn inserted(&self, call: &Call, order: Order, events: Vec<NewEvent>) -> Result<PreparedOrder, Problem> {
        let s = &self.initiator.settlement;
        let writes = s.orders.insert(&s.journal, call, &order, events)?;
        let writes = map_refusals(writes, |_| Refusal::Number).collect();
        Ok(PreparedOrder { order, payment: None, refused: None, writes })
    }

    /// The prepared order with the payment that begins at once, if one does.
    fn with_payment(
        &self,
        call: &Call,
        request: &Request,
        mut prepared: PreparedOrder,
        terms: &PaymentTerms,
    ) -> Result<PreparedOrder, Problem> {
        let (s, order) = (&self.initiator.settlement, &prepared.order);
        if let (PaymentTerms::PayNow(instrument), Some(summary)) = (terms, &order.payment) {
            let asked = self.initiator.asked(request, order.number, instrument.clone());
            let (begun, event) = Payment::begin(summary.payment_id, &to_pay(order), asked, call.now)?;
            let inserted = s.payments.insert(&s.journal, call, &begun, event)?;
            prepared.writes.extend(map_refusals(inserted, |_| Refusal::Defect));
            prepared.payment = Some(begun);
        }
        Ok(prepared)
    }
}

/// The shortages, and the order that records the attempt.
fn shortage(shortages: &[Shortage], order: &Order) -> Problem {
    let problem =
        shortages.first().map_or_else(|| Problem::internal("a shortage of nothing"), Shortage::problem);
    problem.with("orderId", order.id.to_string()).with("number", order.number.get())
}

pub(super) fn map_refusals<R>(
    writes: Vec<Write<R>>,
    map: fn(R) -> Refusal,
) -> impl Iterator<Item = Write<Refusal>> {
    writes.into_iter().map(move |write| write.map(map))
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
