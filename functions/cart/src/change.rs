//! Changing a cart.
//!
//! A cart is read, changed by a rule, and written under the condition that it is still what was read; otherwise all of it
//! happens again. Of changes made on two devices at once neither is lost, and the rules hold for what is written.

use futures_util::future::try_join;
use kernel::{Problem, Quantity, Sku, UserId};
use platform::dynamo::Dynamo;
use platform::http::Precondition;
use platform::source::Source;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use pricing::PromotionCode;

use crate::answer::{CartAnswer, tag_of};
use crate::cart::Cart;
use crate::offer::{Offers, Shop};
use crate::owner::{CartToken, Owner};
use crate::prices::{CartPrices, CartPricing, Delivery};
use crate::refusal::{CartError, CartRefusal};
use crate::store::Carts;
use crate::visitors::Visitors;

/// The name of a cart in problems.
pub(crate) const CART: &str = "cart";

/// A request without an account: the counters of new carts, and the network that it came from.
pub type Visitor<'a> = (&'a Visitors, Source);

/// Everything that a change of a cart takes.
pub struct Editor {
    dynamo: Dynamo,
    carts: Carts,
    shop: Shop,
    /// Absent for clients that know neither shipping nor promotions.
    pricing: Option<CartPricing>,
}

impl Editor {
    /// Works on the tables named by `CARTS_TABLE`, `CATALOG_TABLE` and `STOCK_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let carts = Carts::connect(init).await?;
        Ok(Self { dynamo: init.dynamo(), carts, shop: Shop::connect(init).await?, pricing: None })
    }

    /// As [`Self::connect`], and prices the carts that it returns.
    pub(crate) async fn with_prices(init: &Init) -> Result<Self, InitError> {
        Ok(Self { pricing: Some(CartPricing::connect(init).await?), ..Self::connect(init).await? })
    }

    /// Makes the line of `sku` say `quantity`. A cart that is begun by that counts as one of `visitor`, where there is one.
    pub async fn put_item(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        visitor: Option<Visitor<'_>>,
        sku: &Sku,
        quantity: Quantity,
        expected: &Precondition,
    ) -> Result<CartAnswer, CartError> {
        self.fill(call, owner, visitor, sku, expected, |offers, cart| offers.put(cart, sku, quantity)).await
    }

    /// Makes the line of `sku` say `more` than it does. A repeated request adds once more.
    pub async fn add_item(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        sku: &Sku,
        more: Quantity,
    ) -> Result<CartAnswer, CartError> {
        let expected = &Precondition::Any;
        self.fill(call, owner, None, sku, expected, |offers, cart| offers.add(cart, sku, more)).await
    }

    /// Makes the cart what `change` makes of it, which looks at what is offered of its lines and of `sku`.
    async fn fill(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        visitor: Option<Visitor<'_>>,
        sku: &Sku,
        expected: &Precondition,
        change: impl Fn(&Offers, Cart) -> Result<Cart, CartRefusal>,
    ) -> Result<CartAnswer, CartError> {
        let (mut offers, mut uncounted) = (Offers::default(), visitor);
        let mut retry = StaleRetry::of("the cart", call);
        loop {
            retry.begin().await?;
            let cart = self.carts.load(owner.clone()).await?;
            // Those of the other lines too: the currency is checked against them, and the answer shows them. What is known
            // from an earlier attempt is not read again.
            self.shop.complete(&mut offers, cart.lines.keys().chain([sku])).await?;
            expected.check(CART, &tag_of(&cart, |sku| offers.purchasable(sku)))?;
            // A cart that was never written. A client may invent its token, so that this is asked of the table and not of the request.
            let is_new = cart.version == 0;
            let changed = change(&offers, cart)?;
            if is_new && let Some((visitors, source)) = uncounted.take() {
                visitors.acquire(call, source).await?;
            }
            if self.dynamo.commit(call, vec![self.carts.save(call, owner, &changed)?]).await?.is_committed() {
                return Ok(self.answer(call, owner, &changed, &offers).await?);
            }
        }
    }

    /// Puts what is in the cart of `token` into that of `user`, and empties the former in the same transaction, so that a
    /// repeated request finds nothing to add. What can't be bought at the moment moves too, and stays in sight.
    pub(crate) async fn merge(
        &self,
        call: &InvocationContext,
        user: UserId,
        token: &CartToken,
        expected: &Precondition,
    ) -> Result<CartAnswer, Problem> {
        let (into, from) = (Owner::from(user), Owner::from(token));
        let mut offers = Offers::default();
        let mut retry = StaleRetry::of("the cart", call);
        loop {
            retry.begin().await?;
            let loaded = try_join(self.carts.load(into.clone()), self.carts.load(from.clone()));
            let (cart, other) = loaded.await?;
            self.check(expected, &cart).await?;
            let Some(merged) = cart.clone().merged(&other)? else {
                let offers = self.shop.offers(cart.lines.keys()).await?;
                return self.answer(call, &into, &cart, &offers).await;
            };
            self.shop.complete(&mut offers, merged.lines.keys()).await?;
            offers.check_merged(&merged, &other)?;
            let emptied = self.carts.clear(from.clone(), other.version)?;
            let writes = vec![self.carts.save(call, &into, &merged)?, emptied];
            if self.dynamo.commit(call, writes).await?.is_committed() {
                return self.answer(call, &into, &merged, &offers).await;
            }
        }
    }

    /// Takes `sku` out. A cart without it stays as it is, so that a repeated request is answered like the first.
    pub async fn remove_item(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        sku: &Sku,
        expected: &Precondition,
    ) -> Result<CartAnswer, Problem> {
        self.reduce(call, owner, expected, |cart| cart.without(sku)).await
    }

    /// Enters a promotion code. One that does not apply is refused; one that is there already changes nothing.
    pub(crate) async fn enter_code(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        code: &PromotionCode,
        expected: &Precondition,
    ) -> Result<CartAnswer, Problem> {
        let mut retry = StaleRetry::of("the cart", call);
        loop {
            retry.begin().await?;
            let cart = self.carts.load(owner.clone()).await?;
            let offers = self.shop.offers(cart.lines.keys()).await?;
            expected.check(CART, &tag_of(&cart, |sku| offers.purchasable(sku)))?;
            let Some(entered) = cart.clone().with_code(code)? else {
                return self.answer(call, owner, &cart, &offers).await;
            };
            let prices = self.prices(call, owner, &entered, &offers).await?;
            prices.as_ref().map_or(Ok(()), |prices| prices.check(code))?;
            if self.dynamo.commit(call, vec![self.carts.save(call, owner, &entered)?]).await?.is_committed() {
                return Ok(CartAnswer::new(&entered, &offers, prices.as_ref()));
            }
        }
    }

    /// Takes a promotion code out. A cart without it stays as it is.
    pub(crate) async fn remove_code(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        code: &PromotionCode,
        expected: &Precondition,
    ) -> Result<CartAnswer, Problem> {
        self.reduce(call, owner, expected, |cart| cart.without_code(code)).await
    }

    /// Takes everything out.
    pub async fn clear(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        expected: &Precondition,
    ) -> Result<CartAnswer, Problem> {
        self.reduce(call, owner, expected, Cart::emptied).await
    }

    /// Makes the cart what `change` makes of it; `None` leaves it alone.
    async fn reduce(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        expected: &Precondition,
        change: impl Fn(Cart) -> Option<Cart>,
    ) -> Result<CartAnswer, Problem> {
        let mut retry = StaleRetry::of("the cart", call);
        loop {
            retry.begin().await?;
            let cart = self.carts.load(owner.clone()).await?;
            self.check(expected, &cart).await?;
            let changed = change(cart.clone());
            let is_current = match &changed {
                None => true,
                Some(changed) => {
                    let write = self.carts.save(call, owner, changed)?;
                    self.dynamo.commit(call, vec![write]).await?.is_committed()
                }
            };
            if is_current {
                let cart = changed.unwrap_or(cart);
                let offers = self.shop.offers(cart.lines.keys()).await?;
                return self.answer(call, owner, &cart, &offers).await;
            }
        }
    }

    /// The prices of a cart without a destination, where carts have prices.
    async fn prices(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        cart: &Cart,
        offers: &Offers,
    ) -> Result<Option<CartPrices>, Problem> {
        match &self.pricing {
            Some(pricing) => pricing.price(call, owner, cart, offers, Delivery::default()).await.map(Some),
            None => Ok(None),
        }
    }

    async fn answer(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        cart: &Cart,
        offers: &Offers,
    ) -> Result<CartAnswer, Problem> {
        let prices = self.prices(call, owner, cart, offers).await?;
        Ok(CartAnswer::new(cart, offers, prices.as_ref()))
    }

    /// Refuses a cart that is not the one that the request names.
    async fn check(&self, expected: &Precondition, cart: &Cart) -> Result<(), Problem> {
        if expected.is_absent() {
            return Ok(());
        }
        let offers = self.shop.offers(cart.lines.keys()).await?;
        expected.check(CART, &tag_of(cart, |sku| offers.purchasable(sku)))
    }
}
