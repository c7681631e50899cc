//! `POST /api/v1/orders/checkout`: orders what is in the cart and begins the payment.

use std::sync::Arc;

use kernel::Problem;
use orders::address::AddressBody;
use platform::auth::Verifier;
use platform::http::{Handler, Precondition, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::method::MethodBody;
use crate::placing::{Consent, Goods, Placing, Terms, Wish, answer};
use crate::provider::ProviderKind;
use crate::unpaid::holder;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    street: Option<String>,
    method: Option<String>,
    card_token: Option<String>,
    phone: Option<String>,
    expected_total: Option<i64>,
}

struct App {
    placing: Placing,
    provider: ProviderKind,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        placing: Placing::connect(&init).await?,
        provider: ProviderKind::from_init(&init)?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let body: Body = request.json_or_default()?;
    let address = AddressBody::new(body.country, body.region, body.city, body.street).parse()?;
    let method = MethodBody { method: body.method, card_token: body.card_token, phone: body.phone };
    let terms = Terms::PayNow(method.parse(app.provider)?);
    let consent = Consent::to_total(body.expected_total)?.of_cart(Precondition::of(&request));
    let holder = holder(&caller, &request);
    let wish = Wish { goods: Goods::Cart, address, terms, holder, consent, render: answer::whole };
    app.placing.run(&request.call(caller.customer()), &request, caller.user, wish).await
}
