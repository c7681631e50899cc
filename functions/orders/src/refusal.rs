//! The reasons for which requests about orders are refused, and the problem of each.

use std::fmt;

use kernel::{Currency, FieldError, Kind, Problem, Sku};
use platform::http::Surface;
use pricing::PricingRefusal;

use crate::draft::MAX_ORDER_LINES;
use crate::edges::{Command, Status};
use crate::order::Order;
use crate::view;

/// The reasons for which a caller may not see or change an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessRefusal {
    /// There is no such order.
    UnknownOrder,
    /// The order belongs to another account.
    NotYours,
    /// The caller's account was deleted; its access token outlives it by minutes.
    AccountDeleted,
}

/// The reasons for which an order does not make the transition that a caller requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransitionRefusal {
    /// The order's status does not have the transition.
    NotAllowed(Command),
    /// No caller sets this status: money, the stock and time do.
    NotSettable(Status),
    /// All of its money was refunded, or is about to be.
    PaymentRefunded(Command),
    /// It has no address to be shipped to.
    AddressMissing(Command),
    /// It can't be cancelled any more.
    Finalized,
    /// Its payment waits for its customer or the provider.
    PaymentInProgress,
    /// The time to pay it is over.
    Expired,
}

/// The reasons for which lines are no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftRefusal {
    /// There are none.
    NoLines,
    /// They are of more than [`MAX_ORDER_LINES`] different SKUs.
    TooManyLines,
    /// Some of them can't be ordered.
    NotOrderable(Vec<UnorderableLine>),
}

/// A line that can't be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnorderableLine {
    /// The line's position among those requested.
    pub index: usize,
    /// The SKU.
    pub sku: Sku,
    /// The reason.
    pub why: Unorderable,
}

/// The reasons for which a line can't be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unorderable {
    /// The product is unknown or not for sale.
    NotForSale,
    /// The product is priced in another currency than the one offered, or than the lines before.
    OtherCurrency {
        /// The currency of the product.
        priced_in: Currency,
        /// The currency of the offer, or of the lines before.
        wanted: Currency,
    },
    /// The order's total would be larger than an amount can be.
    TotalTooLarge,
}

/// The error of drafting an order.
#[derive(Debug)]
pub enum DraftError {
    /// The lines are no order.
    Refused(DraftRefusal),
    /// They have no price on the terms of the sale.
    NotPriced(PricingRefusal),
    /// Any other.
    Failed(Problem),
}

impl TransitionRefusal {
    /// The problem's code, and the text that follows "The order is so-and-so and".
    pub fn terms(self) -> (&'static str, String) {
        match self {
            Self::NotAllowed(command) => {
                ("transition_not_allowed", format!("can't be {}", participle(command)))
            }
            Self::NotSettable(Status::New) => {
                ("transition_not_allowed", "can't be made new again".to_owned())
            }
            Self::NotSettable(status) => {
                ("transition_not_allowed", format!("can't be declared {}", status.name()))
            }
            Self::PaymentRefunded(command) => {
                ("payment_refunded", format!("refunded: it can't be {}", participle(command)))
            }
            Self::AddressMissing(command) => {
                let done = participle(command);
                let why = format!("has no address: set country, region, city and street before it is {done}");
                ("address_missing", why)
            }
            Self::Finalized => ("order_already_finalized", "can't be cancelled any more".to_owned()),
            Self::PaymentInProgress => ("payment_in_progress", "its payment has begun already".to_owned()),
            Self::Expired => ("order_expired", "the time to pay it is over".to_owned()),
        }
    }

    /// 409 with `order` as it is, on `surface`.
    pub fn problem(self, order: &Order, surface: Surface) -> Problem {
        let (code, why) = self.terms();
        let detail = format!("The order is {} and {why}.", view::status_name(order.status(), surface));
        match view::render(order, surface) {
            Ok(order) => Problem::conflict(code, detail).with("order", order),
            Err(problem) => problem,
        }
    }
}

/// The participle of `command`, as the texts need it.
fn participle(command: Command) -> &'static str {
    match command {
        Command::Reserve => "reserved",
        Command::RunShort => "declared failed",
        Command::EditAddress => "sent elsewhere",
        Command::Pay => "paid",
        Command::Cancel | Command::CancelPaid => "cancelled",
        Command::Expire => "expired",
        Command::Decline => "declined",
        Command::Confirm => "confirmed",
        Command::Ship => "shipped",
        Command::Deliver => "delivered",
        Command::Revive => "reinstated",
    }
}

impl fmt::Display for UnorderableLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sku = &self.sku;
        match self.why {
            Unorderable::NotForSale => write!(f, "{sku} is not for sale"),
            Unorderable::OtherCurrency { priced_in, wanted } => {
                write!(f, "{sku} is priced in {priced_in}, not in {wanted}")
            }
            Unorderable::TotalTooLarge => write!(f, "{sku} makes the order's total too large"),
        }
    }
}

impl From<AccessRefusal> for Problem {
    fn from(refusal: AccessRefusal) -> Self {
        match refusal {
            AccessRefusal::UnknownOrder => Self::not_found("There is no such order."),
            AccessRefusal::NotYours => {
                Problem::new(Kind::Forbidden, "not_your_order", "This order belongs to someone else.")
            }
            // The error that the identity context returns for such a token.
            AccessRefusal::AccountDeleted => {
                let detail = "The access token's account does not exist any more.";
                Problem::new(Kind::Unauthenticated, "invalid_token", detail)
            }
        }
    }
}

