//! Requests that were seen before: repeats, interrupted requests, and attempts that were believed lost.

use std::sync::Arc;

use cart::Cart;
use cart::snapshot::SnapshotKeys;
use futures_util::future::join;
use kernel::{OrderId, OrderNumber, Problem, UserId};
use orders::{Order, Status};
use payments::refusal::PaymentRefusal;
use platform::InvocationContext;
use platform::idempotency::{IdempotentRequest, KeyRefusal, Lookup, LookupError};

use super::goods::{Goods, OrderInput};
use super::{Attempted, Customer, PlaceOrder, PlaceOrderCommand, PlacedOrder};
use crate::initiator::Placed;
use crate::refusal::NotPlaced;
use crate::settlement::lost_order;

impl<P> PlaceOrder<P> {
    /// Looks up the request, and reads the cart if the order is placed from it. A request that begins a payment is recognised without a key too, by
    /// its content and the cart's version: its repeat resumes it until it has a response.
    pub(super) async fn begin(
        &self,
        call: &InvocationContext,
        request: &IdempotentRequest,
        customer: &Customer,
        command: &PlaceOrderCommand,
    ) -> Result<(Lookup<PlacedOrder>, Option<Cart>), NotPlaced> {
        let keys = self.keys(call, &command.goods).await;
        command.goods.check_signature(keys.as_deref()).map_err(Problem::from)?;
        let (idempotency, caller) = (&self.initiator.idempotency, customer.caller());
        let cart = async {
            let cart = command.goods.cart(&self.carts, customer.cart());
            let (there, cart) = join(self.require_customer(customer), cart).await;
            there.map(|()| cart)
        };
        if request.has_key() || !command.terms.begins_payment() {
            let begun = self.look_up(call, &caller, request, command);
            let (begun, cart) = Box::pin(join(begun, cart)).await;
            let cart = cart?;
            // A stored outcome is replayed, even when the cart has changed.
            return match begun? {
                Lookup::New(attempt) => Ok((Lookup::New(attempt), cart?)),
                known => Ok((known, None)),
            };
        }
        let cart = cart.await??;
        let salt = cart.as_ref().map(checked_out_version).unwrap_or_default();
        let begun = idempotency.begin_resumable(call, &caller, request, &salt.to_string()).await?;
        Ok((begun, cart))
    }

    /// The keys that verify signed carts, if `goods` are one.
    pub(super) async fn keys(&self, call: &InvocationContext, goods: &Goods) -> Option<Arc<SnapshotKeys>> {
        match &self.snapshots {
            Some(secret) if matches!(goods, Goods::Snapshot(..)) => Some(secret.keys(call.now).await),
            _ => None,
        }
    }

    /// Refuses a customer whose account was deleted. Machine clients order for their own customers, who have no account here.
    pub(super) async fn require_account(&self, user: UserId) -> Result<(), Problem> {
        match &self.unpaid {
            Some(_) => self.initiator.settlement.orders.require_account(user).await,
            None => Ok(()),
        }
    }

    async fn require_customer(&self, customer: &Customer) -> Result<(), Problem> {
        match customer {
            Customer::Account(user) => self.require_account(*user).await,
            Customer::Guest { .. } => Ok(()),
        }
    }

    /// The owner of the order: `user`, or the customer whose signed cart `user` presents.
    pub(super) async fn owner(&self, user: UserId, gathered: &OrderInput) -> Result<UserId, Problem> {
        match gathered.owner {
            Some(owner) if owner != user => self.require_account(owner).await.map(|()| owner),
            _ => Ok(user),
        }
    }

    /// Looks up the request's key.
    async fn look_up(
        &self,
        call: &InvocationContext,
        caller: &str,
        request: &IdempotentRequest,
        command: &PlaceOrderCommand,
    ) -> Result<Lookup<PlacedOrder>, LookupError> {
        let idempotency = &self.initiator.idempotency;
        let Some(content) = &command.content else {
            return idempotency.begin(call, caller, request).await;
        };
        match idempotency.begin(call, caller, &request.clone().with_content(content.clone())).await {
            // Releases before content-based lookup stored the key with the body.
            Err(LookupError::Refused(KeyRefusal::Reused)) => idempotency.begin(call, caller, request).await,
            begun => begun,
        }
    }

    /// The order and the payment of a request that was interrupted.
    pub(super) async fn find_placed(&self, order: &str) -> Result<Placed, Problem> {
        let lost =
            || Problem::internal(format!("the idempotency record names order {order}, which is not there"));
        let s = &self.initiator.settlement;
        let id: OrderId = order.parse().map_err(|_| lost())?;
        let order = s.orders.find(id).await?.ok_or_else(|| lost_order(id))?;
        let payment_id = order.payment.as_ref().map(|payment| payment.payment_id).ok_or_else(lost)?;
        let payment = s.payments.find(payment_id).await?.ok_or_else(lost)?;
        Ok(Placed { order, payment, interrupted: true })
    }

    /// The result of an earlier attempt of this request that was believed lost and was committed: the order under its `number`, if it belongs to this
    /// request and not to another that drew the same number.
    pub(super) async fn find_made(
        &self,
        call: &InvocationContext,
        user: UserId,
        number: OrderNumber,
    ) -> Result<Option<Attempted>, Problem> {
        let s = &self.initiator.settlement;
        // The record of a shortage is no order: the missing units may be available by now.
        let own = |order: &Order| {
            order.user_id == user && order.created_at == call.now && order.status() != Status::Failed
        };
        let Some(order) = s.orders.find(number.order_id()).await?.filter(own) else { return Ok(None) };
        let Some(summary) = &order.payment else {
            return Ok(Some(Attempted::Finished(PlacedOrder::placed(&order))));
        };
        let payment = s.payments.find(summary.payment_id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
        Ok(Some(Attempted::ToBePaid(Box::new((order, payment)))))
    }
}

/// The version of the cart that an order is placed from. For an empty cart it is the version before, from which an order may just have been placed.
fn checked_out_version(cart: &Cart) -> u64 {
    if cart.lines.is_empty() { cart.version.saturating_sub(1) } else { cart.version }
}
