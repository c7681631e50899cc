//! A signed snapshot of the caller's cart, at the prices of this moment.
//!
//! Takes no `Idempotency-Key`: nothing is changed or kept. A repeat answers another snapshot of the same cart, and what is placed
//! from either is up to the key of that request.

use std::sync::Arc;

use catalog::Catalog;
use kernel::{Problem, Sku};
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::snapshot::{Snapshot, SnapshotSecret};
use crate::store::Carts;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {}

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

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let Body {} = request.json_or_default()?;
    let call = request.call(caller.customer());
    let cart = app.carts.load(caller.user).await?;
    let skus: Vec<Sku> = cart.lines.keys().cloned().collect();
    let snapshot = Snapshot::of(caller.user, &cart, &app.catalog.find(&skus).await?, call.now)?;
    Reply::created(&app.secret.keys(call.now).await.sign(snapshot)?)
}
