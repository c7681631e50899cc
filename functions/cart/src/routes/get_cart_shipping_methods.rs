//! The shipping methods that can be chosen for the caller's or the cart token's cart, each with its price.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Currency, Problem};
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use pricing::{SettingId, ShippingOption, shipping_options};
use serde::Serialize;

use super::caller::{call, owner};
use super::delivery::destination;
use crate::offer::Shop;
use crate::prices::{CartPricing, Delivery};
use crate::refusal::delivery_problem;
use crate::store::Carts;

/// The methods, by id.
#[derive(Serialize)]
struct Answer<'a> {
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    id: &'a SettingId,
    /// By language.
    name: &'a BTreeMap<String, String>,
    price: i64,
    discount: i64,
    tax: i64,
    total: i64,
    min_days: u16,
    max_days: u16,
    currency: Currency,
}

struct App {
    carts: Carts,
    shop: Shop,
    pricing: CartPricing,
    verifier: Verifier,
}

/// Serves `GET /api/v1/cart/shipping-methods`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let carts = Carts::connect(&init).await?;
    let (shop, pricing) = (Shop::connect(&init).await?, CartPricing::connect(&init).await?);
    Ok(handler(App { carts, shop, pricing, verifier: Verifier::from_init(&init)? }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let owner = owner(&app.verifier, &request)?;
    let required = || Problem::invalid_parameter("country", "must be given");
    let destination = destination(&request)?.ok_or_else(required)?;
    let cart = app.carts.load(owner.clone()).await?;
    let offers = app.shop.offers(cart.lines.keys()).await?;
    let (call, delivery) =
        (call(&request, &owner), Delivery { destination: Some(destination), method: None });
    let prices = app.pricing.price(&call, &owner, &cart, &offers, delivery).await?;
    let options = shipping_options(&prices.basket, &prices.settings, call.now).map_err(delivery_problem)?;
    Response::ok(&Answer { items: options.iter().map(Item::of).collect() })
}

impl<'a> Item<'a> {
    fn of(option: &'a ShippingOption<'a>) -> Self {
        let (terms, shipping) = (&option.method.terms, &option.shipping);
        Self {
            id: &option.method.id,
            name: &terms.name,
            price: shipping.price,
            discount: shipping.discount,
            tax: shipping.tax,
            total: shipping.total,
            min_days: terms.min_days,
            max_days: terms.max_days,
            currency: terms.currency,
        }
    }
}
