//! The reasons for which requests are refused on this surface, and the problem of each.

use kernel::{FieldError, Kind, Money, Problem};
use orders::Order;
use orders::refusal::{TransitionRefusal, UnorderableLine};
use serde_json::json;
use stock::Shortage;

use crate::number::SkuNumber;
use crate::order::status_name;

/// The reasons for which a request is refused.
#[derive(Debug, Clone)]
pub enum LomsRefusal {
    /// The product is unknown or not for sale.
    UnknownProduct,
    /// A price has more minor units than a `uint32` holds.
    PriceBeyondUint32 {
        /// The product.
        sku: SkuNumber,
        /// Its price.
        price: Money,
    },
    /// The lines of the cart have no common total.
    NoTotal,
    /// The order does not make the requested transition.
    Order(Box<Order>, TransitionRefusal),
    /// Products of the cart can't be ordered.
    ProductsNotOrderable(Vec<UnorderableLine>),
    /// The lines of the cart break a rule of orders.
    CartNotOrderable(Vec<FieldError>),
    /// Less stock is available than is requested.
    InsufficientStock(Shortage),
}

impl From<LomsRefusal> for Problem {
    fn from(refusal: LomsRefusal) -> Self {
        match refusal {
            LomsRefusal::UnknownProduct => Self::not_found("There is no product with this number."),
            LomsRefusal::PriceBeyondUint32 { sku, price } => {
                let most = u32::MAX;
                let detail =
                    format!("{price} is more minor units than {most}, which is the most that is told here.");
                Problem::conflict("price_beyond_uint32", detail).with("sku", json!(sku))
            }
            LomsRefusal::NoTotal => {
                let detail = "The lines of the cart have no common total: their currencies differ, or it is too large.";
                Problem::conflict("no_total", detail)
            }
            LomsRefusal::Order(order, why) => {
                let (status, (code, why)) = (status_name(order.status()), why.terms());
                Problem::conflict(code, format!("The order is {status} and {why}."))
                    .with("orderID", order.number.get())
                    .with("orderStatus", status)
            }
            LomsRefusal::ProductsNotOrderable(lines) => {
                let details = lines.iter().map(UnorderableLine::to_string).collect();
                Problem::conflict("product_not_orderable", of_the_cart(details))
            }
            LomsRefusal::CartNotOrderable(errors) => {
                let detail = |error: FieldError| match error.pointer.as_str() {
                    "/items" => format!("it {}", error.detail),
                    _ => error.detail,
                };
                let details = errors.into_iter().map(detail).collect();
                Problem::conflict("cart_not_orderable", of_the_cart(details))
            }
            LomsRefusal::InsufficientStock(shortage) => {
                let mut problem = Problem::from(shortage);
                // The kind that is returned as 412 (Precondition Failed).
                problem.kind = Kind::Stale;
                problem
            }
        }
    }
}

fn of_the_cart(details: Vec<String>) -> String {
    format!("The cart can't be ordered: {}.", details.join("; "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::{Currency, OrderNumber, UserId};
    use orders::Placement;
    use orders::refusal::Unorderable;
    use serde_json::Value;

    use super::*;

    fn told(problem: impl Into<Problem>) -> String {
        let Problem { kind, code, detail, extensions, .. } = problem.into();
        let members: BTreeMap<String, Value> = extensions.into_iter().collect();
        format!("{kind:?} {code}: {detail} {}", json!(members))
    }

    fn money(amount: i64) -> Money {
        Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
    }

    fn order() -> Order {
        let placement = Placement {
            number: OrderNumber::try_from(42).unwrap(),
            user_id: UserId::numbered(7),
            lines: Vec::new(),
            total: money(0),
            address: None,
            details: orders::Details::default(),
            cart_snapshot: None,
            holder: None,
            ends_at: None,
            from_cart: false,
            pricing: None,
            buyer: orders::buyer::Buyer::default(),
        };
        Order::create(placement, kernel::Timestamp::from_millis(0)).unwrap().0
    }

    #[test]
    fn every_refusal_has_its_problem() {
        let (sku, price) = (SkuNumber::of(&"7".parse().unwrap()).unwrap(), money(4_294_967_296));
        let line = UnorderableLine { index: 0, sku: "7".parse().unwrap(), why: Unorderable::NotForSale };
        let error = |pointer: &str, detail: &str| FieldError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        };
        let errors = vec![
            error("/items", "is spread over more than 80 places"),
            error("/items/1/quantity", "adds up"),
        ];
        let shortage = Shortage { sku: "7".parse().unwrap(), wanted: 5, available: 2 };
        let beyond = format!(
            "Conflict price_beyond_uint32: {price} is more minor units than 4294967295, which is the most that is told here. {}",
            r#"{"sku":7}"#
        );
        let cases = [
            (
                told(LomsRefusal::UnknownProduct),
                "NotFound not_found: There is no product with this number. {}",
            ),
            (told(LomsRefusal::PriceBeyondUint32 { sku, price }), beyond.as_str()),
            (
                told(LomsRefusal::NoTotal),
                "Conflict no_total: The lines of the cart have no common total: their currencies differ, or it is too large. {}",
            ),
            (
                told(LomsRefusal::Order(Box::new(order()), TransitionRefusal::Finalized)),
                r#"Conflict order_already_finalized: The order is new and can't be cancelled any more. {"orderID":42,"orderStatus":"new"}"#,
            ),
            (
                told(LomsRefusal::ProductsNotOrderable(vec![line])),
                "Conflict product_not_orderable: The cart can't be ordered: 7 is not for sale. {}",
            ),
            (
                told(LomsRefusal::CartNotOrderable(errors)),
                "Conflict cart_not_orderable: The cart can't be ordered: it is spread over more than 80 places; adds up. {}",
            ),
            (
                told(LomsRefusal::InsufficientStock(shortage)),
                r#"Stale insufficient_stock: Insufficient stock for SKU 7: 2 available, 5 requested. {"available":2,"sku":"7","wanted":5}"#,
            ),
        ];
        for (told, expected) in cases {
            assert_eq!(told, expected);
        }
    }
}
