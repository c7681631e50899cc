//! Claiming the order of a guest for an account.
//!
//! The order's payment becomes the account's in the same transaction, so that its owner sees it and can give it up. Reservations stay under the account
//! that the order had: they end with the order, and no one else sees them.

use kernel::{Problem, UserId};
use orders::refusal::AccessRefusal;
use orders::routes::access::opened;
use orders::view::etag;
use orders::{Order, OrderToken, Orders};
use payments::payment::Payment;
use payments::refusal::PaymentRefusal;
use payments::store::Payments;
use platform::dynamo::{Dynamo, Write};
use platform::http::Precondition;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};

/// Claims orders for accounts.
pub struct ClaimOrder {
    dynamo: Dynamo,
    orders: Orders,
    payments: Payments,
    journal: Journal,
}

/// The order or its payment has changed since it was read.
struct Changed;

impl ClaimOrder {
    /// Connects to the contexts that claiming needs.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self {
            dynamo: init.dynamo(),
            orders: Orders::connect(init).await?,
            payments: Payments::connect(init).await?,
            journal: Journal::connect(init).await?,
        })
    }

    /// Finds orders.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// Makes `order` one of `user`, whose `token` has to open it. An order that is theirs already stays as it is.
    pub async fn run(
        &self,
        call: &InvocationContext,
        expected: &Precondition,
        user: UserId,
        token: Option<&OrderToken>,
        mut order: Order,
    ) -> Result<Order, Problem> {
        let mut retry = StaleRetry::of("the order that was being claimed", call);
        loop {
            retry.begin().await?;
            if order.user_id == user {
                return Ok(order);
            }
            if order.buyer.guest.is_none() {
                return Err(AccessRefusal::NotYours.into());
            }
            let id = order.id;
            let guests = opened(token, order)?;
            expected.check("order", &etag(&guests))?;
            let payment = self.payment(&guests, user).await?;
            let claimed = guests.claim(user, call.now)?;
            let mut writes: Vec<Write<Changed>> = Vec::new();
            let update = self.orders.update(&self.journal, call, &claimed)?;
            writes.extend(update.into_iter().map(|write| write.map(|_| Changed)));
            if let Some(payment) = payment {
                writes.push(self.payments.note(&payment)?.map(|_| Changed));
            }
            if self.dynamo.commit(call, writes).await?.is_committed() {
                return Ok(claimed.order);
            }
            order = self.orders.find(id).await?.ok_or(AccessRefusal::UnknownOrder)?;
        }
    }

    /// The payment of `order` as one of `user`.
    async fn payment(&self, order: &Order, user: UserId) -> Result<Option<Payment>, Problem> {
        let Some(summary) = &order.payment else { return Ok(None) };
        let payment = self.payments.find(summary.payment_id).await?;
        let payment = payment.ok_or(PaymentRefusal::UnknownPayment)?;
        Ok(Some(Payment { user_id: user, ..payment }))
    }
}
