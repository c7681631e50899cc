//! Placing an order, from a cart, from the lines of a request, or from a signed snapshot.
//!
//! One transaction places it: the order and its journal row, every line taken from its stock rows, the reservation, the payment if one
//! begins at once, the cart emptied at the version that was read, and the idempotency record. Where nothing is left to do, the answer
//! stands in that record at once. Where a payment begins, the record says that the request is running and names the order;
//! [`crate::initiator`] does the rest, and a repeat carries on there.

use std::time::Duration;

use cart::snapshot::SnapshotSecret;
use cart::{Cart, Carts};
use catalog::Catalog;
use kernel::{OrderNumber, PaymentId, Problem, UserId};
use orders::draft::{Priced, draft, priced};
use orders::holds::Held;
use orders::lifetime::unreserved_lifetime;
use orders::{Address, Holder, Order, Placement};
use platform::dynamo::{Patience, TransactError, Tried, Write};
use platform::http::{Reply, Request, Surface};
use platform::idempotency::{self, Attempt, Completion, Done};
use platform::{Call, Init, InitError};
use stock::KnownStock;

use self::attempt::{PreparedOrder, StockPlan, map_refusals};
use self::goods::OrderInput;
use self::refusal::{Refusal, cart_changed, end};
use crate::initiator::{InitiatePayment, PaymentInitiator, Placed, Render};
use crate::method::Instrument;
use crate::payment::Payment;
use crate::providers::{NoProvider, Provider};
use crate::unpaid::{self, Unpaid};
use crate::window::Windows;

pub mod answer;
mod attempt;
mod consent;
mod goods;
mod refusal;
mod resume;

pub use consent::Consent;
pub use goods::Goods;

/// What a customer wants.
pub struct PlaceOrderCommand {
    /// What is ordered.
    pub goods: Goods,
    /// What the request is known by under its idempotency key, where that is not its body: two with the same are the same request.
    pub content: Option<Vec<u8>>,
    /// Where it goes.
    pub address: Option<Address>,
    /// What happens to goods and money at once.
    pub terms: PaymentTerms,
    /// Who holds the goods until they are paid, unless it counts nowhere.
    pub holder: Option<Holder>,
    /// What the customer has seen of prices.
    pub consent: Consent,
    /// How the front answers.
    pub render: Render,
}

/// What happens to goods and money when an order is placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentTerms {
    /// The goods are set aside and the payment begins.
    PayNow(Instrument),
    /// The goods are set aside; the customer begins the payment later.
    PayLater,
    /// Nothing is set aside.
    Unreserved,
}

impl PaymentTerms {
    /// Whether a payment begins as the order is placed.
    fn begins_payment(&self) -> bool {
        matches!(self, Self::PayNow(_))
    }
}

/// What placing needs.
pub struct PlaceOrder<P = Provider> {
    initiator: PaymentInitiator<P>,
    catalog: Catalog,
    carts: Carts,
    snapshots: Option<SnapshotSecret>,
    /// Absent where only machine clients order.
    unpaid: Option<Unpaid>,
    windows: Windows,
    lifetime: Duration,
}

/// What became of the attempt to place an order.
enum Outcome {
    /// The order stands and its payment has to begin.
    ToBePaid(Box<(Order, Payment)>),
    /// All is done.
    Answered(Reply),
    /// It can't be had; that is written down and is the answer.
    Short(Problem),
    /// A request with the same key was faster.
    KeyTaken,
}

impl PlaceOrder {
    /// Connects to everything that placing an order from a cart or from lines touches.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let unpaid = Some(Unpaid::connect(init).await?);
        Ok(Self { unpaid, ..Self::of(init, PaymentInitiator::connect(init).await?).await? })
    }

    /// As [`Self::connect`], and reads the secret that snapshots are signed with.
    pub async fn connect_with_snapshots(init: &Init) -> Result<Self, InitError> {
        Ok(Self { snapshots: Some(SnapshotSecret::connect(init).await?), ..Self::connect(init).await? })
    }
}

impl PlaceOrder<NoProvider> {
    /// Connects to everything that placing an order touches that is paid elsewhere or later.
    pub async fn without_provider(init: &Init) -> Result<Self, InitError> {
        Self::of(init, PaymentInitiator::without_provider(init).await?).await
    }
}