impl From<DraftRefusal> for Problem {
    /// Lines are named by their position among those requested: `/items/<i>`.
    fn from(refusal: DraftRefusal) -> Self {
        match refusal {
            DraftRefusal::NoLines => Self::invalid("/items", "must hold at least one line"),
            DraftRefusal::TooManyLines => {
                let detail = format!("An order holds at most {MAX_ORDER_LINES} different products.");
                Problem::new(Kind::Invalid, "too_many_lines", detail).with("limit", MAX_ORDER_LINES)
            }
            DraftRefusal::NotOrderable(lines) => {
                let detail = "Not every product can be ordered.";
                let mut problem = Problem::new(Kind::Invalid, "product_not_orderable", detail);
                let error = |line: &UnorderableLine| FieldError {
                    pointer: format!("/items/{}", line.index),
                    detail: line.to_string(),
                };
                problem.errors = lines.iter().map(error).collect();
                problem
            }
        }
    }
}

impl From<DraftRefusal> for DraftError {
    fn from(refusal: DraftRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<PricingRefusal> for DraftError {
    fn from(refusal: PricingRefusal) -> Self {
        Self::NotPriced(refusal)
    }
}

impl From<Problem> for DraftError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<DraftError> for Problem {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Refused(refusal) => refusal.into(),
            DraftError::NotPriced(refusal) => refusal.into(),
            DraftError::Failed(problem) => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::order::tests::order_in;

    fn told(problem: impl Into<Problem>) -> String {
        let Problem { kind, code, detail, extensions, .. } = problem.into();
        let members: BTreeMap<String, Value> = extensions.into_iter().collect();
        format!("{kind:?} {code}: {detail} {}", json!(members))
    }

    #[test]
    fn every_refusal_has_its_problem() {
        let cases = [
            (told(AccessRefusal::UnknownOrder), "NotFound not_found: There is no such order. {}"),
            (
                told(AccessRefusal::NotYours),
                "Forbidden not_your_order: This order belongs to someone else. {}",
            ),
            (
                told(AccessRefusal::AccountDeleted),
                "Unauthenticated invalid_token: The access token's account does not exist any more. {}",
            ),
            (
                told(DraftRefusal::TooManyLines),
                r#"Invalid too_many_lines: An order holds at most 40 different products. {"limit":40}"#,
            ),
            (
                told(DraftRefusal::NotOrderable(Vec::new())),
                "Invalid product_not_orderable: Not every product can be ordered. {}",
            ),
        ];
        for (told, expected) in cases {
            assert_eq!(told, expected);
        }
        let none = Problem::from(DraftRefusal::NoLines);
        assert_eq!(none, Problem::invalid("/items", "must hold at least one line"));
    }

    #[test]
    fn lines_that_can_not_be_ordered_are_named_with_the_reason() {
        let [priced_in, wanted] = ["EUR", "RUB"].map(|code| Currency::from_code(code).unwrap());
        let reasons = [
            Unorderable::NotForSale,
            Unorderable::OtherCurrency { priced_in, wanted },
            Unorderable::TotalTooLarge,
        ];
        let line = |(index, why)| UnorderableLine { index, sku: "A-1".parse().unwrap(), why };
        let lines = reasons.into_iter().enumerate().map(line).collect();
        let errors = Problem::from(DraftRefusal::NotOrderable(lines)).errors;
        let told: Vec<_> = errors.iter().map(|error| format!("{} {}", error.pointer, error.detail)).collect();
        let expected = [
            "/items/0 A-1 is not for sale",
            "/items/1 A-1 is priced in EUR, not in RUB",
            "/items/2 A-1 makes the order's total too large",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn an_order_that_makes_no_transition_is_told_with_the_reason() {
        use TransitionRefusal::{
            AddressMissing, Expired, Finalized, NotAllowed, NotSettable, PaymentInProgress, PaymentRefunded,
        };
        let order = order_in(Status::Cancelled);
        let missing = "has no address: set country, region, city and street before it is shipped";
        let cases = [
            (NotAllowed(Command::Reserve), "transition_not_allowed", "can't be reserved"),
            (NotAllowed(Command::EditAddress), "transition_not_allowed", "can't be sent elsewhere"),
            (NotAllowed(Command::Pay), "transition_not_allowed", "can't be paid"),
            (NotAllowed(Command::Confirm), "transition_not_allowed", "can't be confirmed"),
            (NotAllowed(Command::Ship), "transition_not_allowed", "can't be shipped"),
            (NotAllowed(Command::Deliver), "transition_not_allowed", "can't be delivered"),
            (NotSettable(Status::New), "transition_not_allowed", "can't be made new again"),
            (NotSettable(Status::Paid), "transition_not_allowed", "can't be declared paid"),
            (NotSettable(Status::Failed), "transition_not_allowed", "can't be declared failed"),
            (PaymentRefunded(Command::Confirm), "payment_refunded", "refunded: it can't be confirmed"),
            (AddressMissing(Command::Ship), "address_missing", missing),
            (Finalized, "order_already_finalized", "can't be cancelled any more"),
            (PaymentInProgress, "payment_in_progress", "its payment has begun already"),
            (Expired, "order_expired", "the time to pay it is over"),
        ];
        let view = json!({"order": view::render(&order, Surface::Orders).unwrap()});
        for (refusal, code, why) in cases {
            let expected = format!("Conflict {code}: The order is canceled and {why}. {view}");
            assert_eq!(told(refusal.problem(&order, Surface::Orders)), expected);
        }
        let canonical = Finalized.problem(&order, Surface::Canonical);
        assert_eq!(canonical.detail, "The order is cancelled and can't be cancelled any more.");
    }
}
