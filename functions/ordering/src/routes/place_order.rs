//! `POST /api/v1/orders`, `POST /orders` and `POST /api/orders`: orders the lines of the body, or a signed cart at the prices in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cart::snapshot::Received;
use kernel::address::PostalAddressBody;
use kernel::contact::ContactBody;
use kernel::problem::INVALID_INPUT;
use kernel::{Problem, Quantity, Sku};
use orders::address::AddressBody;
use orders::details::RETURN_ORIGINS;
use orders::refusal::DraftRefusal;
use payments::method::Instrument;
use payments::providers::ProviderKind;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, Surface, handler};
use platform::idempotency::{self, IdempotentRequest};
use platform::origins::Origins;
use platform::source::Source;
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};
use stock::Line;

use super::method_body::by_member;
use super::placed_order::{only_id, short};
use super::sale_body::SaleBody;
use crate::place::{Consent, Goods, PaymentTerms, PlaceOrder, PlaceOrderCommand, PlacedOrder, Sale};
use crate::unpaid::holder;

/// Either body: with a signed cart, or without.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(skip_serializing)]
    cart_snapshot: Option<Received>,
    items: Option<Vec<Item>>,
    product_id: Option<Sku>,
    /// The same value under the name that carts have for it.
    #[serde(skip_serializing)]
    sku: Option<Sku>,
    quantity: Option<Quantity>,
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    street: Option<String>,
    card: Option<String>,
    phone: Option<String>,
    reserve: Option<bool>,
    expected_total: Option<i64>,
    // Left out where absent, as in the bodies of releases that did not know them.
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<PostalAddressBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_address: Option<PostalAddressBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<ContactBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_method_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promotion_codes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Item {
    #[serde(alias = "sku")]
    product_id: Sku,
    quantity: Quantity,
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
        placing: PlaceOrder::connect_with_snapshots(&init).await?,
        provider: ProviderKind::from_init(&init)?,
        origins: Origins::from_init(&init, RETURN_ORIGINS)?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let for_others = caller.scopes.contains(Scope::OrdersWrite);
    let mut has_cart = false;
    let read = request.json_as(|body: Body| {
        has_cart = body.cart_snapshot.is_some();
        body.command(&app, for_others)
    });
    let mut command = read.map_err(|problem| if has_cart { not_a_cart(problem) } else { problem })?;
    if has_cart {
        idempotency::require_key(&request)?;
    }
    command.holder = holder(&caller, Source(request.source_ip()));
    request.domain().clone_into(&mut command.host);
    let (call, identity) = (request.call(caller.customer()), IdempotentRequest::of(&request)?);
    let placed = app.placing.run(&call, &identity, caller.user, command).await?;
    placed.reply(&request, |placed: PlacedOrder| {
        let order = placed.into_order()?;
        if has_cart { only_id(&order) } else { short(&order, Surface::of(&request)) }
    })
}

/// The faults of a body with a signed cart, in the terms that clients of surface B know.
fn not_a_cart(problem: Problem) -> Problem {
    if problem.code == INVALID_INPUT { problem.with("error", "Invalid snapshot payload") } else { problem }
}

impl Body {
    fn command(mut self, app: &App, for_others: bool) -> Result<PlaceOrderCommand, Problem> {
        let has_cart = self.cart_snapshot.is_some();
        let sale = self.sale(has_cart).parse(&app.origins, !has_cart);
        let command = match self.cart_snapshot.take() {
            Some(snapshot) => self.of_cart(snapshot, for_others),
            None => self.direct(app.provider),
        };
        let (mut command, sale) = Problem::both(command, sale)?;
        // The content of a signed cart is the cart; what comes beside it is part of the request too.
        if let (Goods::Snapshot(..), Some(content)) = (&command.goods, &mut command.content)
            && sale != Sale::default()
        {
            let beside = (&sale.details, &sale.address, &sale.buyer);
            content.extend(serde_json::to_vec(&beside).map_err(Problem::internal)?);
        }
        Ok(PlaceOrderCommand { sale, ..command })
    }

    /// The members of the sale. The short address and what prices depend on do not go with a signed cart, which is refused for them.
    fn sale(&self, has_cart: bool) -> SaleBody {
        let beside_goods = |member: &Option<String>| if has_cart { None } else { member.clone() };
        let [country, region, city, street] = [&self.country, &self.region, &self.city, &self.street];
        let [country, region, city, street] = [country, region, city, street].map(beside_goods);
        SaleBody {
            short_address: AddressBody::new(country, region, city, street),
            shipping_address: self.shipping_address.clone(),
            billing_address: self.billing_address.clone(),
            contact: self.contact.clone(),
            shipping_method_id: beside_goods(&self.shipping_method_id),
            promotion_codes: if has_cart { None } else { self.promotion_codes.clone() },
            note: self.note.clone(),
            metadata: self.metadata.clone(),
            return_url: self.return_url.clone(),
        }
    }

