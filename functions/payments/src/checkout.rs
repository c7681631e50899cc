//! From a cart to an order that waits for its payment.
//!
//! One transaction places the order: it puts the order and its journal row, takes every line from its stock rows, puts the reservation and
//! the payment, empties the cart at the version that was read, and marks the idempotency key. Then the payment is begun at the provider, and a
//! second, small transaction keeps the page's address and the answer. A process that dies in between leaves an order that the same request,
//! repeated with the same key, finds and carries on; without a key the order expires.

use std::time::Duration;

use cart::Carts;
use catalog::Catalog;
use kernel::{NewEvent, OrderId, OrderNumber, PaymentId, Problem, UserId};
use orders::draft::{Short, draft};
use orders::order::Placement;
use orders::view::OrderView;
use orders::{Address, Draft, Order, OrderRefusal, PaymentStatus, PaymentSummary};
use platform::dynamo::{Refused, TransactError, Write};
use platform::http::{Reply, Request};
use platform::idempotency::{self, Attempt, Begun, Idempotency};
use platform::{Call, Init, InitError};
use serde::Serialize;
use stock::{Line, StockRefusal};

use crate::links::Links;
use crate::method::Method;
use crate::payment::Payment;
use crate::sandbox::Started;
use crate::settlement::{Changed, Settlement};

/// Seconds in which an order has to be paid when `PAYMENT_WINDOW_SECONDS` says nothing else.
pub const DEFAULT_WINDOW_SECONDS: u64 = 600;
/// How often placing starts over because someone else took the planned goods, or drew the same number.
const MAX_ROUNDS: u32 = 6;

/// What checking out needs.
pub struct Checkout {
    settlement: Settlement,
    catalog: Catalog,
    carts: Carts,
    idempotency: Idempotency,
    links: Links,
    window: Duration,
}

/// What a customer wants.
pub struct Wish {
    /// Where it goes.
    pub address: Option<Address>,
    /// How it is paid.
    pub method: Method,
}

/// Why the placing transaction was refused.
enum Refusal {
    Number,
    Stock,
    Cart,
    Key,
    Defect,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(flatten)]
    order: OrderView,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_url: Option<String>,
}

/// An order that was placed, with its payment.
struct Placed {
    order: Order,
    payment: Payment,
}

