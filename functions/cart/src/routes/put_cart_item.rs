//! Sets the quantity of a product in the cart; it replaces the one before, and 0 removes the line.
//!
//! A caller with neither an access token nor a cart token gets a new cart, and its token with the response. The number of carts that one source
//! address may begin is limited.

use std::sync::Arc;

use http::header::HeaderName;
use kernel::quantity::MAX_QUANTITY;
use kernel::{Problem, Quantity};
use platform::auth::Verifier;
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::source::Source;
use platform::{Init, InitError};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::caller::{CART_TOKEN, call, is_new, owner};
use super::{reply, sku};
use crate::change::Editor;
use crate::owner::{CartToken, Owner};
use crate::visitors::Visitors;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// None for 0.
    #[serde(deserialize_with = "quantity_or_none")]
    quantity: Option<Quantity>,
}

fn quantity_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Quantity>, D::Error> {
    let count = i64::deserialize(deserializer)?;
    if count == 0 {
        return Ok(None);
    }
    let quantity = u32::try_from(count).ok().and_then(Quantity::new);
    let refused = || D::Error::custom(format!("must be a whole number from 0 to {MAX_QUANTITY}"));
    quantity.map(Some).ok_or_else(refused)
}

struct App {
    editor: Editor,
    visitors: Visitors,
    verifier: Verifier,
}

/// Serves `PUT /api/v1/cart/items/{sku}`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        editor: Editor::with_prices(&init).await?,
        visitors: Visitors::connect(&init).await?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let new = if is_new(&request) { Some(CartToken::generate()?) } else { None };
    let owner = match &new {
        Some(token) => Owner::from(token),
        None => owner(&app.verifier, &request)?,
    };
    let sku = sku(&request)?;
    let body: Body = request.json()?;
    let (call, expected) = (call(&request, &owner), Precondition::of(&request));
    let Some(quantity) = body.quantity else {
        // A cart that is not there is not begun for it.
        return reply(&app.editor.remove_item(&call, &owner, &sku, &expected).await?);
    };
    let visitor = match &owner {
        Owner::Customer(_) => None,
        Owner::Anonymous(_) => Some((&app.visitors, Source(request.source_ip()))),
    };
    let cart = app.editor.put_item(&call, &owner, visitor, &sku, quantity, &expected).await?;
    let Some(token) = new.map(|token| token.text()) else { return reply(&cart) };
    let answered = reply(&cart.with_token(token.clone()))?;
    Ok(answered.header(HeaderName::from_static(CART_TOKEN), &token))
}
