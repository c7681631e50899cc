//! Orders as customers place them: by the deployed use case, of products and by settings that the editors of their contexts have put.

use std::path::Path;
use std::time::{Duration, Instant};

use catalog::factors::NamedFactors;
use catalog::product::Details;
use catalog::put::Editor;
use kernel::{Currency, Kind, Sku, UserId};
use lambda_http::RequestExt as _;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;
use ordering::place::{
    Consent, Customer, Goods, PaymentTerms, PlaceOrder, PlaceOrderCommand, PlacedOrder, Sale,
};
use ordering::refusal::PlaceRefusal;
use platform::InvocationContext;
use platform::http::{Precondition, Request};
use platform::idempotency::{Completion, IdempotentRequest, Stored};
use pricing::editor::SettingsEditor;
use pricing::promotion::PromotionTerms;
use pricing::setting::Terms;
use pricing::shipping::ShippingTerms;
use pricing::tax::TaxTerms;
use serde_json::{Map, Value, json};
use stock::Line;

use crate::Failure;
use crate::shop::{self, PLENTY, Shop};

/// The code of the promotion whose uses are counted.
pub(super) const CODE: &str = "LAST-USES";
/// The promotion's id.
pub(super) const PROMOTION: &str = "last-uses";
/// The price of one piece of each product, in kopecks.
const PRICE: i64 = 10_000;
/// The route of the requests: idempotency keys are looked up by it.
const ROUTE: &str = "POST /api/v1/orders";

/// Adds products to the catalog, each with plenty of units spread over `lanes`.
pub(super) async fn add_products(shop: &mut Shop, skus: &[Sku], lanes: u16) -> Result<(), Failure> {
    let editor = Editor::connect(&shop.init).await.map_err(Failure::new)?;
    let currency = Currency::from_code("RUB").ok_or_else(|| Failure::new("RUB is no currency"))?;
    for sku in skus {
        let (name, price) = ("A thing".to_owned(), (PRICE, currency));
        let details = Details::parse(name, String::new(), price, Map::new(), NamedFactors::default(), true)
            .map_err(shop::problem)?;
        let put = editor.put(&shop::call(), sku, details, &Precondition::Any).await;
        put.map_err(shop::problem)?;
        shop.stock_up(sku, lanes, PLENTY).await?;
    }
    Ok(())
}

/// Puts the promotion of [`CODE`]: 10 % off, in at most `uses` orders.
pub(super) async fn put_promotion(shop: &Shop, uses: usize) -> Result<(), Failure> {
    let editor = SettingsEditor::connect(&shop.init).await.map_err(Failure::new)?;
    let draft =
        json!({"id": PROMOTION, "code": CODE, "kind": "percentage", "value": 1_000, "usageLimit": uses});
    put_all::<PromotionTerms>(&editor, &json!([draft])).await
}

/// Puts the sample settings that `make up` puts.
pub(super) async fn put_sample_settings(shop: &Shop) -> Result<(), Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stack/pricing.json");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    let samples: Value = serde_json::from_str(&text).map_err(Failure::new)?;
    let editor = SettingsEditor::connect(&shop.init).await.map_err(Failure::new)?;
    put_all::<ShippingTerms>(&editor, &samples["shippingMethods"]).await?;
    put_all::<TaxTerms>(&editor, &samples["taxRates"]).await?;
    put_all::<PromotionTerms>(&editor, &samples["promotions"]).await
}

/// Puts settings of one kind. Each of `drafts` is the body of a request with the id of its path as a member.
async fn put_all<T: Terms>(editor: &SettingsEditor, drafts: &Value) -> Result<(), Failure> {
    for draft in drafts.as_array().ok_or_else(|| Failure::new(format!("no settings: {drafts}")))? {
        let mut body = draft.clone();
        let id = body.as_object_mut().and_then(|members| members.remove("id"));
        let id = serde_json::from_value(id.unwrap_or_default()).map_err(Failure::new)?;
        let terms = T::parse(serde_json::from_value(body).map_err(Failure::new)?).map_err(shop::problem)?;
        editor.put(&shop::call(), &id, &terms, &Precondition::Any).await.map_err(shop::problem)?;
    }
    Ok(())
}

/// The response to a request to place an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Response {
    /// The order is placed.
    Placed,
    /// 409 `promotion_not_applicable`.
    NotApplicable,
    /// 503: the same request may succeed later.
    Unavailable,
}

/// A response and the time that it took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) response: Response,
    pub(super) took: Duration,
}

/// A new customer's request to place an order. It has an idempotency key, so that it can be sent again when its outcome is not known.
pub(super) struct OrderRequest {
    user: UserId,
    identity: IdempotentRequest,
    lines: Vec<Line>,
    sale: Sale,
}

impl OrderRequest {
    /// For an order of `lines`, to be paid later.
    pub(super) fn new(lines: Vec<Line>, sale: Sale) -> Result<Self, Failure> {
        let user = UserId::generate();
        Ok(Self { user, identity: identity(&user.to_string())?, lines, sale })
    }

    /// Sends the request. A failure is a response that neither customers who share a promotion nor a busy DynamoDB account for.
    pub(super) async fn send(&self, place_order: &PlaceOrder) -> Result<Attempt, Failure> {
        let began = Instant::now();
        let customer = Customer::Account(self.user);
        let call = InvocationContext { actor: customer.actor(), ..shop::call() };
        let command = PlaceOrderCommand {
            goods: Goods::Items(self.lines.clone()),
            content: None,
            sale: self.sale.clone(),
            terms: PaymentTerms::PayLater,
            holder: None,
            consent: Consent::default(),
            host: String::new(),
        };
        let run = Box::pin(place_order.run(&call, &self.identity, customer, command)).await;
        let response = match run.map_err(kernel::Problem::from) {
            Ok(completion) => placed(completion)?,
            Err(problem) if problem.kind == Kind::Unavailable => Response::Unavailable,
            Err(problem) if problem.code == "promotion_not_applicable" => Response::NotApplicable,
            Err(problem) => return Err(shop::problem(problem)),
        };
        Ok(Attempt { response, took: began.elapsed() })
    }
}

fn placed(completion: Completion<PlacedOrder>) -> Result<Response, Failure> {
    let (Completion::First(outcome) | Completion::Repeated(Stored::Outcome(outcome))) = completion else {
        return Err(Failure::new("an earlier release has answered"));
    };
    let not_placed = |refusal: PlaceRefusal| Failure::new(format!("{refusal:?}"));
    outcome.into_order().map(|_| Response::Placed).map_err(not_placed)
}

/// The identity of a request to [`ROUTE`] with the idempotency key `key`.
fn identity(key: &str) -> Result<IdempotentRequest, Failure> {
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.route_key = Some(ROUTE.to_owned());
    let event = http::Request::post("/api/v1/orders").header("idempotency-key", key);
    let event = event.body(lambda_http::Body::Empty).map_err(Failure::new)?;
    let event = event
        .with_request_context(RequestContext::ApiGatewayV2(context))
        .with_lambda_context(lambda_http::Context::default());
    IdempotentRequest::of(&Request::from_lambda(event)).map_err(shop::problem)
}
