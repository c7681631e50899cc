//! The deployed use cases, over connections whose requests are steps. One machine for each actor.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use kernel::{Actor, OrderId, PaymentId, Problem, Timestamp, UserId};
use lambda_http::RequestExt as _;
use load::Failure;
use ordering::pay::{PayOrder, PayOrderCommand};
use ordering::place::{Consent, Goods, PaymentTerms, PlaceOrder, PlaceOrderCommand, PlacedOrder, Sale};
use ordering::provider_notification::NotificationHandler;
use ordering::refund::{RefundCommand, Refunds};
use ordering::refusal::NotPaid;
use ordering::settlement::{Cancelling, Settlement};
use orders::order::TransitionError;
use orders::{Address, Order, Orders, Transition};
use payments::method::{CardToken, Instrument};
use payments::notification::Notification;
use payments::yookassa::notification::NotificationBody;
use platform::http::{Precondition, Request};
use platform::idempotency::{Completion, IdempotentRequest, Stored};
use platform::{Init, InvocationContext};
use serde_json::{Value, json};
use stock::Line;

use crate::hub::Hub;
use crate::wire::Wire;

/// The one product of a run.
pub const SKU: &str = "A-1";
/// What a unit of it costs, in minor units.
pub const PRICE: i64 = 7_500;
/// The host that requests are sent to.
const HOST: &str = "shop.example";
/// What a function has before Lambda ends it (`Globals.Function.Timeout` of the template).
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(15);

/// The use cases of one actor.
pub struct Machine {
    hub: Hub,
    slot: usize,
    placing: PlaceOrder,
    paying: PayOrder,
    refunds: Refunds,
    settlement: Settlement,
    notifications: NotificationHandler,
    orders: Orders,
}

/// A request that may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Who asks.
    pub user: UserId,
    /// Its idempotency key.
    pub key: Option<&'static str>,
}

impl Machine {
    /// Connects the use cases of the actor in `slot` to the hub's world.
    pub async fn connect(
        hub: &Hub,
        slot: usize,
        provider: SocketAddr,
        mut variables: HashMap<String, String>,
        two_steps: bool,
    ) -> Result<Self, Failure> {
        let more = [
            ("PAYMENT_PROVIDER", "yookassa".to_owned()),
            ("YOOKASSA_SECRET_ARN", "arn:secret".to_owned()),
            ("YOOKASSA_API_URL", format!("http://{provider}/{slot}/v3")),
            ("PUBLIC_BASE_URL", "https://shop.example".to_owned()),
            ("PAYMENT_CAPTURE", if two_steps { "two-stage" } else { "one-stage" }.to_owned()),
        ];
        variables.extend(more.map(|(name, value)| (name.to_owned(), value)));
        let wire = Wire { hub: hub.clone(), slot };
        let init = Init::from_variables(variables).map_err(Failure::new)?.over(SharedHttpClient::new(wire));
        let settlement = Settlement::connect(&init).await.map_err(Failure::new)?;
        Ok(Self {
            hub: hub.clone(),
            slot,
            // Settings are read once a minute in a process, and so in the first of its schedules alone.
            placing: PlaceOrder::connect(&init).await.map_err(Failure::new)?.at_catalog_prices(),
            paying: PayOrder::connect(&init).await.map_err(Failure::new)?,
            refunds: Refunds::connect(&init).await.map_err(Failure::new)?,
            notifications: NotificationHandler::new(settlement.clone()),
            orders: Orders::connect(&init).await.map_err(Failure::new)?,
            settlement,
        })
    }

    /// The circumstances of an invocation that begins now. No two actors begin in the same millisecond.
    fn call(&self, actor: Actor) -> InvocationContext {
        let now = self.hub.lock().world.now;
        call(now.plus(Duration::from_millis(self.slot as u64)), actor)
    }