impl Checkout {
    /// Connects to everything that checking out touches.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let window = init.optional("PAYMENT_WINDOW_SECONDS", DEFAULT_WINDOW_SECONDS)?;
        if window == 0 {
            return Err(InitError::new("PAYMENT_WINDOW_SECONDS", "must be at least 1"));
        }
        Ok(Self {
            settlement: Settlement::connect(init).await?,
            catalog: Catalog::connect(init).await?,
            carts: Carts::connect(init).await?,
            idempotency: Idempotency::connect(init).await?,
            links: Links::from_init(init)?,
            window: Duration::from_secs(window),
        })
    }

    /// Checks out the cart of `user`.
    pub async fn run(
        &self,
        call: &Call,
        request: &Request,
        user: UserId,
        wish: Wish,
    ) -> Result<Reply, Problem> {
        let caller = user.to_string();
        let begun = self.idempotency.begin(call, &caller, request);
        let (begun, cart) = futures_util::future::join(begun, self.carts.load(user)).await;
        let (attempt, placed) = match begun? {
            Begun::Replay(reply) => return Ok(reply),
            Begun::Interrupted(attempt, order) => (attempt, self.find_placed(&order).await?),
            Begun::Fresh(attempt) => match self.place(call, user, cart?, &wish, &attempt).await? {
                Some(placed) => (attempt, placed),
                // Someone else used the key a moment ago: their answer is this one's, or they still run.
                None => match self.idempotency.begin(call, &caller, request).await? {
                    Begun::Replay(reply) => return Ok(reply),
                    Begun::Fresh(_) | Begun::Interrupted(..) => return Err(idempotency::in_progress()),
                },
            },
        };
        self.start_payment(call, request, &attempt, placed).await
    }

    /// The order that an interrupted request placed.
    async fn find_placed(&self, order: &str) -> Result<Placed, Problem> {
        let lost =
            || Problem::internal(format!("the idempotency record names order {order}, which is not there"));
        let id: OrderId = order.parse().map_err(|_| lost())?;
        let order = self.settlement.orders.find(id).await?.ok_or_else(lost)?;
        let payment_id = order.payment.as_ref().map(|payment| payment.payment_id).ok_or_else(lost)?;
        let payment = self.settlement.payments.find(payment_id).await?.ok_or_else(lost)?;
        Ok(Placed { order, payment })
    }

    /// Places the order; `None` when another request with the same key was faster.
    async fn place(
        &self,
        call: &Call,
        user: UserId,
        cart: cart::Cart,
        wish: &Wish,
        attempt: &Attempt,
    ) -> Result<Option<Placed>, Problem> {
        if cart.lines.is_empty() {
            return Err(Problem::conflict("cart_empty", "There is nothing in the cart."));
        }
        let lines: Vec<Line> =
            cart.lines.iter().map(|(sku, quantity)| Line { sku: sku.clone(), quantity: *quantity }).collect();
        for _ in 0..MAX_ROUNDS {
            let placement = Placement {
                number: OrderNumber::generate(call.now),
                user_id: user,
                address: wish.address.clone(),
            };
            let draft = match draft(&self.catalog, &self.settlement.stock, &lines).await? {
                Ok(draft) => draft,
                Err(short) => return Err(self.record_failure(call, placement, short).await?),
            };
            let (placed, mut writes) = self.order_and_payment(call, placement, &draft, wish.method)?;
            let clear = self.carts.clear(user, cart.version)?;
            writes.push(clear.map(|_| Refusal::Cart));
            let resource = placed.order.id.to_string();
            let running = self.idempotency.running(call, attempt, &resource)?;
            writes.extend(running.map(|write| write.map(|_| Refusal::Key)));
            match self.settlement.dynamo.transact(call, writes).await {
                Ok(()) => return Ok(Some(placed)),
                Err(TransactError::Failed(problem)) => return Err(problem),
                Err(TransactError::Refused(refused)) => match worst(&refused) {
                    Refusal::Key => return Ok(None),
                    Refusal::Cart => return Err(cart_changed()),
                    Refusal::Defect => {
                        return Err(Problem::internal("a new payment or reservation exists already"));
                    }
                    Refusal::Stock | Refusal::Number => {}
                },
            }
        }
        Err(Problem::unavailable("the goods were taken by others again and again"))
    }

    /// The order and its payment, and the writes that make them.
    fn order_and_payment(
        &self,
        call: &Call,
        placement: Placement,
        draft: &Draft,
        method: Method,
    ) -> Result<(Placed, Vec<Write<Refusal>>), Problem> {
        let s = &self.settlement;
        let (user, order_id, payment_id) =
            (placement.user_id, placement.number.order_id(), PaymentId::generate());
        let summary = PaymentSummary { payment_id, status: PaymentStatus::Pending, payment_url: None };
        let expires_at = call.now.plus(self.window);
        let (order, placed) = Order::place(placement, draft, summary, call.now, expires_at)?;
        let (payment, begun) = Payment::begin(payment_id, order_id, user, draft.total, method, call.now)?;
        let mut writes = number_or_defect(s.orders.insert(&s.journal, call, &order, placed)?);
        let reservation = Order::reservation_id(order_id, order.version);
        let taken = s.stock.reserve(call, reservation, order_id, Some(user), &draft.plan)?;
        writes.extend(taken.into_iter().map(|write| write.map(stock_refusal)));
        let payment_writes = s.payments.insert(&s.journal, call, &payment, begun)?;
        writes.extend(payment_writes.into_iter().map(|write| write.map(|_| Refusal::Defect)));
        Ok((Placed { order, payment }, writes))
    }

    /// Keeps the attempt as a failed order, and answers what is short. The cart stays as it is.
    async fn record_failure(
        &self,
        call: &Call,
        placement: Placement,
        short: Short,
    ) -> Result<Problem, Problem> {
        let number = placement.number;
        let (order, event) = Order::fail(placement, short.lines, short.total, call.now)?;
        self.insert_failed(call, &order, event).await?;
        let problem = short.shortages.first().map_or_else(
            || Problem::internal("a shortage of nothing"),
            |shortage| shortage.problem().with("orderId", order.id.to_string()).with("number", number.get()),
        );
        Ok(problem)
    }

    async fn insert_failed(&self, call: &Call, order: &Order, event: NewEvent) -> Result<(), Problem> {
        let s = &self.settlement;
        let writes = s.orders.insert(&s.journal, call, order, event)?;
        match s.dynamo.transact(call, writes).await {
            Ok(()) => Ok(()),
            Err(TransactError::Refused(_)) => Err(Problem::unavailable("two orders drew the same number")),
            Err(TransactError::Failed(problem)) => Err(problem),
        }
    }

    /// Begins the payment at the provider, and keeps the answer.
    async fn start_payment(
        &self,
        call: &Call,
        request: &Request,
        attempt: &Attempt,
        placed: Placed,
    ) -> Result<Reply, Problem> {
        let s = &self.settlement;
        let Placed { order, payment } = placed;
        let mut writes: Vec<Write<Changed>> = Vec::new();
        let order = match s.sandbox.start(call, &payment, order.number).await? {
            Started::Pending(reference) => {
                let url = self.links.payment_page(request, reference);
                let summary = PaymentSummary {
                    payment_id: payment.id,
                    status: PaymentStatus::Pending,
                    payment_url: Some(url),
                };
                writes.push(s.orders.show_payment(&order, &summary)?.map(|_| Changed));
                order.with_payment(summary)
            }
            Started::Decided(outcome) => {
                s.settle(call, payment.id, &outcome).await?;
                let settled = s.orders.find(order.id).await?;
                settled.ok_or_else(|| Problem::internal(format!("order {} is gone", order.id)))?
            }
        };
        let id = order.id;
        let reply = reply(&order)?;
        let answered = self.idempotency.answered(call, attempt, &reply)?;
        writes.extend(answered.map(|write| write.map(|_| Changed)));
        if writes.is_empty() {
            return Ok(reply);
        }
        match s.dynamo.transact(call, writes).await {
            Ok(()) => Ok(reply),
            Err(TransactError::Failed(problem)) => Err(problem),
            // The order moved on between its placing and this answer: it is answered as it is now.
            Err(TransactError::Refused(_)) => {
                let now = s.orders.find(id).await?;
                self::reply(&now.ok_or_else(|| Problem::internal(format!("order {id} is gone")))?)
            }
        }
    }
}

