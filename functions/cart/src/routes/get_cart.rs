//! The caller's or the cart token's cart, with the names, prices and stock of this moment.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::{caller::owner, reply};
use crate::answer::CartAnswer;
use crate::offer::Shop;
use crate::store::Carts;

struct App {
    carts: Carts,
    shop: Shop,
    verifier: Verifier,
}

/// Serves `GET /api/v1/cart`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let carts = Carts::connect(&init).await?;
    let app = App { carts, shop: Shop::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let cart = app.carts.load(owner(&app.verifier, &request)?).await?;
    let offers = app.shop.offers(cart.lines.keys()).await?;
    reply(&CartAnswer::new(&cart, &offers))
}
