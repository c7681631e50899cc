//! Problems in the terms of this surface.

use std::future::Future;
use std::sync::Arc;

use kernel::{Kind, Problem};
use orders::Order;
use platform::http::{Handler, Request, Response, handler};

use crate::number::SkuNumber;
use crate::order::status_name;

/// The code that all surfaces have for insufficient stock.
pub const INSUFFICIENT_STOCK: &str = "insufficient_stock";

/// The code that all surfaces return with 422: a key that was used before with another body.
const KEY_REUSED: &str = "idempotency_key_reused";

/// A handler of this surface, with its problems mapped to this surface's terms.
pub fn rpc<S, F, Fut>(state: S, handle: F) -> Handler
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

/// `problem` as clients of this surface expect it: bad input is 400, insufficient stock is 412, and members have the names that they have here.
pub fn told(mut problem: Problem) -> Problem {
    match problem.kind {
        Kind::Invalid if problem.code != KEY_REUSED => problem.kind = Kind::Malformed,
        // The kind that is returned as 412 (Precondition Failed).
        Kind::Conflict if problem.code == INSUFFICIENT_STOCK => problem.kind = Kind::Stale,
        _ => {}
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

/// 409: the order is not in a state that allows the request; `why` follows "The order is so-and-so and".
pub fn refused(order: &Order, code: &'static str, why: &str) -> Problem {
    let status = status_name(order.status());
    Problem::conflict(code, format!("The order is {status} and {why}."))
        .with("orderID", order.number.get())
        .with("orderStatus", status)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stock::Shortage;

    use super::*;

    #[test]
    fn bad_input_is_malformed_and_a_count_is_called_so() {
        let problem = told(Problem::invalid("/items/3/quantity", "adds up to too many"));
        assert_eq!((problem.kind, problem.code), (Kind::Malformed, "invalid_input"));
        assert_eq!(problem.errors[0].pointer, "/items/3/count");
        assert_eq!(told(Problem::invalid("/items/3/sku", "x")).errors[0].pointer, "/items/3/sku");
    }

    #[test]
    fn what_can_not_be_had_is_a_failed_precondition() {
        let shortage = |sku: &str| Shortage { sku: sku.parse().unwrap(), wanted: 5, available: 2 };
        let problem = told(shortage("1076963").problem());
        assert_eq!((problem.kind, problem.code), (Kind::Stale, INSUFFICIENT_STOCK));
        assert_eq!(problem.extensions["sku"], json!(1_076_963));
        assert_eq!(told(shortage("T-1").problem()).extensions["sku"], json!("T-1"));
    }

    #[test]
    fn what_is_refused_otherwise_stays_what_it_is() {
        for problem in
            [Problem::not_found("x"), Problem::conflict("mixed_currencies", "x"), Problem::internal("x")]
        {
            assert_eq!(told(problem.clone()), problem);
        }
    }
}
