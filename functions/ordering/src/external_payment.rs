//! Money that was received outside of this system: in cash, or by another system that reports it. No provider has such a payment.

use kernel::{NewEvent, PaymentId, PaymentStatus, Problem, Timestamp};
use orders::refusal::TransitionRefusal;
use orders::view::etag;
use orders::{Command, Order, PaymentSummary, State, Status};
use payments::external::ExternalPayment;
use payments::method::Method;
use payments::payment::{self, Payment};
use platform::dynamo::Write;
use platform::http::Precondition;
use platform::{InvocationContext, StaleRetry};

use crate::refusal::Unpayable;
use crate::settlement::decision::defect;
use crate::settlement::{Changed, Settlement, changed, goods_changed};

impl<P> Settlement<P> {
    /// Records that the money for `order` was received outside, as `external` states where it is known. One transaction: the payment, of the method
    /// [`Method::External`], which begins and succeeds at once and is journalled as that; the order is paid; its goods are sold.
    ///
    /// Returns the order as it is then. One that is paid already stays as it is, so that a repeat changes nothing; [`Unpayable`] inside is one that
    /// can't be paid. 412 `etag_mismatch` when its version differs from the one in `expected`.
    pub async fn settle_outside(
        &self,
        call: &InvocationContext,
        expected: &Precondition,
        mut order: Order,
        external: Option<&ExternalPayment>,
    ) -> Result<Result<Order, Unpayable>, Problem> {
        let mut retry = StaleRetry::of("the order that was being paid", call);
        loop {
            retry.begin().await?;
            expected.check("order", &etag(&order))?;
            if is_paid(&order) {
                return Ok(Ok(order));
            }
            if let Some(why) = unpayable(&order, call.now) {
                return Ok(Err(Unpayable { order, why }));
            }
            let (paid, writes) = self.received(call, order, external).await?;
            if self.made(call, writes).await? {
                return Ok(Ok(paid));
            }
            order = self.reload(paid.id).await?;
        }
    }

    /// The order once it is paid, and the writes for it.
    async fn received(
        &self,
        call: &InvocationContext,
        mut order: Order,
        external: Option<&ExternalPayment>,
    ) -> Result<(Order, Vec<Write<Changed>>), Problem> {
        let id = order.id;
        let State::AwaitingPayment(state) = &order.state else {
            return Err(Problem::internal(format!("order {id} does not wait for its payment")));
        };
        let reservation = self.taken(state.reservation_id).await?;
        let mut writes: Vec<_> = goods_changed(self.stock.confirm(call, &reservation)?).collect();
        let (payment, event) = succeeded(&order, external.cloned(), call)?;
        writes.extend(changed(self.payments.insert(&self.journal, call, &payment, event)?));
        let summary =
            PaymentSummary { payment_id: payment.id, status: PaymentStatus::Pending, payment_url: None };
        order.payment = Some(summary);
        let moved = order.pay(call.now).map_err(defect)?;
        writes.extend(changed(self.orders.update(&self.journal, call, &moved)?));
        Ok((moved.order, writes))
    }
}

/// The id of the external payment of an order, which is derived from the order's, so that there is one.
pub(crate) fn payment_id(order: &Order) -> PaymentId {
    PaymentId::derived(&format!("external/{}", order.id))
}

/// The payment: its success is its first event.
fn succeeded(
    order: &Order,
    external: Option<ExternalPayment>,
    call: &InvocationContext,
) -> Result<(Payment, NewEvent), Problem> {
    let begun = Payment {
        id: payment_id(order),
        order_id: order.id,
        order_number: order.number,
        user_id: order.user_id,
        amount: order.total,
        method: Method::External,
        asked: None,
        external,
        receipt: None,
        sent_at: None,
        reference: None,
        state: payment::State::Pending,
        watch: None,
        created_at: call.now,
        updated_at: call.now,
        version: 0,
        notes: 0,
    };
    let moved = begun.succeed(order.total, call.now)?;
    let event = moved.as_ref().and_then(|moved| moved.events.first().cloned());
    let pair = moved.map(|moved| moved.payment).zip(event);
    pair.ok_or_else(|| Problem::internal("a payment that begins has succeeded already"))
}

fn is_paid(order: &Order) -> bool {
    matches!(order.status(), Status::Paid | Status::Confirmed | Status::Shipped | Status::Delivered)
}

/// The reason for which no payment can begin for `order`, nor money be received for it, at `now`.
pub(crate) fn unpayable(order: &Order, now: Timestamp) -> Option<TransitionRefusal> {
    let has_begun = order.payment.as_ref().is_some_and(|payment| payment.status != PaymentStatus::Failed);
    match &order.state {
        State::AwaitingPayment(_) if has_begun => Some(TransitionRefusal::PaymentInProgress),
        State::AwaitingPayment(state) if state.expires_at <= now => Some(TransitionRefusal::Expired),
        State::AwaitingPayment(_) => None,
        _ => Some(TransitionRefusal::NotAllowed(Command::Pay)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::{Actor, Currency, Money, OrderNumber, UserId};
    use orders::Placement;

    use super::*;

    fn call() -> InvocationContext {
        InvocationContext::new(0, "test".to_owned(), Actor::system("test"))
    }

    fn placed(call: &InvocationContext) -> Order {
        let total = Money::new(7_500, Currency::from_code("RUB").unwrap()).unwrap();
        let placement = Placement {
            number: OrderNumber::try_from(42).unwrap(),
            user_id: UserId::numbered(7),
            lines: Vec::new(),
            total,
            address: None,
            details: orders::Details::default(),
            cart_snapshot: None,
            holder: None,
            ends_at: None,
            from_cart: false,
            pricing: None,
            buyer: orders::buyer::Buyer::default(),
        };
        Order::place(placement, None, call.now, call.now.plus(Duration::from_mins(10))).unwrap().0
    }

    #[test]
    fn the_payment_begins_and_succeeds_at_once() {
        let call = call();
        let order = placed(&call);
        let (payment, event) = succeeded(&order, None, &call).unwrap();
        assert_eq!((payment.version, payment.status()), (1, PaymentStatus::Succeeded));
        assert!(payment.watch.is_none() && payment.asked.is_none(), "no provider is asked about it");
        assert_eq!((event.sequence, event.kind), (1, "payments.payment_succeeded"));
        assert_eq!((&event.data["method"], &event.data["amount"]), (&"external".into(), &7_500.into()));
        assert_eq!(succeeded(&order, None, &call).unwrap().0.id, payment.id, "an order is paid once");
    }

    #[test]
    fn only_what_waits_is_payable() {
        let mut call = call();
        let order = placed(&call);
        let why = |order: &Order, call: &InvocationContext| unpayable(order, call.now);
        assert_eq!(why(&order, &call), None);
        let summary = PaymentSummary {
            payment_id: PaymentId::derived("p"),
            status: PaymentStatus::Pending,
            payment_url: None,
        };
        assert_eq!(
            why(&order.clone().note_payment(summary), &call),
            Some(TransitionRefusal::PaymentInProgress)
        );
        let not_allowed = Some(TransitionRefusal::NotAllowed(Command::Pay));
        let paid = order.clone().pay(call.now).unwrap().order;
        assert!(is_paid(&paid) && why(&paid, &call) == not_allowed);
        let cancelled = order.clone().cancel(None, call.now).unwrap().order;
        assert!(!is_paid(&cancelled) && why(&cancelled, &call) == not_allowed);
        call.now = order.expires_at().unwrap();
        assert_eq!(why(&order, &call), Some(TransitionRefusal::Expired));
    }
}