    /// Orders one unit, to be paid with `instrument` at once, or later.
    pub async fn place(&self, asked: Asked, instrument: Option<Instrument>) -> Result<Value, Problem> {
        let body = json!({"product": SKU, "with": instrument}).to_string();
        let request = request("POST /api/v1/orders", "/api/v1/orders", asked.key, &body)?;
        let line = Line { sku: parsed(SKU)?, quantity: kernel::Quantity::ONE };
        let command = PlaceOrderCommand {
            content: None,
            goods: Goods::Items(vec![line]),
            sale: Sale { address: Some(address()), ..Sale::default() },
            terms: instrument.map_or(PaymentTerms::PayLater, PaymentTerms::PayNow),
            holder: None,
            consent: Consent::default(),
            host: HOST.to_owned(),
        };
        let call = self.call(Actor::Customer { id: asked.user });
        placed(Box::pin(self.placing.run(&call, &request, asked.user, command)).await?)
    }

    /// Orders what is in the cart.
    pub async fn check_out(&self, asked: Asked, instrument: Instrument) -> Result<Value, Problem> {
        let body = json!({"with": instrument}).to_string();
        let path = "/api/v1/orders/checkout";
        let request = request("POST /api/v1/orders/checkout", path, asked.key, &body)?;
        let command = PlaceOrderCommand {
            content: None,
            goods: Goods::Cart,
            sale: Sale { address: Some(address()), ..Sale::default() },
            terms: PaymentTerms::PayNow(instrument),
            holder: None,
            consent: Consent::default(),
            host: HOST.to_owned(),
        };
        let call = self.call(Actor::Customer { id: asked.user });
        placed(Box::pin(self.placing.run(&call, &request, asked.user, command)).await?)
    }

    /// Begins the payment of an order that waits for one.
    pub async fn pay(&self, asked: Asked, order: OrderId, instrument: Instrument) -> Result<Value, Problem> {
        let body = json!({"with": instrument}).to_string();
        let path = format!("/api/v1/orders/{order}/pay");
        let request = request("POST /api/v1/orders/{id}/pay", &path, asked.key, &body)?;
        let call = self.call(Actor::Customer { id: asked.user });
        let order = self.order(order).await?;
        let command = PayOrderCommand {
            caller: asked.user,
            order,
            expected: Precondition::Any,
            instrument,
            host: HOST.to_owned(),
        };
        match Box::pin(self.paying.run(&call, &request, command)).await {
            Ok(paid) => Ok(json!({"paymentId": outcome(paid)?.payment_id})),
            Err(NotPaid::Unpayable(unpayable)) => {
                let (code, why) = unpayable.why.terms();
                Err(Problem::conflict(code, why))
            }
            Err(NotPaid::Key(refusal)) => Err(refusal.into()),
            Err(NotPaid::Failed(problem)) => Err(problem),
        }
    }

    /// Calls an order off.
    pub async fn cancel(&self, user: UserId, order: OrderId, how: Cancelling) -> Result<Value, Problem> {
        let call = self.call(Actor::Customer { id: user });
        let order = self.order(order).await?;
        let cancelled = Box::pin(self.settlement.cancel(&call, &Precondition::Any, order, &how)).await?;
        shown(cancelled)
    }

    /// Expires an order, as the queue's consumer does.
    pub async fn expire(&self, order: OrderId) -> Result<(), Problem> {
        let call = self.call(Actor::system("expire-order"));
        Box::pin(self.settlement.expire(&call, order)).await
    }

    /// Polls a payment, as the queue's consumer does.
    pub async fn reconcile(&self, payment: PaymentId) -> Result<(), Problem> {
        let call = self.call(Actor::system("reconcile-payment"));
        Box::pin(self.settlement.reconcile(&call, payment)).await.map(|_| ())
    }

    /// Sends refunds that have begun, as the consumer of the event does.
    pub async fn finish_refunds(&self, payment: PaymentId) -> Result<(), Problem> {
        let call = self.call(Actor::system("finish-refund"));
        Box::pin(self.settlement.finish_refunds(&call, payment)).await.map(|_| ())
    }

    /// Handles a notification of the provider.
    pub async fn notify(&self, event: &str, id: &str) -> Result<(), Problem> {
        let body = json!({"type": "notification", "event": event, "object": {"id": id}});
        let body: NotificationBody = serde_json::from_value(body).map_err(Problem::internal)?;
        let notification = Notification::try_from(body)?;
        let call = self.call(Actor::Provider);
        Box::pin(self.notifications.handle(&call, &notification)).await.map(|_| ())
    }

