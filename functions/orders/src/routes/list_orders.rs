//! `GET /api/v1/admin/orders`: everyone's orders, newest first, as JSON or CSV, to operators.

use std::sync::Arc;

use http::header::{CONTENT_DISPOSITION, LINK};
use kernel::{OrderId, Problem, UserId};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Serialize;

use super::list_query::ListQuery;
use crate::export::{MAX_EXPORT_ROWS, csv};
use crate::listing::{Listing, list};
use crate::store::{OrderSummary, Orders, Partition};

/// A line of the list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(flatten)]
    summary: OrderSummary,
    user_id: UserId,
}

struct App {
    orders: Orders,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { orders: Orders::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    app.verifier.authenticate(&request)?.require(Scope::OrdersRead)?;
    let ((as_csv, user), ListQuery { filter, limit, cursor }) =
        Problem::both(Problem::both(wants_csv(&request), user(&request)), ListQuery::of(&request))?;
    let limit = if as_csv && request.query("limit").is_none() { MAX_EXPORT_ROWS } else { limit };
    let whose = user.map(|user| user.to_string()).unwrap_or_default();
    let name = format!("admin/orders?user={whose}&{}", filter.name());
    let cursor = cursor.decode(&name)?;
    let partitions =
        user.map_or_else(|| Partition::of_all(filter.status), |user| vec![Partition::User(user)]);
    let listing = list(&app.orders, partitions, filter, limit, cursor.as_ref()).await?;
    if as_csv {
        let ids: Vec<OrderId> = listing.orders.iter().map(|listed| listed.summary.id).collect();
        let orders = app.orders.find_many(&ids).await?;
        let rows = csv(&listing.orders, &orders, cursor.is_none())?;
        return exported(&request, &name, &listing, rows);
    }
    Response::ok(&listing.page(&name, |order| Line { summary: order.summary, user_id: order.user }))
}

fn wants_csv(request: &Request) -> Result<bool, Problem> {
    match request.query("format") {
        None | Some("json") => Ok(false),
        Some("csv") => Ok(true),
        Some(_) => Err(Problem::invalid_parameter("format", "must be json or csv")),
    }
}

fn user(request: &Request) -> Result<Option<UserId>, Problem> {
    let wrong = |_| Problem::invalid_parameter("userId", "must be a user's UUID");
    request.query("userId").map(|text| text.parse().map_err(wrong)).transpose()
}

/// The rows, and a link to the next ones (RFC 8288): the same request with a cursor. The address is relative, since only the client knows
/// the address that it called.
fn exported(request: &Request, name: &str, listing: &Listing, rows: String) -> Result<Response, Problem> {
    let reply = Response::csv(rows).header(CONTENT_DISPOSITION, "attachment; filename=\"orders.csv\"");
    let Some(next) = &listing.next else { return Ok(reply) };
    let kept = ["format", "status", "userId", "from", "to", "limit"];
    let mut query: Vec<(&str, &str)> =
        kept.iter().filter_map(|name| Some((*name, request.query(name)?))).collect();
    let cursor = next.encode(name);
    query.push(("cursor", &cursor));
    let query = serde_urlencoded::to_string(query).map_err(Problem::internal)?;
    Ok(reply.header(LINK, &format!("<?{query}>; rel=\"next\"")))
}