impl<P> PlaceOrder<P>
where
    PaymentInitiator<P>: InitiatePayment,
{
    async fn of(init: &Init, initiator: PaymentInitiator<P>) -> Result<Self, InitError> {
        Ok(Self {
            initiator,
            catalog: Catalog::connect(init).await?,
            carts: Carts::connect(init).await?,
            snapshots: None,
            unpaid: None,
            windows: Windows::from_init(init)?,
            lifetime: unreserved_lifetime(init)?,
        })
    }

    /// Places what `user` wants, once for each idempotency key, and answers as the front does.
    pub async fn run(
        &self,
        call: &Call,
        request: &Request,
        user: UserId,
        mut command: PlaceOrderCommand,
    ) -> Result<Reply, Problem> {
        if let Some(unpaid) = &self.unpaid {
            command.holder = command.holder.map(|holder| unpaid.counted(holder));
        }
        self.run_once(call, request, user, &command).await.map_err(|problem| {
            // A client that sent no key knows nothing of one that was derived: its cart is being checked out by another request.
            let is_derived = problem.code == idempotency::IN_PROGRESS && !idempotency::is_keyed(request);
            if is_derived && matches!(command.goods, Goods::Cart) { cart_changed() } else { problem }
        })
    }

    async fn run_once(
        &self,
        call: &Call,
        request: &Request,
        user: UserId,
        command: &PlaceOrderCommand,
    ) -> Result<Reply, Problem> {
        let (begun, cart) = self.begin(call, request, user, command).await?;
        let place = async |attempt: Attempt| {
            Ok(match self.place(call, request, user, cart, command, &attempt).await? {
                Outcome::ToBePaid(placed) => {
                    let (order, payment) = *placed;
                    let placed = Placed { order, payment, interrupted: false };
                    self.initiator
                        .initiate_and_store_response(call, request, &attempt, placed, command.render)
                        .await
                        .into()
                }
                Outcome::Answered(reply) => Done::Answered(reply),
                Outcome::Short(problem) => Done::Failed(problem),
                Outcome::KeyTaken => Done::KeyTaken,
            })
        };
        let resume = async |attempt: Attempt, order: String| {
            let placed = self.find_placed(&order).await?;
            self.initiator.initiate_and_store_response(call, request, &attempt, placed, command.render).await
        };
        self.initiator.idempotency.run(call, begun, place, resume).await.map(Completion::into_reply)
    }

    async fn place(
        &self,
        call: &Call,
        request: &Request,
        user: UserId,
        cart: Option<Cart>,
        command: &PlaceOrderCommand,
        attempt: &Attempt,
    ) -> Result<Outcome, Problem> {
        let gathered = self.gather(call, user, cart, &command.goods).await?;
        let owner = self.owner(user, &gathered).await?;
        let mut known = KnownStock::new(&self.initiator.settlement.stock);
        let mut patience = Patience::new(call);
        // One number and one payment for the whole request: an attempt that is believed lost may still be made.
        let (mut number, payment_id) = (OrderNumber::generate(call.now), PaymentId::generate());
        loop {
            let drafted = self.draft(call, &mut known, &gathered, &command.terms).await;
            let (priced, supply) = drafted.map_err(|problem| command.goods.rewrite_pointers(problem))?;
            command.consent.check(gathered.cart_version, &priced)?;
            if command.terms.begins_payment() && priced.total.amount() > 0 {
                self.initiator.kind.check_minimum(priced.total)?;
            }
            let (supply, held) = self.limited(call, owner, command, &priced, supply).await?;
            let placement = Placement {
                number,
                user_id: owner,
                lines: priced.lines,
                total: priced.total,
                address: command.address.clone(),
                cart_snapshot: gathered.snapshot.clone(),
                holder: command.holder.clone(),
                ends_at: Some(call.now.plus(self.lifetime)),
                from_cart: gathered.cart_version.is_some(),
            };
            let mut prepared = self.attempt(call, request, placement, payment_id, supply, &command.terms)?;
            let holding = self.initiator.settlement.orders.hold(call, &prepared.order, &held)?;
            prepared.writes.extend(map_refusals(holding, |_| Refusal::Holds));
            prepared.writes.extend(self.use_up(call, user, &gathered, &prepared)?);
            let (outcome, writes) = self.with_record(call, request, attempt, prepared, command.render)?;
            match self.initiator.settlement.dynamo.try_transact(&mut patience, writes).await {
                Ok(Tried::Made) => return Ok(outcome),
                Ok(Tried::Conflict) => patience.pause().await?,
                Err(TransactError::Failed(problem)) => return Err(problem),
                Err(TransactError::Refused(refused)) => {
                    if refused.iter().any(|one| one.reason == Refusal::Number) {
                        if let Some(outcome) = self.find_made(call, request, owner, number, command).await? {
                            return Ok(outcome);
                        }
                        number = OrderNumber::generate(call.now);
                    } else if let Some(end) = end(&refused, owner) {
                        return end;
                    }
                    known.forget();
                    patience.after_refusal().await?;
                }
            }
        }
    }

    /// The writes that take the cart or the signed snapshot that the order is made of. An attempt that is refused leaves both, and holds the cart's version.
    fn use_up(
        &self,
        call: &Call,
        user: UserId,
        gathered: &OrderInput,
        prepared: &PreparedOrder,
    ) -> Result<Vec<Write<Refusal>>, Problem> {
        let is_refused = prepared.refused.is_some();
        let cart = match gathered.cart_version {
            Some(version) if is_refused => Some(self.carts.unchanged(user, version)?),
            Some(version) => Some(self.carts.clear(user, version)?),
            None => None,
        };
        let snapshot = match &gathered.snapshot_id {
            Some(id) if !is_refused => {
                Some(self.initiator.settlement.orders.take_snapshot(call, id, &prepared.order)?)
            }
            _ => None,
        };
        let cart = cart.map(|write| write.map(|_| Refusal::Cart));
        Ok(cart.into_iter().chain(snapshot.map(|write| write.map(|_| Refusal::Snapshot))).collect())
    }

    /// What is ordered, read and verified.
    async fn gather(
        &self,
        call: &Call,
        user: UserId,
        cart: Option<Cart>,
        goods: &Goods,
    ) -> Result<OrderInput, Problem> {
        let keys = self.keys(call, goods).await;
        goods.gather(call, user, cart, keys.as_deref())
    }

    /// Prices, and where the goods come from, if anything is to be set aside.
    async fn draft(
        &self,
        call: &Call,
        known: &mut KnownStock<'_>,
        gathered: &OrderInput,
        terms: &PaymentTerms,
    ) -> Result<(Priced, StockPlan), Problem> {
        if *terms == PaymentTerms::Unreserved {
            return Ok((priced(&self.catalog, &gathered.wanted).await?, StockPlan::NotRequested));
        }
        let (priced, plan) = draft(&self.catalog, known, &gathered.wanted).await?;
        let until = self.windows.end(gathered.snapshot.is_some(), &[], call.now);
        let supply = plan.map_or_else(StockPlan::Short, |plan| StockPlan::Plan(plan, until));
        Ok((priced, supply))
    }

    /// `supply` with the time that its customer has to pay, and what they and their address hold already. Refused when that would be too much.
    async fn limited(
        &self,
        call: &Call,
        user: UserId,
        command: &PlaceOrderCommand,
        priced: &Priced,
        supply: StockPlan,
    ) -> Result<(StockPlan, Vec<Held>), Problem> {
        let (plan, unpaid) = match (supply, &self.unpaid) {
            (StockPlan::Plan(plan, _), Some(unpaid)) => (plan, unpaid),
            (supply, _) => return Ok((supply, Vec::new())),
        };
        let held = unpaid::read(&self.initiator.settlement.orders, user, command.holder.as_ref()).await?;
        unpaid.check(call, user, &held, &priced.lines).await?;
        let until = self.windows.end(matches!(command.goods, Goods::Snapshot(..)), &held, call.now);
        Ok((StockPlan::Plan(plan, until), held))
    }

    /// What the attempt comes to when its writes are made, and those writes with the idempotency record: marked as running while a
    /// payment has to begin, with the answer otherwise.
    fn with_record(
        &self,
        call: &Call,
        request: &Request,
        attempt: &Attempt,
        prepared: PreparedOrder,
        render: Render,
    ) -> Result<(Outcome, Vec<Write<Refusal>>), Problem> {
        let PreparedOrder { order, payment, refused, mut writes } = prepared;
        let idempotency = &self.initiator.idempotency;
        let (outcome, record) = match (payment, refused) {
            (Some(payment), _) => {
                let record = idempotency.running(call, attempt, &order.id.to_string())?;
                (Outcome::ToBePaid(Box::new((order, payment))), record)
            }
            (None, Some(problem)) => {
                let record = idempotency.answered(call, attempt, &request.told(&problem))?;
                (Outcome::Short(problem), record)
            }
            (None, None) => {
                let reply = render(&order, Surface::of(request))?;
                let record = idempotency.answered(call, attempt, &reply)?;
                (Outcome::Answered(reply), record)
            }
        };
        writes.extend(record.map(|write| write.map(|_| Refusal::Key)));
        Ok((outcome, writes))
    }
}
