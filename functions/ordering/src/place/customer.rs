//! The party that places an order: an account, or a guest with an anonymous cart.

use cart::{CartToken, Owner, TokenHash};
use kernel::{Actor, OrderId, Problem, UserId};
use orders::buyer::Guest;
use orders::{Order, OrderToken};
use platform::InvocationContext;

use super::attempt::StockPlan;

/// The party that places an order.
#[derive(Clone)]
pub enum Customer {
    /// An account.
    Account(UserId),
    /// The holder of a cart token.
    Guest {
        /// The account that the order is kept under: of this order alone, so that no guest's orders are listed together.
        account: UserId,
        /// The token of the cart that is ordered.
        cart: CartToken,
    },
}

impl Customer {
    /// A guest who orders the cart of `cart`.
    pub fn guest(cart: CartToken) -> Self {
        Self::Guest { account: UserId::generate(), cart }
    }

    /// The account that the order is kept under.
    pub fn user(&self) -> UserId {
        match self {
            Self::Account(user) | Self::Guest { account: user, .. } => *user,
        }
    }

    /// The customer as the author of a change.
    pub fn actor(&self) -> Actor {
        Actor::Customer { id: self.user() }
    }

    /// The token that opens `order`, which only a guest needs. A repeat of the request computes the same.
    pub fn order_token(&self, order: OrderId) -> Result<Option<OrderToken>, Problem> {
        match self {
            Self::Account(_) => Ok(None),
            Self::Guest { cart, .. } => OrderToken::derived(order, |purpose| cart.derived(purpose)).map(Some),
        }
    }

    /// Refuses a guest whose goods are short. The attempt of an account is kept as a failed order; guests are without number, and have no use for one.
    pub(super) fn check_supply(&self, supply: &StockPlan) -> Result<(), Problem> {
        match supply {
            StockPlan::Short(shortages) if self.is_guest() => {
                let shortage = shortages.first().cloned();
                Err(shortage.map_or_else(|| Problem::internal("a shortage of nothing"), Problem::from))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn is_guest(&self) -> bool {
        matches!(self, Self::Guest { .. })
    }

    /// `call` by the guest whose interrupted request made `order`, who has the account of that order.
    pub(super) fn resuming(&self, call: &InvocationContext, order: &Order) -> InvocationContext {
        match self {
            Self::Account(_) => call.clone(),
            Self::Guest { .. } => {
                InvocationContext { actor: Actor::Customer { id: order.user_id }, ..call.clone() }
            }
        }
    }

    /// The name under which idempotency keys are looked up.
    pub(super) fn caller(&self) -> String {
        match self {
            Self::Account(user) => user.to_string(),
            Self::Guest { cart, .. } => format!("cart/{}", TokenHash::from(cart).as_str()),
        }
    }

    /// The owner of the cart.
    pub(super) fn cart(&self) -> Owner {
        match self {
            Self::Account(user) => Owner::Customer(*user),
            Self::Guest { cart, .. } => Owner::from(cart),
        }
    }

    /// What the order stores of a guest.
    pub(super) fn mark(&self, order: OrderId) -> Result<Option<Guest>, Problem> {
        let Self::Guest { cart, .. } = self else { return Ok(None) };
        let token = self.order_token(order)?;
        Ok(token.map(|token| Guest {
            token_hashes: vec![token.hash()],
            cart: Some(TokenHash::from(cart).as_str().to_owned()),
        }))
    }
}

impl From<UserId> for Customer {
    fn from(user: UserId) -> Self {
        Self::Account(user)
    }
}
