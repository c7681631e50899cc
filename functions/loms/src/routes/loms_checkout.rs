//! `POST /cart/checkout`: orders the content of a customer's cart, which is empty then.

use std::sync::Arc;

use kernel::Problem;
use ordering::place::{Goods, PlaceOrder};
use ordering::refusal::{NotPlaced, PlaceRefusal};
use orders::refusal::DraftRefusal;
use payments::providers::NoProvider;
use platform::http::{Handler, Request, Response};
use platform::idempotency::IdempotentRequest;
use platform::{Init, InitError};
use serde::Deserialize;

use super::rpc;
use crate::number::User;
use crate::refusal::LomsRefusal;
use crate::routes::auth::LomsAuth;
use crate::routes::placed::{command, reply};

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
fn of_the_cart(error: NotPlaced) -> Problem {
    if let NotPlaced::Refused(PlaceRefusal::CartLines(DraftRefusal::NotOrderable(lines))) = error {
        return LomsRefusal::ProductsNotOrderable(lines).into();
    }
    let problem = Problem::from(error);
    if problem.errors.iter().any(|error| error.pointer.starts_with("/items")) {
        return LomsRefusal::CartNotOrderable(problem.errors).into();
    }
    problem
}

#[cfg(test)]
mod tests {
    use kernel::Kind;
    use orders::refusal::{Unorderable, UnorderableLine};

    use super::*;

    #[test]
    fn the_members_of_a_cart_are_none_of_the_body() {
        let line = UnorderableLine { index: 0, sku: "7".parse().unwrap(), why: Unorderable::NotForSale };
        let unsold = PlaceRefusal::CartLines(DraftRefusal::NotOrderable(vec![line]));
        let problem = of_the_cart(unsold.into());
        let told = (problem.kind, problem.code, problem.errors.len());
        assert_eq!(told, (Kind::Conflict, "product_not_orderable", 0));
        let spread = of_the_cart(Problem::invalid("/items", "is spread over more than 80 places").into());
        let told = (spread.kind, spread.code, spread.errors.len());
        assert_eq!(told, (Kind::Conflict, "cart_not_orderable", 0));
        let user = Problem::invalid("/user", "is required");
        assert_eq!(of_the_cart(user.clone().into()), user);
        let many = PlaceRefusal::CartLines(DraftRefusal::TooManyLines);
        assert_eq!(of_the_cart(many.into()).code, "too_many_lines");
    }
}
