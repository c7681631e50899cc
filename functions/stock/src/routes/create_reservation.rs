//! `POST /api/v1/reservations`: reserves stock for an order, all of it or none.

use std::sync::Arc;

use kernel::{OrderId, Problem, Quantity, ReservationId, Sku, Timestamp};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::idempotency::{Attempt, Done, Idempotency, IdempotentRequest, View};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::allocation::Line;
use crate::reserve::{Outcome, ReservationRequest};
use crate::stock_writer::StockWriter;
use crate::view::ReservationView;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(deserialize_with = "OrderId::deserialize_reference")]
    order_id: OrderId,
    items: Vec<Item>,
    expires_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Item {
    #[serde(alias = "sku")]
    product_id: Sku,
    quantity: Quantity,
}

struct App {
    writer: StockWriter,
    idempotency: Idempotency,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        writer: StockWriter::connect(&init).await?,
        idempotency: Idempotency::connect(&init).await?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::StockWrite)?;
    let requested = request.json_as(Body::requested)?;
    let call = request.call(caller.operator());
    let caller = caller.user.to_string();
    let begun = app.idempotency.begin(&call, &caller, &IdempotentRequest::of(&request)?).await?;
    let reserve = async |attempt: Attempt| {
        let record = |reservation: &_| {
            app.idempotency.store_outcome(&call, &attempt, &ReservationView::of(reservation))
        };
        match app.writer.reserve(&call, &requested, record).await? {
            Outcome::Made(reservation) => View::of(&ReservationView::of(&reservation)).map(Done::Finished),
            Outcome::Short(shortages) => Err(shortages
                .into_iter()
                .next()
                .map_or_else(|| Problem::internal("a shortage of nothing"), Problem::from)),
            Outcome::KeyTaken => Ok(Done::KeyTaken),
        }
    };
    let made = app.idempotency.run_at_once(&call, begun, reserve).await?;
    made.reply(&request, |view: View| Response::created(&view))
}

impl Body {
    fn requested(self) -> Result<ReservationRequest, Problem> {
        let not_a_time = |_| Problem::invalid("/expiresAt", "must be a time as RFC 3339 writes it");
        let expires_at =
            self.expires_at.map(|text| text.parse::<Timestamp>().map_err(not_a_time)).transpose()?;
        let line = |item: Item| Line { sku: item.product_id, quantity: item.quantity };
        Ok(ReservationRequest {
            id: ReservationId::generate(),
            order_id: self.order_id,
            lines: self.items.into_iter().map(line).collect(),
            expires_at,
        })
    }
}
