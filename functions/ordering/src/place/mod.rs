//! Placing an order from a cart, from the lines of a request, or from a signed snapshot.
//!
//! One transaction places it: the order and its journal row, every line taken from its stock rows, the reservation, the payment if one begins at
//! once, the cart emptied at the version that was read, and the idempotency record. Where nothing is left to do, the outcome stands in that record
//! at once. Where a payment begins, the record says that the request is in progress and names the order; [`crate::initiator`] does the rest, and a
//! repeat resumes there.

use std::time::Duration;

use cart::snapshot::SnapshotSecret;
use cart::{Cart, Carts};
use catalog::Catalog;
use kernel::{Money, OrderNumber, PaymentId, Problem, UserId};
use orders::draft::{Priced, SaleTerms, draft, priced};
use orders::holds::Held;
use orders::lifetime::unreserved_lifetime;
use orders::refusal::DraftError;
use orders::{Holder, Order};
use payments::method::Instrument;
use payments::payment::Payment;
use payments::providers::{NoProvider, Provider};
use platform::dynamo::{Commit, ConflictBackoff, Write};
use platform::idempotency::{Attempt, Completion, Done, IdempotentRequest, KeyRefusal};
use platform::{Init, InitError, InvocationContext};
use pricing::SettingsCache;
use stock::KnownStock;

use self::attempt::{NewPayment, PreparedOrder, StockPlan};
use self::goods::OrderInput;
use self::refusal::{Refusal, end};
use self::sale::note_used_up;
use crate::initiator::{InitiatePayment, PaymentInitiator, Placed};
use crate::payment_window::Windows;
use crate::refusal::{NotPlaced, PlaceRefusal};
use crate::unpaid::{self, Unpaid};

mod attempt;
mod consent;
mod customer;
mod goods;
mod placed_order;
mod refusal;
mod resume;
mod sale;

pub use consent::Consent;
pub use customer::Customer;
pub use goods::Goods;
pub use placed_order::PlacedOrder;
pub use sale::Sale;

/// A customer's command to place an order.
pub struct PlaceOrderCommand {
    /// The goods to order.
    pub goods: Goods,
    /// The content that identifies the request under its idempotency key, where that is not its body: two requests with the same content are one.
    pub content: Option<Vec<u8>>,
    /// What the customer says beside goods and payment.
    pub sale: Sale,
    /// The payment terms: when stock is reserved and the payment begins.
    pub terms: PaymentTerms,
    /// The account that holds the goods until they are paid; absent where they count towards no limit.
    pub holder: Option<Holder>,
    /// The prices that the customer has seen.
    pub consent: Consent,
    /// The host that the request was sent to, where no public address is configured.
    pub host: String,
}

/// The terms of payment: when the stock is reserved and when the payment begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentTerms {
    /// The stock is reserved and the payment begins.
    PayNow(Instrument),
    /// The stock is reserved; the customer begins the payment later.
    PayLater,
    /// No stock is reserved.
    Unreserved,
}

impl PaymentTerms {
    /// True when a payment begins as the order is placed.
    fn begins_payment(&self) -> bool {
        matches!(self, Self::PayNow(_))
    }
}

/// Places orders: the use case and the contexts that it needs.
pub struct PlaceOrder<P = Provider> {
    initiator: PaymentInitiator<P>,
    catalog: Catalog,
    carts: Carts,
    snapshots: Option<SnapshotSecret>,
    /// The settings that orders are priced by; absent where only clients order that know none.
    settings: Option<SettingsCache>,
    /// Absent where only machine clients order.
    unpaid: Option<Unpaid>,
    windows: Windows,
    lifetime: Duration,
}

/// The outcome of an attempt to place an order.
enum Attempted {
    /// The order is placed and its payment has to begin.
    ToBePaid(Box<(Order, Payment)>),
    /// Everything is done.
    Finished(PlacedOrder),
    /// A request with the same key was faster.
    KeyTaken,
}

impl PlaceOrder {
    /// Connects to the contexts that placing an order from a cart or from lines needs.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let (unpaid, settings) =
            (Some(Unpaid::connect(init).await?), Some(SettingsCache::connect(init).await?));
        Ok(Self { settings, unpaid, ..Self::of(init, PaymentInitiator::connect(init).await?).await? })
    }

    /// The same for orders that cost what the catalog says, without shipping, taxes and promotions.
    #[must_use]
    pub fn at_catalog_prices(self) -> Self {
        Self { settings: None, ..self }
    }

    /// As [`Self::connect`], and reads the secret that signs snapshots.
    pub async fn connect_with_snapshots(init: &Init) -> Result<Self, InitError> {
        Ok(Self { snapshots: Some(SnapshotSecret::connect(init).await?), ..Self::connect(init).await? })
    }
}

