//! An order that was placed, with or without stock.

use http::StatusCode;
use kernel::Problem;
use ordering::place::{Consent, Goods, PaymentTerms, PlaceOrderCommand};
use orders::Order;
use platform::http::{IDEMPOTENT_REPLAY, Reply, Surface};
use serde_json::{Value, json};

use crate::refusal::INSUFFICIENT_STOCK;

/// `goods` as clients of this surface order them: reserved at once, and paid for later.
pub fn command(goods: Goods) -> PlaceOrderCommand {
    let (terms, consent) = (PaymentTerms::PayLater, Consent::default());
    PlaceOrderCommand { goods, content: None, address: None, terms, holder: None, consent, render }
}

/// The response to the client. Insufficient stock is no error here: the order exists, has failed, and is returned. A repeat under the same
/// idempotency key returns the same order.
pub fn answered(outcome: Result<Reply, Problem>) -> Result<Reply, Problem> {
    match outcome {
        Err(problem) if problem.code == INSUFFICIENT_STOCK => match problem.extensions.get("number") {
            Some(number) => reply(number),
            None => Err(problem),
        },
        Ok(kept) if kept.status == StatusCode::CONFLICT => {
            let problem: Value = serde_json::from_str(&kept.body).map_err(Problem::internal)?;
            if problem["code"] == INSUFFICIENT_STOCK {
                Ok(reply(&problem["number"])?.header(IDEMPOTENT_REPLAY, "true"))
            } else {
                Ok(kept)
            }
        }
        answered => answered,
    }
}

fn render(order: &Order, _: Surface) -> Result<Reply, Problem> {
    reply(&json!(order.number))
}

fn reply(number: &Value) -> Result<Reply, Problem> {
    Reply::ok(&json!({"orderID": number}))
}

#[cfg(test)]
mod tests {
    use platform::http::StoredReply;
    use stock::Shortage;

    use super::*;

    const NUMBER: u64 = 9_007_199_254_740_991;

    fn short() -> Problem {
        let shortage = Shortage { sku: "7".parse().unwrap(), wanted: 2, available: 1 };
        shortage.problem().with("orderId", "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0").with("number", NUMBER)
    }

    #[test]
    fn an_order_that_failed_is_an_answer() {
        let answer = answered(Err(short())).unwrap();
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, r#"{"orderID":9007199254740991}"#)
        );
    }

    #[test]
    fn its_repeat_is_answered_alike() {
        let body = json!({"code": short().code, "number": NUMBER, "sku": "7"}).to_string();
        let answer = answered(Ok(StoredReply { status: 409, body }.replay(Surface::Canonical))).unwrap();
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, r#"{"orderID":9007199254740991}"#)
        );
        assert_eq!(answer.headers["x-idempotent-replay"], "true");
        assert_eq!(answer.headers["content-type"], "application/json");
    }

    #[test]
    fn other_answers_are_left_alone() {
        let placed = Reply::ok(&json!({"orderID": 1})).unwrap();
        assert_eq!(answered(Ok(placed)).unwrap().body, r#"{"orderID":1}"#);
        let empty = Problem::conflict("cart_empty", "x");
        assert_eq!(answered(Err(empty.clone())).unwrap_err(), empty);
    }
}
