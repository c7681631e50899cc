//! The caller's or the cart token's cart, with the names, prices and stock of this moment: with a destination also its taxes, and with a shipping method
//! the price of shipping.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::caller::{call, owner};
use super::delivery::{destination, method};
use super::reply;
use crate::answer::CartAnswer;
use crate::offer::Shop;
use crate::prices::{CartPricing, Delivery};
use crate::store::Carts;

struct App {
    carts: Carts,
    shop: Shop,
    pricing: CartPricing,
    verifier: Verifier,
}

/// Serves `GET /api/v1/cart`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let carts = Carts::connect(&init).await?;
    let (shop, pricing) = (Shop::connect(&init).await?, CartPricing::connect(&init).await?);
    Ok(handler(App { carts, shop, pricing, verifier: Verifier::from_init(&init)? }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let owner = owner(&app.verifier, &request)?;
    let (destination, method) = Problem::both(destination(&request), method(&request))?;
    let cart = app.carts.load(owner.clone()).await?;
    let offers = app.shop.offers(cart.lines.keys()).await?;
    let (call, delivery) = (call(&request, &owner), Delivery { destination, method });
    let prices = app.pricing.price(&call, &owner, &cart, &offers, delivery).await?;
    reply(&CartAnswer::new(&cart, &offers, Some(&prices)))
}
