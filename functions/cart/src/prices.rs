//! The prices of a cart: what an order of it would cost at this moment.
//!
//! An order is refused for a code that does not apply. A cart stays readable: such a code is left aside, with the reason.

use kernel::{Currency, Problem, Timestamp, UserId};
use orders::Orders;
use platform::{Init, InitError, InvocationContext};
use pricing::{
    Basket, BasketLine, CountedPromotion, CustomerKey, Destination, Priced, PricingRefusal, PromotionCode,
    RefusedCode, SettingId, Settings, SettingsCache, Snapshot, UseCounters, price,
};

use crate::cart::Cart;
use crate::offer::Offers;
use crate::owner::Owner;
use crate::refusal::{CartRefusal, delivery_problem};

/// The delivery that a cart is priced for.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) destination: Option<Destination>,
    pub(crate) method: Option<SettingId>,
}

/// The settings that carts are priced by, and what else their prices depend on.
pub(crate) struct CartPricing {
    settings: SettingsCache,
    counters: UseCounters,
    orders: Orders,
}

/// The prices of a cart, and the settings that they were computed by.
#[derive(Debug)]
pub(crate) struct CartPrices {
    /// None where shipping and taxes take the total beyond what an amount holds.
    pub(crate) priced: Option<Priced>,
    /// The codes that do not apply.
    pub(crate) refused: Vec<RefusedCode>,
    /// The goods with the codes that apply.
    pub(crate) basket: Basket,
    pub(crate) settings: Settings,
}

impl CartPricing {
    /// Works on the tables named by `PRICING_TABLE` and `ORDERS_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        let (settings, counters) = (SettingsCache::connect(init).await?, UseCounters::connect(init).await?);
        Ok(Self { settings, counters, orders: Orders::connect(init).await? })
    }

    /// The prices of `cart`, whose lines `offers` has to cover. A promotion that is used up gives no discount: the counters are read only where a
    /// promotion with a limit could apply or was entered.
    pub(crate) async fn price(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        cart: &Cart,
        offers: &Offers,
        delivery: Delivery,
    ) -> Result<CartPrices, Problem> {
        let snapshot = self.settings.current(call).await?;
        let mut basket = basket(cart, offers, &snapshot, delivery)?;
        let account = account(owner);
        // Nothing depends on it where there is nothing to buy.
        let buyer = account.filter(|_| !basket.lines.is_empty());
        basket.is_first_order = self.orders.is_first_order(buyer, &snapshot, &basket.promotion_codes).await?;
        let unlimited = snapshot.settings(|_| pricing::Uses::default())?;
        let prices = CartPrices::of(basket.clone(), unlimited, call.now).map_err(delivery_problem)?;
        let limited = limited(&snapshot, cart, &prices);
        if limited.is_empty() {
            return Ok(prices);
        }
        let uses = self.counters.read(&limited, account.map(CustomerKey::of_account).as_ref()).await?;
        let settings = snapshot.settings(|id| uses.get(id).copied().unwrap_or_default())?;
        CartPrices::of(basket, settings, call.now).map_err(delivery_problem)
    }
}

impl CartPrices {
    /// Prices `basket` with those of its codes that apply.
    fn of(mut basket: Basket, settings: Settings, now: Timestamp) -> Result<Self, PricingRefusal> {
        let (mut priced, mut refused) = (price(&basket, &settings, now), Vec::new());
        if let Err(PricingRefusal::Promotions(codes)) = priced {
            basket.promotion_codes.retain(|entered| codes.iter().all(|refused| refused.code != *entered));
            (priced, refused) = (price(&basket, &settings, now), codes);
        }
        let priced = match priced {
            Ok(priced) => Some(priced),
            Err(PricingRefusal::AmountTooLarge) => None,
            Err(refusal) => return Err(refusal),
        };
        Ok(Self { priced, refused, basket, settings })
    }

    /// The reason for which `code` does not apply.
    pub(crate) fn refused(&self, code: &PromotionCode) -> Option<&RefusedCode> {
        self.refused.iter().find(|refused| refused.code == code.as_str())
    }

    /// Refuses a code that does not apply.
    pub(crate) fn check(&self, code: &PromotionCode) -> Result<(), CartRefusal> {
        self.refused(code)
            .cloned()
            .map_or(Ok(()), |refused| Err(CartRefusal::PromotionNotApplicable(refused)))
    }
}

fn account(owner: &Owner) -> Option<UserId> {
    match owner {
        Owner::Customer(user) => Some(*user),
        Owner::Anonymous(_) => None,
    }
}

/// The goods of `cart` that can be bought; none where they have no sum.
fn basket(cart: &Cart, offers: &Offers, settings: &Snapshot, delivery: Delivery) -> Result<Basket, Problem> {
    let line = |(sku, quantity): (&kernel::Sku, &kernel::Quantity)| -> Option<BasketLine> {
        let product = offers.purchasable(sku)?;
        Some(product.basket_line(*quantity, product.price))
    };
    let subtotal = offers.subtotal(cart);
    let currency = subtotal.map(kernel::Money::currency).or_else(|| any_currency(cart, offers, settings));
    Ok(Basket {
        currency: currency.ok_or_else(|| Problem::internal("there is no currency"))?,
        lines: subtotal.map(|_| cart.lines.iter().filter_map(line).collect()).unwrap_or_default(),
        destination: delivery.destination,
        shipping_method: delivery.method.map(|method| method.to_string()),
        promotion_codes: cart.promotion_codes.iter().map(ToString::to_string).collect(),
        is_first_order: true,
    })
}

/// The currency of a basket without lines: that of a product in the cart, or of a promotion that was entered. Otherwise nothing depends on it.
fn any_currency(cart: &Cart, offers: &Offers, settings: &Snapshot) -> Option<Currency> {
    let mut products = cart.lines.keys().filter_map(|sku| offers.product(sku));
    let mut entered = settings.promotions.iter().filter(|promotion| is_entered(cart, promotion));
    let product = products.next().map(|product| product.price.currency());
    let promotion = || entered.find_map(|promotion| promotion.terms.currency);
    product.or_else(promotion).or_else(|| Currency::from_code("EUR"))
}

fn is_entered(cart: &Cart, promotion: &pricing::Promotion) -> bool {
    promotion.terms.code.as_ref().is_some_and(|code| cart.promotion_codes.contains(code))
}

/// The promotions with a limit that could apply or were entered.
fn limited(settings: &Snapshot, cart: &Cart, prices: &CartPrices) -> Vec<CountedPromotion> {
    let could_apply = |promotion: &pricing::Promotion| {
        let mut promotions = prices.priced.iter().flat_map(|priced| &priced.promotions);
        promotions.any(|known| known.promotion_id == promotion.id)
    };
    let matters = |promotion: &&pricing::Promotion| is_entered(cart, promotion) || could_apply(promotion);
    settings.promotions.iter().filter(matters).filter_map(CountedPromotion::of).collect()
}

#[cfg(test)]
#[path = "prices_tests.rs"]
mod tests;
