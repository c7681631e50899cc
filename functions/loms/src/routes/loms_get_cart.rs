//! `POST /cart/list`: the content of a customer's cart, with the current names and prices.

use std::sync::Arc;

use cart::Carts;
use cart::offer::Shop;
use kernel::Problem;
use platform::http::{Handler, Request, Response};
use platform::{Init, InitError};
use serde::Deserialize;

use super::rpc;
use crate::cart_answer::CartAnswer;
use crate::number::User;
use crate::routes::auth::LomsAuth;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    user: User,
}

struct App {
    carts: Carts,
    shop: Shop,
    auth: LomsAuth,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let (carts, shop) = (Carts::connect(&init).await?, Shop::connect(&init).await?);
    Ok(rpc(App { carts, shop, auth: LomsAuth::connect(&init).await? }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    app.auth.authorize(&request).await?;
    let body: Body = request.json()?;
    let cart = app.carts.load(body.user.id()).await?;
    let offers = app.shop.offers(cart.lines.keys()).await?;
    Response::ok(&CartAnswer::new(&cart, &offers)?)
}
