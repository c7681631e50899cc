//! `POST /cart/checkout`: orders what is in a customer's cart, which is empty then.

use std::sync::Arc;

use kernel::{Kind, Problem};
use payments::placing::{Goods, Placing};
use platform::http::{Handler, Reply, Request};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::gate::Gate;
use crate::number::User;
use crate::placed::{answered, wish};
use crate::refusal::rpc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    user: User,
}

struct App {
    placing: Placing,
    gate: Gate,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { placing: Placing::connect(&init).await?, gate: Gate::from_init(&init)? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.gate.admit(&request)?;
    let body: Body = request.json()?;
    let call = request.call(caller.operator());
    let placed = app.placing.run(&call, &request, body.user.id(), wish(Goods::Cart)).await;
    answered(placed.map_err(of_the_cart))
}

/// What is wrong with the lines is wrong with the cart: nothing of them stands in the request.
fn of_the_cart(mut problem: Problem) -> Problem {
    if problem.code == "product_not_orderable" {
        problem.kind = Kind::Conflict;
        let details: Vec<String> = problem.errors.drain(..).map(|error| error.detail).collect();
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
        let bad = Problem::not_found("x");
        assert_eq!(of_the_cart(bad.clone()), bad);
    }
}
