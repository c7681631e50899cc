//! A signed snapshot of the caller's cart, at the prices of this moment.
//!
//! Takes no `Idempotency-Key`: nothing is changed or kept. A repeat answers another snapshot of the same cart, and what is placed
//! from either is up to the key of that request.

use std::sync::Arc;

use catalog::Catalog;
use kernel::{Problem, Sku};
use platform::auth::Verifier;
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::{Init, InitError};

use crate::answer::tag_of;
use crate::change::CART;
use crate::snapshot::{Snapshot, SnapshotSecret};
use crate::store::Carts;

struct App {
    carts: Carts,
    catalog: Catalog,
    secret: SnapshotSecret,
    verifier: Verifier,
}

/// Serves `POST /api/v1/cart/snapshot`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let carts = Carts::connect(&init).await?;
    let catalog = Catalog::connect(&init).await?;
    let secret = SnapshotSecret::connect(&init).await?;
    Ok(handler(App { carts, catalog, secret, verifier: Verifier::from_init(&init)? }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    request.no_body()?;
    let call = request.call(caller.customer());
    let cart = app.carts.load(caller.user).await?;
    let skus: Vec<Sku> = cart.lines.keys().cloned().collect();
    let products = app.catalog.find(&skus).await?;
    let purchasable = |sku: &Sku| products.get(sku).filter(|product| product.is_active);
    Precondition::of(&request).check(CART, &tag_of(&cart, purchasable))?;
    let snapshot = Snapshot::of(caller.user, &cart, &products, call.now)?;
    Response::created(&app.secret.keys(call.now).await.sign(snapshot)?)
}
