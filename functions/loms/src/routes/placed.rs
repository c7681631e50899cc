//! An order that was placed, with or without stock.

use kernel::{OrderNumber, Problem};
use ordering::place::{Consent, Goods, PaymentTerms, PlaceOrderCommand, PlacedOrder, Sale};
use platform::http::{Request, Response, StoredResponse};
use platform::idempotency::{Completion, Stored};
use serde::Deserialize;
use serde_json::json;

/// `goods` as clients of this surface order them: reserved at once, and paid for later.
pub fn command(goods: Goods) -> PlaceOrderCommand {
    let (terms, consent) = (PaymentTerms::PayLater, Consent::default());
    PlaceOrderCommand {
        goods,
        content: None,
        sale: Sale::default(),
        terms,
        holder: None,
        consent,
        host: String::new(),
    }
}

/// The response to the client.
pub fn reply(request: &Request, placed: Completion<PlacedOrder>) -> Result<Response, Problem> {
    numbered(placed).reply(request, |number| Response::ok(&json!({"orderID": number})))
}

/// The number of the order. Insufficient stock is no error here: the order exists, has failed, and is returned.
fn numbered(placed: Completion<PlacedOrder>) -> Completion<OrderNumber> {
    match placed.map(|placed| number(&placed)) {
        Completion::Repeated(Stored::Response(response)) => {
            let failed = failed_order(&response).map(Stored::Outcome);
            Completion::Repeated(failed.unwrap_or(Stored::Response(response)))
        }
        numbered => numbered,
    }
}

fn number(placed: &PlacedOrder) -> OrderNumber {
    match placed {
        PlacedOrder::Placed(order) => order.number,
        PlacedOrder::OutOfStock { number, .. } => *number,
    }
}

/// The failed order of a stored problem. Releases before the stored outcomes kept it so, for a day.
fn failed_order(response: &StoredResponse) -> Option<OrderNumber> {
    #[derive(Deserialize)]
    struct FailedOrder {
        code: String,
        number: OrderNumber,
    }
    let failed: FailedOrder = serde_json::from_str(&response.body).ok()?;
    (failed.code == "insufficient_stock").then_some(failed.number)
}

#[cfg(test)]
mod tests {
    use stock::Shortage;

    use super::*;

    fn short() -> PlacedOrder {
        let number = OrderNumber::try_from(42).unwrap();
        let shortage = Shortage { sku: "7".parse().unwrap(), wanted: 2, available: 1 };
        PlacedOrder::OutOfStock { order_id: number.order_id(), number, shortage }
    }

    #[test]
    fn an_order_that_failed_is_an_outcome_and_no_error() {
        assert!(
            matches!(numbered(Completion::First(short())), Completion::First(number) if number.get() == 42)
        );
    }

    #[test]
    fn its_repeat_is_too_as_every_release_stored_it() {
        let body = json!({"code": "insufficient_stock", "number": 42, "sku": "7"}).to_string();
        let former = Stored::Response(StoredResponse { status: 409, body });
        for stored in [former, Stored::Outcome(short())] {
            let Completion::Repeated(Stored::Outcome(number)) = numbered(Completion::Repeated(stored)) else {
                panic!()
            };
            assert_eq!(number.get(), 42);
        }
    }

    #[test]
    fn other_responses_of_earlier_releases_are_left_alone() {
        for body in [r#"{"orderID":1}"#, r#"{"code":"cart_empty","number":1}"#] {
            let stored = StoredResponse { status: 200, body: body.to_owned() };
            let kept = numbered(Completion::Repeated(Stored::Response(stored.clone())));
            assert!(matches!(kept, Completion::Repeated(Stored::Response(response)) if response == stored));
        }
    }
}