    fn of_cart(self, snapshot: Received, for_others: bool) -> Result<PlaceOrderCommand, Problem> {
        let others = [
            ("/items", self.items.is_some()),
            ("/productId", self.product_id.is_some()),
            ("/sku", self.sku.is_some()),
            ("/quantity", self.quantity.is_some()),
            ("/country", self.country.is_some()),
            ("/region", self.region.is_some()),
            ("/city", self.city.is_some()),
            ("/street", self.street.is_some()),
            ("/card", self.card.is_some()),
            ("/phone", self.phone.is_some()),
            ("/reserve", self.reserve.is_some()),
            ("/shippingMethodId", self.shipping_method_id.is_some()),
            ("/promotionCodes", self.promotion_codes.is_some()),
        ];
        let foreign = others.into_iter().filter(|(_, is_there)| *is_there);
        let foreign = foreign.map(|(pointer, _)| Problem::invalid(pointer, "does not go with cartSnapshot"));
        let consent = Consent::to_total(self.expected_total);
        let (consent, ()) = Problem::both(consent, Problem::joined(foreign.map(Some)).map_or(Ok(()), Err))?;
        let goods = Goods::Snapshot(snapshot, for_others);
        let content = goods.content();
        let terms = PaymentTerms::PayLater;
        Ok(PlaceOrderCommand {
            goods,
            content,
            sale: Sale::default(),
            terms,
            holder: None,
            consent,
            host: String::new(),
        })
    }

    fn direct(mut self, provider: ProviderKind) -> Result<PlaceOrderCommand, Problem> {
        let named = match (&self.product_id, self.sku.take()) {
            (Some(_), Some(_)) => Err(Problem::invalid("/sku", "does not go with productId")),
            (None, Some(sku)) => {
                self.product_id = Some(sku);
                Ok("sku")
            }
            (_, None) => Ok("productId"),
        };
        // Compared by value: a member that is null is left out, and one by another name is the same.
        let content = serde_json::to_vec(&self).map_err(Problem::internal)?;
        let goods = named.and_then(|name| goods(self.items, self.product_id, name, self.quantity));
        let method = by_member(provider, self.card.as_deref(), self.phone.as_deref());
        let terms = method.and_then(|method| terms(method, self.reserve.unwrap_or(true)));
        let consent = Consent::to_total(self.expected_total);
        let (goods, (terms, consent)) = Problem::both(goods, Problem::both(terms, consent))?;
        let content = Some(content);
        Ok(PlaceOrderCommand {
            goods,
            content,
            sale: Sale::default(),
            terms,
            holder: None,
            consent,
            host: String::new(),
        })
    }
}

/// The payment terms.
fn terms(method: Option<Instrument>, reserve: bool) -> Result<PaymentTerms, Problem> {
    match (method, reserve) {
        (Some(method), true) => Ok(PaymentTerms::PayNow(method)),
        (None, true) => Ok(PaymentTerms::PayLater),
        (None, false) => Ok(PaymentTerms::Unreserved),
        (Some(_), false) => {
            Err(Problem::invalid("/reserve", "can't be false when the payment begins at once"))
        }
    }
}

fn goods(
    items: Option<Vec<Item>>,
    product: Option<Sku>,
    named: &'static str,
    quantity: Option<Quantity>,
) -> Result<Goods, Problem> {
    let Some(items) = items else {
        let sku = product.ok_or_else(|| Problem::invalid("/items", "is required, or productId"))?;
        let line = Line { sku, quantity: quantity.unwrap_or(Quantity::ONE) };
        return Ok(Goods::Product(line, named));
    };
    let empty = items.is_empty().then(|| DraftRefusal::NoLines.into());
    let beside = |is_there: bool, name| is_there.then(|| Problem::invalid(name, "does not go with items"));
    let product = beside(product.is_some(), if named == "sku" { "/sku" } else { "/productId" });
    if let Some(problem) = Problem::joined([empty, product, beside(quantity.is_some(), "/quantity")]) {
        return Err(problem);
    }
    let line = |item: Item| Line { sku: item.product_id, quantity: item.quantity };
    Ok(Goods::Items(items.into_iter().map(line).collect()))
}
