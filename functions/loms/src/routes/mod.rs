//! The routes, one file for each.

pub mod auth;
pub mod loms_add_cart_item;
pub mod loms_cancel_order;
pub mod loms_checkout;
pub mod loms_clear_cart;
pub mod loms_create_order;
pub mod loms_delete_cart_item;
pub mod loms_get_cart;
pub mod loms_get_order;
pub mod loms_get_product;
pub mod loms_get_stock;
pub mod loms_list_skus;
pub mod loms_pay_order;
pub mod placed;

use std::future::Future;
use std::sync::Arc;

use kernel::{Kind, Problem};
use platform::function::Function;
use platform::http::{Handler, Request, Response, handler};
use platform::idempotency::KEY_REUSED;

use crate::number::SkuNumber;

/// A handler of this surface, with its problems mapped to this surface's terms.
fn rpc<S, F, Fut>(state: S, handle: F) -> Handler
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    handler(state, move |state, request| {
        let answered = handle(state, request);
        async move { answered.await.map_err(told) }
    })
}

/// `problem` as clients of this surface expect it: bad input is 400, and members have the names that they have here.
fn told(mut problem: Problem) -> Problem {
    // All surfaces return 422 for a key that was used before with another body.
    if problem.kind == Kind::Invalid && problem.code != KEY_REUSED {
        problem.kind = Kind::Malformed;
    }
    for error in &mut problem.errors {
        if let Some(line) = error.pointer.strip_suffix("/quantity") {
            error.pointer = format!("{line}/count");
        }
    }
    let sku = problem.extensions.get("sku").and_then(|sku| sku.as_str()).and_then(|sku| sku.parse().ok());
    if let Some(Ok(number)) = sku.as_ref().and_then(SkuNumber::of).map(serde_json::to_value) {
        problem.extensions.insert("sku".to_owned(), number);
    }
    problem
}

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("loms-add-cart-item", |init| Box::pin(loms_add_cart_item::init(init))),
    Function::http("loms-cancel-order", |init| Box::pin(loms_cancel_order::init(init))),
    Function::http("loms-checkout", |init| Box::pin(loms_checkout::init(init))),
    Function::http("loms-clear-cart", |init| Box::pin(loms_clear_cart::init(init))),
    Function::http("loms-create-order", |init| Box::pin(loms_create_order::init(init))),
    Function::http("loms-delete-cart-item", |init| Box::pin(loms_delete_cart_item::init(init))),
    Function::http("loms-get-cart", |init| Box::pin(loms_get_cart::init(init))),
    Function::http("loms-get-order", |init| Box::pin(loms_get_order::init(init))),
    Function::http("loms-get-product", |init| Box::pin(loms_get_product::init(init))),
    Function::http("loms-get-stock", |init| Box::pin(loms_get_stock::init(init))),
    Function::http("loms-list-skus", |init| Box::pin(loms_list_skus::init(init))),
    Function::http("loms-pay-order", |init| Box::pin(loms_pay_order::init(init))),
];

/// `{}`: the request succeeded without a result.
fn done() -> Result<Response, Problem> {
    Response::ok(&serde_json::json!({}))
}

#[cfg(test)]
mod tests {
    use platform::idempotency::KeyRefusal;
    use serde_json::json;
    use stock::Shortage;

    use super::*;
    use crate::refusal::LomsRefusal;

    #[test]
    fn bad_input_is_malformed_and_a_count_is_called_so() {
        let problem = told(Problem::invalid("/items/3/quantity", "adds up to too many"));
        assert_eq!((problem.kind, problem.code), (Kind::Malformed, "invalid_input"));
        assert_eq!(problem.errors[0].pointer, "/items/3/count");
        assert_eq!(told(Problem::invalid("/items/3/sku", "x")).errors[0].pointer, "/items/3/sku");
    }

    #[test]
    fn a_sku_is_told_as_the_number_that_it_is_here() {
        let shortage = |sku: &str| Shortage { sku: sku.parse().unwrap(), wanted: 5, available: 2 };
        let problem = told(LomsRefusal::InsufficientStock(shortage("1076963")).into());
        assert_eq!((problem.kind, &problem.extensions["sku"]), (Kind::Stale, &json!(1_076_963)));
        let problem = told(LomsRefusal::InsufficientStock(shortage("T-1")).into());
        assert_eq!(problem.extensions["sku"], json!("T-1"));
    }

    #[test]
    fn what_is_refused_otherwise_stays_what_it_is() {
        let currencies = Problem::conflict("mixed_currencies", "x");
        let key = KeyRefusal::Reused.into();
        for problem in [Problem::not_found("x"), currencies, Problem::internal("x"), key] {
            assert_eq!(told(problem.clone()), problem);
        }
    }
}