    /// Sends money back on an operator's request.
    pub async fn refund(
        &self,
        asked: Asked,
        payment: PaymentId,
        order: OrderId,
        amount: i64,
    ) -> Result<Value, Problem> {
        let body = json!({"paymentId": payment, "amount": amount}).to_string();
        let request = request("POST /api/v1/refunds", "/api/v1/refunds", asked.key, &body)?;
        let call = self.call(Actor::Operator { id: asked.user });
        let command = RefundCommand { order_id: order, payment_id: payment, amount };
        let refunded = Box::pin(self.refunds.run(&call, &request, asked.user, &command)).await?;
        Ok(json!({"refundId": outcome(refunded)?.refund.id}))
    }

    /// Confirms or ships an order.
    pub async fn advance(
        &self,
        order: OrderId,
        step: fn(Order, Timestamp) -> Result<Transition, TransitionError>,
    ) -> Result<Value, Problem> {
        let call = self.call(Actor::system("operator"));
        let order = self.order(order).await?;
        let moved =
            self.settlement.advance(&call, &Precondition::Any, order, |order, at| step(order, at).map(Some));
        shown(Box::pin(moved).await?)
    }

    async fn order(&self, id: OrderId) -> Result<Order, Problem> {
        self.orders.find(id).await?.ok_or_else(|| Problem::not_found("There is no such order."))
    }
}

/// The circumstances of an invocation at `now`.
pub fn call(now: Timestamp, actor: Actor) -> InvocationContext {
    InvocationContext {
        now,
        deadline: now.plus(FUNCTION_TIMEOUT),
        correlation_id: "model".to_owned(),
        trace: None,
        actor,
    }
}

/// A payment by card.
pub fn card() -> Option<Instrument> {
    CardToken::parse("tok_model").map(Instrument::Card)
}

fn shown(moved: Result<Order, Order>) -> Result<Value, Problem> {
    match moved {
        Ok(order) => Ok(json!({"orderId": order.id, "status": order.status().name()})),
        Err(order) => {
            Err(Problem::conflict("not_allowed", format!("The order is {}.", order.status().name())))
        }
    }
}

/// The order of a request that placed one.
fn placed(placed: Completion<PlacedOrder>) -> Result<Value, Problem> {
    Ok(json!({"orderId": outcome(placed)?.into_order()?.id}))
}

/// The outcome, of this request or of an earlier one with its key.
fn outcome<T>(completion: Completion<T>) -> Result<T, Problem> {
    match completion {
        Completion::First(outcome) | Completion::Repeated(Stored::Outcome(outcome)) => Ok(outcome),
        Completion::Repeated(Stored::Response(_)) => Err(Problem::internal("no release before stored this")),
    }
}

fn address() -> Address {
    let line = |text: &str| text.to_owned();
    Address {
        country: line("RU"),
        region: Some(line("Moscow")),
        city: line("Moscow"),
        street: line("1 Main Street"),
        ..Address::default()
    }
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(Problem::internal)
}

/// The identity of a request as the gateway delivers it.
fn request(route: &str, path: &str, key: Option<&str>, body: &str) -> Result<IdempotentRequest, Problem> {
    let method = route.split(' ').next().unwrap_or_default();
    let mut headers = json!({"content-type": "application/json", "host": HOST});
    if let Some(key) = key {
        headers["idempotency-key"] = Value::from(key);
    }
    let event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "1", "apiId": "model", "domainName": HOST, "domainPrefix": "shop",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "model"},
            "requestId": "model", "routeKey": route, "stage": "$default",
            "time": "21/Nov/2026:09:00:00 +0000", "timeEpoch": 0,
        },
        "isBase64Encoded": false,
        "body": body,
    });
    let event = lambda_http::request::from_str(&event.to_string()).map_err(Problem::internal)?;
    IdempotentRequest::of(&Request::from_lambda(event.with_lambda_context(lambda_http::Context::default())))
}
