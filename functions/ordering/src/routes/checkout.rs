//! `POST /api/v1/orders/checkout`: orders the content of the cart and begins the payment.

use std::sync::Arc;

use kernel::Problem;
use orders::Address;
use orders::address::AddressBody;
use payments::method::Instrument;
use payments::providers::ProviderKind;
use platform::auth::Verifier;
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::idempotency::IdempotentRequest;
use platform::{Init, InitError};
use serde::Deserialize;

use super::method_body::MethodBody;
use super::placed_order::whole;
use crate::place::{Consent, Goods, PaymentTerms, PlaceOrder, PlaceOrderCommand, PlacedOrder};
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

impl Body {
    /// The address, the instrument, and the total that the customer has seen. The faults of all of them are named together.
    fn order(self, provider: ProviderKind) -> Result<(Option<Address>, Instrument, Consent), Problem> {
        let address = AddressBody::new(self.country, self.region, self.city, self.street).parse();
        let method = MethodBody { method: self.method, card_token: self.card_token, phone: self.phone };
        let method = method.parse(provider);
        let consent = Consent::to_total(self.expected_total);
        let ((address, method), consent) = Problem::both(Problem::both(address, method), consent)?;
        Ok((address, method, consent))
    }
}

struct App {
    placing: PlaceOrder,
    provider: ProviderKind,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        placing: PlaceOrder::connect(&init).await?,
        provider: ProviderKind::from_init(&init)?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let (address, instrument, consent) = request.json_or_default_as(|body: Body| body.order(app.provider))?;
    let (terms, consent) = (PaymentTerms::PayNow(instrument), consent.of_cart(Precondition::of(&request)));
    let holder = holder(&caller, &request);
    let (goods, host) = (Goods::Cart, request.domain().to_owned());
    let command = PlaceOrderCommand { goods, content: None, address, terms, holder, consent, host };
    let (call, identity) = (request.call(caller.customer()), IdempotentRequest::of(&request)?);
    let placed = app.placing.run(&call, &identity, caller.user, command).await?;
    placed.reply(&request, |placed: PlacedOrder| whole(&placed.into_order()?))
}
