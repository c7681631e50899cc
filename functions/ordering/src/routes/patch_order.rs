//! `PATCH /api/v1/orders/{id}`, `PATCH /orders/{id}` and `PATCH /api/orders/{id}`: operators advance an order; they and its owner set its address.

use std::sync::Arc;

use catalog::Catalog;
use kernel::{Problem, Timestamp};
use orders::address::AddressBody;
use orders::order::{Editor, TransitionError};
use orders::refusal::TransitionRefusal::{self, NotAllowed, NotSettable};
use orders::routes::access::{load_to_change, may_change};
use orders::routes::answer;
use orders::view::etag;
use orders::{Command, Order, Status, Transition};
use platform::auth::{Principal, Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, Surface, handler};
use platform::{Init, InitError, InvocationContext};
use serde::Deserialize;

use super::cancel_order::reason;
use super::reserve_order::rendered;
use crate::payment_window::Windows;
use crate::refusal::Unpayable;
use crate::settlement::{Cancelling, Reserve, Settlement};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    status: Option<Target>,
    reason: Option<String>,
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    street: Option<String>,
}

/// The status that an order is to reach. Not all of them are for operators to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Target {
    New,
    AwaitingPayment,
    Paid,
    Confirmed,
    Shipped,
    Delivered,
    #[serde(alias = "canceled")]
    Cancelled,
    Failed,
}

/// The change that a body requests.
enum Change {
    Status(Target, Option<String>),
    Address(AddressBody),
}

impl Body {
    /// The requested change; all of its faults are named.
    fn parse(self) -> Result<Change, Problem> {
        let address = AddressBody::new(self.country, self.region, self.city, self.street);
        let has_reason = self.reason.is_some();
        let fault =
            |is_there: bool, pointer, detail: &str| is_there.then(|| Problem::invalid(pointer, detail));
        let beside = Problem::joined([
            fault(self.status.is_some() && !address.is_empty(), "/status", "does not go with an address"),
            fault(
                has_reason && self.status != Some(Target::Cancelled),
                "/reason",
                "goes with the status cancelled alone",
            ),
            fault(
                self.status.is_none() && !has_reason && address.is_empty(),
                "",
                "must name a status or parts of an address",
            ),
        ]);
        let lines = Problem::both(address.check_given(), reason(self.reason));
        let (((), reason), ()) = Problem::both(lines, beside.map_or(Ok(()), Err))?;
        Ok(match self.status {
            Some(target) => Change::Status(target, reason),
            None => Change::Address(address),
        })
    }
}

/// The parts of a request that all changes need.
struct PatchRequest {
    call: InvocationContext,
    expected: Precondition,
    surface: Surface,
    /// True when the caller has the scope `orders:write`.
    operator: bool,
}

struct App {
    settlement: Settlement,
    catalog: Catalog,
    windows: Windows,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        settlement: Settlement::connect(&init).await?,
        catalog: Catalog::connect(&init).await?,
        windows: Windows::from_init(&init)?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let change = request.json_as(Body::parse)?;
    let order = load_to_change(&app.settlement.orders, &request, &caller).await?;
    let surface = Surface::of(&request);
    check_right(&caller, &order, &change, surface)?;
    let patch = PatchRequest {
        call: request.call(caller.acting_on(order.user_id)),
        expected: Precondition::of(&request),
        surface,
        operator: caller.scopes.contains(Scope::OrdersWrite),
    };
    match change {
        Change::Status(target, reason) => Box::pin(app.move_to(&patch, order, target, reason)).await,
        Change::Address(address) => app.send_elsewhere(&patch, order, address).await,
    }
}

/// Only operators set an order's status; they and its owner set its address. On surface B, whose clients know no other way, an owner also cancels.
fn check_right(caller: &Principal, order: &Order, change: &Change, surface: Surface) -> Result<(), Problem> {
    match change {
        Change::Status(Target::Cancelled, _) if surface == Surface::Orders => {
            may_change(caller, order, Scope::OrdersWrite)?;
        }
        Change::Status(..) => {
            may_change(caller, order, Scope::OrdersWrite)?;
            caller.require(Scope::OrdersWrite)?;
        }
        Change::Address(_) => may_change(caller, order, Scope::OrdersWrite)?,
    }
    Ok(())
}