fn reply(order: &Order) -> Result<Reply, Problem> {
    let payment_url = order.payment.as_ref().and_then(|payment| payment.payment_url.clone());
    Reply::created(&Answer { order: OrderView::of(order), payment_url })
}

fn number_or_defect(writes: Vec<Write<OrderRefusal>>) -> Vec<Write<Refusal>> {
    writes.into_iter().map(|write| write.map(|_| Refusal::Number)).collect()
}

fn stock_refusal(refusal: StockRefusal) -> Refusal {
    match refusal {
        StockRefusal::Taken(_) => Refusal::Stock,
        // The reservation's id comes from the order's, so another order with this number made it.
        StockRefusal::ReservationChanged => Refusal::Number,
    }
}

/// Of several refusals the one that decides what happens next: a key or a cart that is gone ends the attempt, stock and numbers are
/// planned anew.
fn worst(refused: &[Refused<Refusal>]) -> &Refusal {
    let find =
        |wanted: fn(&Refusal) -> bool| refused.iter().map(|one| &one.reason).find(|reason| wanted(reason));
    find(|reason| matches!(reason, Refusal::Key))
        .or_else(|| find(|reason| matches!(reason, Refusal::Cart)))
        .or_else(|| find(|reason| matches!(reason, Refusal::Defect)))
        .or_else(|| find(|reason| matches!(reason, Refusal::Stock)))
        .unwrap_or(&Refusal::Number)
}

fn cart_changed() -> Problem {
    Problem::conflict(
        "cart_changed",
        "The cart was changed or checked out in the meantime; look at it again.",
    )
}