impl PlaceOrder<NoProvider> {
    /// Connects to the contexts that placing an order needs when it is paid elsewhere or later.
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
            settings: None,
            unpaid: None,
            windows: Windows::from_init(init)?,
            lifetime: unreserved_lifetime(init)?,
        })
    }

    /// Places the order that `customer` requests, once for each idempotency key.
    pub async fn run(
        &self,
        call: &InvocationContext,
        request: &IdempotentRequest,
        customer: impl Into<Customer>,
        mut command: PlaceOrderCommand,
    ) -> Result<Completion<PlacedOrder>, NotPlaced> {
        let customer = customer.into();
        if let Some(unpaid) = &self.unpaid {
            command.holder = command.holder.map(|holder| unpaid.counted(holder));
        }
        self.run_once(call, request, &customer, &command).await.map_err(|error| {
            match (error, &command.goods) {
                // A client that sent no key does not know of a derived one: its cart is being checked out by another request.
                (NotPlaced::Key(KeyRefusal::InProgress), Goods::Cart) if !request.has_key() => {
                    PlaceRefusal::CartChanged.into()
                }
                (error, _) => error,
            }
        })
    }

    async fn run_once(
        &self,
        call: &InvocationContext,
        request: &IdempotentRequest,
        customer: &Customer,
        command: &PlaceOrderCommand,
    ) -> Result<Completion<PlacedOrder>, NotPlaced> {
        let (begun, cart) = self.begin(call, request, customer, command).await?;
        let place = async |attempt: Attempt| {
            Ok(match self.place(call, customer, cart, command, &attempt).await? {
                Attempted::ToBePaid(placed) => {
                    let (order, payment) = *placed;
                    let placed = Placed { order, payment, interrupted: false };
                    self.initiate(call, &attempt, placed, command).await.into()
                }
                Attempted::Finished(placed) => Done::Finished(placed),
                Attempted::KeyTaken => Done::KeyTaken,
            })
        };
        let resume = async |attempt: Attempt, order: String| {
            let placed = self.find_placed(&order).await?;
            let call = &customer.resuming(call, &placed.order);
            self.initiate(call, &attempt, placed, command).await
        };
        self.initiator.idempotency.run(call, begun, place, resume).await
    }

    async fn initiate(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        placed: Placed,
        command: &PlaceOrderCommand,
    ) -> Result<PlacedOrder, NotPlaced> {
        let outcome = |order: &Order| Ok(PlacedOrder::placed(order));
        let initiated =
            self.initiator.initiate_and_store_outcome(call, &command.host, attempt, placed, outcome);
        Ok(initiated.await?)
    }

    async fn place(
        &self,
        call: &InvocationContext,
        customer: &Customer,
        cart: Option<Cart>,
        command: &PlaceOrderCommand,
        attempt: &Attempt,
    ) -> Result<Attempted, NotPlaced> {
        let gathered = self.gather(call, customer.user(), cart, &command.goods).await?;
        let owner = self.owner(customer.user(), &gathered).await?;
        let mut known = KnownStock::new(&self.initiator.settlement.stock);
        let mut backoff = ConflictBackoff::new(call);
        // One number and one payment for the whole request: an attempt that is believed lost may still be committed.
        let mut terms = self.sale_terms(call, (customer, owner), &gathered, command).await?;
        let (mut number, payment_id) = (OrderNumber::generate(call.now), PaymentId::generate());
        loop {
            let drafted = self.draft(call, &mut known, &gathered, &command.terms, terms.as_ref()).await;
            let (priced, supply) = drafted.map_err(|error| command.goods.not_drafted(error))?;
            let codes = &gathered.promotion_codes;
            command.consent.check_cart(gathered.cart_version, codes, &priced)?;
            let is_refused = command.consent.check_total(&priced).is_err() || supply.is_short();
            if is_refused && self.read_unknown_uses(&priced, terms.as_mut()).await? {
                continue;
            }
            command.consent.check_total(&priced)?;
            customer.check_supply(&supply)?;
            let payment = self.new_payment(payment_id, owner, priced.total, command).await?;
            let (supply, held) = self.limited(call, owner, command, &priced, supply).await?;
            let mut placement = self.placement(call, number, owner, priced, (&gathered, command));
            placement.buyer.guest = customer.mark(number.order_id())?;
            let mut prepared = self.attempt(call, placement, payment, supply, command)?;
            prepared.writes.extend(self.counted(call, &prepared.order, &held)?);
            let uses = prepared.order.promotion_uses().cloned();
            prepared.writes.extend(self.use_up(call, customer, &gathered, &prepared)?);
            let (outcome, writes) = self.with_record(call, attempt, prepared)?;
            match self.initiator.settlement.dynamo.try_commit(&mut backoff, writes).await? {
                Some(Commit::Committed) => return Ok(outcome),
                None => {
                    backoff.pause().await?;
                    self.read_uses(terms.as_mut(), uses.as_ref()).await?;
                }
                Some(Commit::Refused(refused)) => {
                    if refused.iter().any(|one| one.reason == Refusal::Number) {
                        if let Some(outcome) = self.find_made(call, owner, number).await? {
                            return Ok(outcome);
                        }
                        number = OrderNumber::generate(call.now);
                    } else if let Some(end) = end(&refused, owner) {
                        return end;
                    }
                    note_used_up(terms.as_mut(), uses.as_ref(), &refused);
                    known.forget();
                    backoff.after_refusal().await?;
                }
            }
        }
    }

    /// The payment that begins with an order of `total`. Refused when the provider takes none so small, or its receipt can be sent to no one.
    async fn new_payment(
        &self,
        id: PaymentId,
        owner: UserId,
        total: Money,
        command: &PlaceOrderCommand,
    ) -> Result<NewPayment, Problem> {
        let mut customer = None;
        if command.terms.begins_payment() && total.amount() > 0 {
            self.initiator.kind.check_minimum(total)?;
            let contact = command.sale.buyer.contact.as_ref();
            customer = self.initiator.receipt_customer(contact, owner, total).await?;
        }
        Ok(NewPayment { id, customer })
    }

    /// The writes that consume the cart or the signed snapshot that the order is made of. A refused attempt leaves both, and keeps the cart's
    /// version.
    fn use_up(
        &self,
        call: &InvocationContext,
        customer: &Customer,
        gathered: &OrderInput,
        prepared: &PreparedOrder,
    ) -> Result<Vec<Write<Refusal>>, Problem> {
        let is_refused = prepared.shortage.is_some();
        let cart = match gathered.cart_version {
            Some(version) if is_refused => Some(self.carts.unchanged(customer.cart(), version)?),
            Some(version) => Some(self.carts.clear(customer.cart(), version)?),
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

    /// Reads and verifies the goods of the order.
    async fn gather(
        &self,
        call: &InvocationContext,
        user: UserId,
        cart: Option<Cart>,
        goods: &Goods,
    ) -> Result<OrderInput, Problem> {
        let keys = self.keys(call, goods).await;
        goods.gather(call, user, cart, keys.as_deref())
    }

    /// Prices the lines and, if stock is to be reserved, plans the locations that it comes from.
    async fn draft(
        &self,
        call: &InvocationContext,
        known: &mut KnownStock<'_>,
        gathered: &OrderInput,
        payment: &PaymentTerms,
        terms: Option<&SaleTerms>,
    ) -> Result<(Priced, StockPlan), DraftError> {
        if *payment == PaymentTerms::Unreserved {
            return Ok((priced(&self.catalog, &gathered.wanted, terms).await?, StockPlan::NotRequested));
        }
        let (priced, plan) = draft(&self.catalog, known, &gathered.wanted, terms).await?;
        let until = self.windows.end(gathered.snapshot.is_some(), &[], call.now);
        let supply = plan.map_or_else(StockPlan::Short, |plan| StockPlan::Plan(plan, until));
        Ok((priced, supply))
    }

    /// `supply` with the customer's time to pay, and the units that they and their address hold already. Refused when that exceeds a limit.
    async fn limited(
        &self,
        call: &InvocationContext,
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
        unpaid.check(call, user, command.holder.as_ref(), (&held, &priced.lines)).await?;
        let until = self.windows.end(matches!(command.goods, Goods::Snapshot(..)), &held, call.now);
        Ok((StockPlan::Plan(plan, until), held))
    }

    /// The attempt's outcome once its writes are committed, and those writes with the idempotency record: marked as in progress while a payment has
    /// to begin, with the outcome otherwise.
    fn with_record(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        prepared: PreparedOrder,
    ) -> Result<(Attempted, Vec<Write<Refusal>>), Problem> {
        let PreparedOrder { order, payment, shortage, mut writes } = prepared;
        let idempotency = &self.initiator.idempotency;
        let (outcome, record) = match (payment, shortage) {
            (Some(payment), _) => {
                let record = idempotency.mark_in_progress(call, attempt, &order.id.to_string())?;
                (Attempted::ToBePaid(Box::new((order, payment))), record)
            }
            (None, shortage) => {
                let placed = match shortage {
                    Some(shortage) => PlacedOrder::out_of_stock(&order, shortage),
                    None => PlacedOrder::placed(&order),
                };
                let record = idempotency.store_outcome(call, attempt, &placed)?;
                (Attempted::Finished(placed), record)
            }
        };
        writes.extend(record.map(|write| write.map(|_| Refusal::Key)));
        Ok((outcome, writes))
    }
}
