//! `POST /api/v1/orders/checkout`: orders the content of the cart and begins the payment, for an account or for a guest.

use std::collections::BTreeMap;
use std::sync::Arc;

use cart::CartToken;
use kernel::Problem;
use kernel::address::PostalAddressBody;
use kernel::contact::ContactBody;
use orders::Holder;
use orders::address::AddressBody;
use orders::details::RETURN_ORIGINS;
use payments::method::Instrument;
use payments::providers::ProviderKind;
use platform::auth::Verifier;
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::idempotency::IdempotentRequest;
use platform::origins::Origins;
use platform::source::Source;
use platform::{Init, InitError};
use serde::Deserialize;

use super::method_body::MethodBody;
use super::placed_order::whole;
use super::sale_body::SaleBody;
use crate::place::{
    Consent, Customer, Goods, PaymentTerms, PlaceOrder, PlaceOrderCommand, PlacedOrder, Sale,
};
use crate::unpaid::{guest_holder, holder};

/// The rule that is returned to a guest without a contact.
const CONTACT_RULE: &str = "is required without an account: an object with email or phone";

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Body {
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    street: Option<String>,
    shipping_address: Option<PostalAddressBody>,
    billing_address: Option<PostalAddressBody>,
    contact: Option<ContactBody>,
    shipping_method_id: Option<String>,
    promotion_codes: Option<Vec<String>>,
    method: Option<String>,
    card_token: Option<String>,
    phone: Option<String>,
    expected_total: Option<i64>,
    note: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
    return_url: Option<String>,
}

/// The parts of a body.
type Parts = (Sale, Instrument, Consent);

impl Body {
    /// The order's parts, and the total that the customer has seen. The faults of all of them are named together.
    fn order(self, app: &App, is_guest: bool) -> Result<Parts, Problem> {
        let reachable = match &self.contact {
            None if is_guest => Err(Problem::invalid("/contact", CONTACT_RULE)),
            _ => Ok(()),
        };
        let method = MethodBody { method: self.method, card_token: self.card_token, phone: self.phone };
        let terms = Problem::both(method.parse(app.provider), Consent::to_total(self.expected_total));
        let sale = SaleBody {
            short_address: AddressBody::new(self.country, self.region, self.city, self.street),
            shipping_address: self.shipping_address,
            billing_address: self.billing_address,
            contact: self.contact,
            shipping_method_id: self.shipping_method_id,
            promotion_codes: self.promotion_codes,
            note: self.note,
            metadata: self.metadata,
            return_url: self.return_url,
        };
        let sale = Problem::both(sale.parse(&app.origins, false), reachable);
        let ((sale, ()), (method, consent)) = Problem::both(sale, terms)?;
        Ok((sale, method, consent))
    }
}

struct App {
    placing: PlaceOrder,
    provider: ProviderKind,
    origins: Origins,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        placing: PlaceOrder::connect(&init).await?,
        provider: ProviderKind::from_init(&init)?,
        origins: Origins::from_init(&init, RETURN_ORIGINS)?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let source = Source(request.source_ip());
    if let Some(cart) = CartToken::of_anonymous(&request)? {
        let parts = request.json_or_default_as(|body: Body| body.order(&app, true))?;
        let holder = parts.0.buyer.contact.as_ref().map(|contact| guest_holder(contact, source));
        return order(&app, &request, Customer::guest(cart), parts, holder).await;
    }
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let parts = request.json_or_default_as(|body: Body| body.order(&app, false))?;
    order(&app, &request, caller.user.into(), parts, holder(&caller, source)).await
}

async fn order(
    app: &App,
    request: &Request,
    customer: Customer,
    (sale, instrument, consent): Parts,
    holder: Option<Holder>,
) -> Result<Response, Problem> {
    let (terms, consent) = (PaymentTerms::PayNow(instrument), consent.of_cart(Precondition::of(request)));
    let (goods, host) = (Goods::Cart, request.domain().to_owned());
    let command = PlaceOrderCommand { goods, content: None, sale, terms, holder, consent, host };
    let (call, identity) = (request.call(customer.actor()), IdempotentRequest::of(request)?);
    let placed = app.placing.run(&call, &identity, customer.clone(), command).await?;
    placed.reply(request, |placed: PlacedOrder| {
        let order = placed.into_order()?;
        whole(&order, customer.order_token(order.id)?.as_ref())
    })
}
