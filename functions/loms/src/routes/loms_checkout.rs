//! `POST /cart/checkout`: orders the content of a customer's cart, which is empty then.

use std::sync::Arc;

use kernel::{FieldError, Kind, Problem};
use ordering::place::{Goods, PlaceOrder};
use payments::providers::NoProvider;
use platform::http::{Handler, Request, Response};
use platform::idempotency::IdempotentRequest;
use platform::{Init, InitError};
use serde::Deserialize;

use crate::auth::LomsAuth;
use crate::number::User;
use crate::placed::{command, reply};
use crate::refusal::rpc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    user: User,
}

struct App {
    placing: PlaceOrder<NoProvider>,
    auth: LomsAuth,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app =
        App { placing: PlaceOrder::without_provider(&init).await?, auth: LomsAuth::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.auth.authorize(&request).await?;
    let body: Body = request.json()?;
    let call = request.call(caller.operator());
    let identity = IdempotentRequest::of(&request)?;
    let placed = app.placing.run(&call, &identity, body.user.id(), command(Goods::Cart)).await;
    reply(&request, placed.map_err(of_the_cart)?)
}

/// Faults of the lines are faults of the cart: the request holds no lines.
fn of_the_cart(mut problem: Problem) -> Problem {
    let is_of_lines = problem.errors.iter().any(|error| error.pointer.starts_with("/items"));
    if problem.code == "invalid_input" && is_of_lines {
        problem.code = "cart_not_orderable";
    }
    if is_of_lines {
        problem.kind = Kind::Conflict;
        let detail = |error: FieldError| match error.pointer.as_str() {
            "/items" => format!("it {}", error.detail),
            _ => error.detail,
        };
        let details: Vec<String> = problem.errors.drain(..).map(detail).collect();
        problem.detail = format!("The cart can't be ordered: {}.", details.join("; "));
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_a_cart_are_none_of_the_body() {
        let mut unsold = Problem::invalid("/items/0", "7 is not for sale");
        unsold.code = "product_not_orderable";
        let problem = of_the_cart(unsold);
        assert_eq!((problem.kind, problem.errors.len()), (Kind::Conflict, 0));
        assert_eq!(problem.detail, "The cart can't be ordered: 7 is not for sale.");
        let spread = of_the_cart(Problem::invalid("/items", "is spread over more than 88 places"));
        assert_eq!(
            (spread.kind, spread.code, spread.errors.len()),
            (Kind::Conflict, "cart_not_orderable", 0)
        );
        assert_eq!(spread.detail, "The cart can't be ordered: it is spread over more than 88 places.");
        let user = Problem::invalid("/user", "is required");
        assert_eq!(of_the_cart(user.clone()), user);
        let bad = Problem::not_found("x");
        assert_eq!(of_the_cart(bad.clone()), bad);
    }
}