/// A change of an order at a moment.
type Step = fn(Order, Timestamp) -> Result<Transition, TransitionError>;

impl App {
    async fn move_to(
        &self,
        patch: &PatchRequest,
        order: Order,
        target: Target,
        reason: Option<String>,
    ) -> Result<Response, Problem> {
        let s = &self.settlement;
        let PatchRequest { call, expected, surface, operator } = patch;
        let (command, step): (_, Step) = match target {
            Target::Confirmed => (Command::Confirm, Order::confirm),
            Target::Shipped => (Command::Ship, Order::ship),
            Target::Delivered => (Command::Deliver, Order::deliver),
            Target::AwaitingPayment => {
                // Unlike reserving, a transition to the current state, or to an earlier one, does not exist.
                if !matches!(order.status(), Status::New | Status::Failed) {
                    expected.check("order", &etag(&order))?;
                    return Err(NotAllowed(Command::Reserve).problem(&order, *surface));
                }
                // The caller is an operator, whose orders count towards no limit.
                let how = Reserve { catalog: &self.catalog, unpaid: None, windows: self.windows };
                return rendered(s.reserve(call, expected, order, &how).await?, *surface);
            }
            Target::Cancelled => {
                let how =
                    if *operator { Cancelling::ByOperator(reason) } else { Cancelling::ByOwner(reason) };
                return match s.cancel(call, expected, order, &how).await? {
                    Ok(order) => answer(&order, *surface),
                    Err(order) => Err(TransitionRefusal::Finalized.problem(&order, *surface)),
                };
            }
            // Clients of surface B know no payments: for them, `paid` means that the money was received outside.
            Target::Paid if *surface == Surface::Orders => {
                return match s.settle_outside(call, expected, order, None).await? {
                    Ok(order) if order.status() == Status::Paid => answer(&order, *surface),
                    // It was paid, and has advanced since.
                    Ok(order) => Err(NotSettable(Status::Paid).problem(&order, *surface)),
                    Err(Unpayable { order, why }) => Err(why.problem(&order, *surface)),
                };
            }
            // No operator can set these statuses: money, the stock and time do.
            Target::New | Target::Paid | Target::Failed => {
                expected.check("order", &etag(&order))?;
                return Err(NotSettable(target.status()).problem(&order, *surface));
            }
        };
        match s.advance(call, expected, order, |order, at| step(order, at).map(Some)).await? {
            Ok(order) => answer(&order, *surface),
            Err(order) => Err(order.refusal_of(command).problem(&order, *surface)),
        }
    }

    async fn send_elsewhere(
        &self,
        patch: &PatchRequest,
        order: Order,
        address: AddressBody,
    ) -> Result<Response, Problem> {
        let editor = if patch.operator { Editor::Operator } else { Editor::Owner };
        let step = |order: Order, at| {
            let before = order.address.clone();
            let address = address.clone().over(before.as_ref())?;
            let same = before.as_ref() == Some(&address);
            // An edit without effect is refused where an edit is, and is ignored otherwise.
            order.edit_address(address, editor, at).map(|moved| (!same).then_some(moved))
        };
        match self.settlement.advance(&patch.call, &patch.expected, order, step).await? {
            Ok(order) => answer(&order, patch.surface),
            Err(order) => Err(NotAllowed(Command::EditAddress).problem(&order, patch.surface)),
        }
    }
}

impl Target {
    /// The status by its own name.
    fn status(self) -> Status {
        match self {
            Self::New => Status::New,
            Self::AwaitingPayment => Status::AwaitingPayment,
            Self::Paid => Status::Paid,
            Self::Confirmed => Status::Confirmed,
            Self::Shipped => Status::Shipped,
            Self::Delivered => Status::Delivered,
            Self::Cancelled => Status::Cancelled,
            Self::Failed => Status::Failed,
        }
    }
}
