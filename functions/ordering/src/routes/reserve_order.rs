//! `POST /api/v1/orders/{id}/reserve`: reserves the goods of an order that was placed without a reservation, or whose goods were out of stock.

use std::sync::Arc;

use catalog::Catalog;
use kernel::Problem;
use orders::refusal::TransitionRefusal;
use orders::routes::access::{load_to_change, may_change};
use orders::routes::answer;
use orders::view::render;
use orders::{Command, Order};
use payments::providers::NoProvider;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, Surface, handler};
use platform::source::Source;
use platform::{Init, InitError};
use stock::Shortage;

use crate::payment_window::Windows;
use crate::refusal::ReserveRefusal;
use crate::settlement::{Reserve, Reserving, Settlement};
use crate::unpaid::{Unpaid, holder};

struct App {
    settlement: Settlement<NoProvider>,
    catalog: Catalog,
    unpaid: Unpaid,
    windows: Windows,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        settlement: Settlement::without_provider(&init).await?,
        catalog: Catalog::connect(&init).await?,
        unpaid: Unpaid::connect(&init).await?,
        windows: Windows::from_init(&init)?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    request.no_body()?;
    let order = load_to_change(&app.settlement.orders, &request, &caller).await?;
    may_change(&caller, &order, Scope::OrdersWrite)?;
    let call = request.call(caller.acting_on(order.user_id));
    let (expected, surface) = (Precondition::of(&request), Surface::of(&request));
    let unpaid =
        holder(&caller, Source(request.source_ip())).map(|holder| (&app.unpaid, app.unpaid.counted(holder)));
    let how = Reserve { catalog: &app.catalog, unpaid, windows: app.windows };
    let reserving = app.settlement.reserve(&call, &expected, order, &how).await?;
    rendered(reserving, surface)
}

/// The result of the reservation.
pub(super) fn rendered(reserving: Reserving, surface: Surface) -> Result<Response, Problem> {
    match reserving {
        Reserving::Reserved(order) => answer(&order, surface),
        Reserving::Short(order, shortages) => Err(short(&order, shortages, surface)?),
        Reserving::Refused(order) => {
            Err(TransitionRefusal::NotAllowed(Command::Reserve).problem(&order, surface))
        }
    }
}

fn short(order: &Order, shortages: Vec<Shortage>, surface: Surface) -> Result<Problem, Problem> {
    let shortage = shortages.into_iter().next();
    let shortage = shortage.ok_or_else(|| Problem::internal("a shortage of nothing"))?;
    Ok(ReserveRefusal::OutOfStock { shortage, order: render(order, surface)? }.into())
}
