//! `POST /api/v1/orders`, `POST /orders` and `POST /api/orders`: orders the lines of the body, or a signed cart at the prices in it.

use std::sync::Arc;

use cart::snapshot::Received;
use kernel::{Problem, Quantity, Sku};
use orders::address::AddressBody;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError, idempotency};
use serde::Deserialize;
use serde::de::IgnoredAny;
use stock::Line;

use crate::method::{Instrument, by_member};
use crate::placing::{Consent, Goods, Placing, Terms, Wish, answer};
use crate::provider::ProviderKind;
use crate::unpaid::holder;

/// Which of both bodies it is: a member that is there, whatever it holds, tells them apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Either {
    #[serde(default, deserialize_with = "is_there")]
    cart_snapshot: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ByCart {
    cart_snapshot: Received,
    expected_total: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Direct {
    items: Option<Vec<Item>>,
    #[serde(alias = "sku")]
    product_id: Option<Sku>,
    quantity: Option<Quantity>,
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    street: Option<String>,
    card: Option<String>,
    phone: Option<String>,
    reserve: Option<bool>,
    expected_total: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Item {
    #[serde(alias = "sku")]
    product_id: Sku,
    quantity: Quantity,
}

struct App {
    placing: Placing,
    provider: ProviderKind,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        placing: Placing::connect_with_snapshots(&init).await?,
        provider: ProviderKind::from_init(&init)?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let mut wish = if request.json::<Either>().map_err(of_a_cart)?.cart_snapshot {
        idempotency::require_key(&request)?;
        by_cart(&request, caller.scopes.contains(Scope::OrdersWrite))?
    } else {
        request.json_as(|body: Direct| body.wish(app.provider))?
    };
    wish.holder = holder(&caller, &request);
    let call = request.call(caller.customer());
    app.placing.run(&call, &request, caller.user, wish).await
}

fn by_cart(request: &Request, for_others: bool) -> Result<Wish, Problem> {
    let body: ByCart = request.json().map_err(not_a_cart)?;
    let goods = Goods::Snapshot(body.cart_snapshot, for_others);
    let consent = Consent::to_total(body.expected_total)?;
    Ok(Wish { goods, address: None, terms: Terms::PayLater, holder: None, consent, render: answer::only_id })
}

/// What can be wrong with a signed cart before it is known that there is one: a member in it that is there twice.
fn of_a_cart(problem: Problem) -> Problem {
    let is_in_it = problem.errors.iter().any(|error| error.pointer.starts_with("/cartSnapshot"));
    if is_in_it { not_a_cart(problem) } else { problem }
}

fn not_a_cart(problem: Problem) -> Problem {
    problem.with("error", "Invalid snapshot payload")
}

impl Direct {
    fn wish(self, provider: ProviderKind) -> Result<Wish, Problem> {
        let goods = goods(self.items, self.product_id, self.quantity);
        let address = AddressBody::new(self.country, self.region, self.city, self.street).require();
        let method = by_member(provider, self.card.as_deref(), self.phone.as_deref());
        let terms = method.and_then(|method| terms(method, self.reserve.unwrap_or(true)));
        let consent = Consent::to_total(self.expected_total);
        let found = [
            goods.as_ref().err().cloned(),
            address.as_ref().err().cloned(),
            terms.as_ref().err().cloned(),
            consent.as_ref().err().cloned(),
        ];
        if let Some(problem) = Problem::joined(found) {
            return Err(problem);
        }
        let (goods, address, terms, consent) = (goods?, Some(address?), terms?, consent?);
        Ok(Wish { goods, address, terms, holder: None, consent, render: answer::short })
    }
}

/// What happens to goods and money at once.
fn terms(method: Option<Instrument>, reserve: bool) -> Result<Terms, Problem> {
    match (method, reserve) {
        (Some(method), true) => Ok(Terms::PayNow(method)),
        (None, true) => Ok(Terms::PayLater),
        (None, false) => Ok(Terms::Unreserved),
        (Some(_), false) => {
            Err(Problem::invalid("/reserve", "can't be false when the payment begins at once"))
        }
    }
}

fn goods(
    items: Option<Vec<Item>>,
    product: Option<Sku>,
    quantity: Option<Quantity>,
) -> Result<Goods, Problem> {
    match (items, product, quantity) {
        (Some(items), None, None) => {
            let line = |item: Item| Line { sku: item.product_id, quantity: item.quantity };
            Ok(Goods::Items(items.into_iter().map(line).collect()))
        }
        (None, Some(sku), quantity) => {
            Ok(Goods::Product(Line { sku, quantity: quantity.unwrap_or(Quantity::ONE) }))
        }
        (None, None, _) => Err(Problem::invalid("/items", "is required, or productId")),
        (Some(_), Some(_), _) => Err(Problem::invalid("/productId", "does not go with items")),
        (Some(_), None, Some(_)) => Err(Problem::invalid("/quantity", "does not go with items")),
    }
}

fn is_there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
