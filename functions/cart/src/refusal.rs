//! The reasons for which requests about carts are refused, and the problem of each.

use std::fmt;

use kernel::money::MAX_AMOUNT;
use kernel::problem::QUERY_POINTER;
use kernel::quantity::MAX_QUANTITY;
use kernel::{Currency, FieldError, Kind, Problem, Sku};
use pricing::basket::MAX_PROMOTION_CODES;
use pricing::{PricingRefusal, RefusedCode};
use stock::Shortage;

use crate::cart::MAX_CART_LINES;
use crate::owner::TOKEN_RULE;
use crate::snapshot::verify::MAX_SNAPSHOT_BYTES;

/// The reasons for which a cart is not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CartRefusal {
    /// The product is unknown or not for sale.
    UnknownProduct(Sku),
    /// The cart would have more than [`MAX_CART_LINES`].
    TooManyLines,
    /// The cart would have more than [`MAX_PROMOTION_CODES`].
    TooManyPromotionCodes,
    /// A promotion code does not apply.
    PromotionNotApplicable(RefusedCode),
    /// The product is priced in another currency than the cart.
    MixedCurrencies {
        /// The SKU.
        sku: Sku,
        /// The currency of the product.
        currency: Currency,
        /// The currency of the cart.
        cart_currency: Currency,
    },
    /// Less stock is available than the line would have.
    InsufficientStock(Shortage),
    /// The line of this SKU would have more than [`MAX_QUANTITY`].
    LineTooLarge(Sku),
    /// The cart would cost more than [`MAX_AMOUNT`].
    TotalTooLarge {
        /// A JSON Pointer to the member that makes it so dear.
        pointer: &'static str,
    },
}

/// The error of changing a cart.
#[derive(Debug)]
pub enum CartError {
    /// A rule of carts does not allow the change.
    Refused(CartRefusal),
    /// Any other.
    Failed(Problem),
}

/// The reasons for which a caller without an account gets no cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitorRefusal {
    /// As many carts were begun from the caller's address as are allowed.
    TooManyCarts {
        /// The limit.
        limit: u32,
        /// Seconds until another cart may be begun.
        wait: u32,
    },
    /// The header `X-Cart-Token` is no cart token.
    InvalidToken,
}

/// The reasons for which a cart can't be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckoutRefusal {
    /// There is nothing in it.
    Empty,
    /// Some of its lines can't be ordered.
    NotOrderable(Vec<UnorderableLine>),
    /// It costs more than [`MAX_AMOUNT`].
    TotalTooLarge,
}

/// A line that can't be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnorderableLine {
    /// The line's position in the cart as it is shown.
    pub index: usize,
    /// The SKU.
    pub sku: Sku,
    /// The currencies of the product and of the lines before, where they differ; otherwise the product is not for sale.
    pub currencies: Option<(Currency, Currency)>,
}

/// The reasons for which no order is placed from a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotRefusal {
    /// It is larger than [`MAX_SNAPSHOT_BYTES`].
    TooLarge,
    /// There is no signature, or none of ours over just this.
    Signature,
    /// A member is missing or not what it has to be; says which.
    Malformed(String),
    /// The currency is none that is money today.
    UnknownCurrency,
    /// It was made for somebody else.
    AnotherUser,
    /// It is older than [`SNAPSHOT_LIFETIME`](crate::snapshot::SNAPSHOT_LIFETIME).
    Expired,
    /// It was made later than now.
    FromTheFuture,
    /// There is nothing in it.
    Empty,
    /// It has more than [`MAX_CART_LINES`] lines.
    TooManyLines,
    /// Two lines are of this SKU.
    RepeatedSku(Sku),
    /// The totals are not the sums over the lines.
    Totals,
}

impl From<CartRefusal> for Problem {
    fn from(refusal: CartRefusal) -> Self {
        match refusal {
            CartRefusal::UnknownProduct(sku) => {
                Self::not_found(format!("There is no product {sku} that can be bought."))
            }
            CartRefusal::TooManyLines => {
                let detail = format!("A cart holds at most {MAX_CART_LINES} different products.");
                Problem::new(Kind::Invalid, "too_many_lines", detail).with("limit", MAX_CART_LINES)
            }
            CartRefusal::TooManyPromotionCodes => {
                let detail = PricingRefusal::TooManyPromotionCodes.to_string();
                Problem::new(Kind::Invalid, "too_many_promotion_codes", detail)
                    .with("limit", MAX_PROMOTION_CODES)
            }
            CartRefusal::PromotionNotApplicable(refused) => PricingRefusal::Promotions(vec![refused]).into(),
            CartRefusal::MixedCurrencies { sku, currency, cart_currency } => {
                let detail = format!("The cart is in {cart_currency} and {sku} is sold in {currency}.");
                Problem::conflict("mixed_currencies", detail)
                    .with("sku", sku.as_str())
                    .with("currency", currency.code())
                    .with("cartCurrency", cart_currency.code())
            }
            CartRefusal::InsufficientStock(shortage) => shortage.into(),
            CartRefusal::LineTooLarge(sku) => {
                Self::invalid("/quantity", format!("takes the line of {sku} beyond {MAX_QUANTITY} pieces"))
            }
            CartRefusal::TotalTooLarge { pointer } => {
                Self::invalid(pointer, format!("takes the cart's total beyond {MAX_AMOUNT} minor units"))
            }
        }
    }
}

/// The problem of a delivery that a cart can't be priced for. It is chosen by parameters of the query.
pub(crate) fn delivery_problem(refusal: PricingRefusal) -> Problem {
    let parameter = match refusal {
        PricingRefusal::NoShippingMethod { .. } => "country",
        _ => "shippingMethodId",
    };
    let mut problem = Problem::from(refusal);
    for error in &mut problem.errors {
        error.pointer = format!("{QUERY_POINTER}{parameter}");
    }
    problem
}

impl From<CartRefusal> for CartError {
    fn from(refusal: CartRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for CartError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<CartError> for Problem {
    fn from(error: CartError) -> Self {
        match error {
            CartError::Refused(refusal) => refusal.into(),
            CartError::Failed(problem) => problem,
        }
    }
}

impl From<VisitorRefusal> for Problem {
    fn from(refusal: VisitorRefusal) -> Self {
        match refusal {
            VisitorRefusal::TooManyCarts { limit, wait } => {
                let detail = format!(
                    "Too many carts were begun from this address: {limit} are allowed in 15 minutes. Log in, or send the X-Cart-Token of a cart that exists."
                );
                Problem::new(Kind::Throttled, "too_many_anonymous_carts", detail)
                    .with("limit", limit)
                    .retry_after(wait)
            }
            VisitorRefusal::InvalidToken => {
                let detail = format!("The header X-Cart-Token {TOKEN_RULE}.");
                Problem::new(Kind::Malformed, "invalid_cart_token", detail)
            }
        }
    }
}

impl fmt::Display for UnorderableLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sku = &self.sku;
        match self.currencies {
            None => write!(f, "{sku} is not for sale"),
            Some((priced_in, wanted)) => write!(f, "{sku} is priced in {priced_in}, not in {wanted}"),
        }
    }
}

impl From<CheckoutRefusal> for Problem {
    fn from(refusal: CheckoutRefusal) -> Self {
        let error = |pointer: String, detail: String| FieldError { pointer, detail };
        let errors = match refusal {
            CheckoutRefusal::Empty => {
                return Problem::conflict("cart_empty", "There is nothing in the cart.");
            }
            CheckoutRefusal::NotOrderable(lines) => {
                lines.iter().map(|line| error(format!("/items/{}", line.index), line.to_string())).collect()
            }
            CheckoutRefusal::TotalTooLarge => {
                vec![error("/items".to_owned(), format!("cost more than {MAX_AMOUNT} minor units together"))]
            }
        };
        let detail = "Not every product can be ordered.";
        let mut problem = Problem::new(Kind::Invalid, "product_not_orderable", detail);
        problem.errors = errors;
        problem
    }
}

impl From<SnapshotRefusal> for Problem {
    /// With the member `error` as surface B spells it.
    fn from(refusal: SnapshotRefusal) -> Self {
        let (reason, detail) = refusal.terms();
        Problem::new(Kind::Invalid, "invalid_snapshot", detail)
            .with("reason", reason)
            .with("error", "Invalid snapshot payload")
    }
}

impl SnapshotRefusal {
    /// A stable name for programs, and the text.
    fn terms(&self) -> (&'static str, String) {
        match self {
            Self::TooLarge => {
                ("too_large", format!("The snapshot is larger than {MAX_SNAPSHOT_BYTES} bytes."))
            }
            Self::Signature => ("signature", "The snapshot's signature is missing or wrong.".to_owned()),
            Self::Malformed(what) => ("malformed", format!("The snapshot can't be understood: {what}.")),
            Self::UnknownCurrency => ("unknown_currency", "The snapshot's currency is not known.".to_owned()),
            Self::AnotherUser => ("another_user", "The snapshot was made for somebody else.".to_owned()),
            Self::Expired => ("expired", "The snapshot is too old; make a new one.".to_owned()),
            Self::FromTheFuture => ("from_the_future", "The snapshot was made later than now.".to_owned()),
            Self::Empty => ("empty", "The snapshot has no lines.".to_owned()),
            Self::TooManyLines => {
                ("too_many_lines", format!("The snapshot has more than {MAX_CART_LINES} lines."))
            }
            Self::RepeatedSku(sku) => ("repeated_sku", format!("The snapshot has {sku} on two lines.")),
            Self::Totals => ("totals", "The snapshot's totals are not the sums over its lines.".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pricing::PromotionRefusal;
    use serde_json::{Value, json};

    use super::*;

    fn told(problem: impl Into<Problem>) -> String {
        let Problem { kind, code, detail, extensions, .. } = problem.into();
        let members: BTreeMap<String, Value> = extensions.into_iter().collect();
        format!("{kind:?} {code}: {detail} {}", json!(members))
    }

    fn sku() -> Sku {
        "A-1".parse().unwrap()
    }

    fn currencies() -> [Currency; 2] {
        ["USD", "RUB"].map(|code| Currency::from_code(code).unwrap())
    }

    #[test]
    fn every_refusal_has_its_problem() {
        let [currency, cart_currency] = currencies();
        let shortage = Shortage { sku: sku(), wanted: 6, available: 5 };
        let many = VisitorRefusal::TooManyCarts { limit: 60, wait: 90 };
        assert_eq!(Problem::from(many).retry_after, Some(90));
        let cases = [
            (
                told(CartRefusal::UnknownProduct(sku())),
                "NotFound not_found: There is no product A-1 that can be bought. {}",
            ),
            (
                told(CartRefusal::TooManyLines),
                r#"Invalid too_many_lines: A cart holds at most 40 different products. {"limit":40}"#,
            ),
            (
                told(CartRefusal::MixedCurrencies { sku: sku(), currency, cart_currency }),
                r#"Conflict mixed_currencies: The cart is in RUB and A-1 is sold in USD. {"cartCurrency":"RUB","currency":"USD","sku":"A-1"}"#,
            ),
            (
                told(CartRefusal::InsufficientStock(shortage)),
                r#"Conflict insufficient_stock: Insufficient stock for SKU A-1: 5 available, 6 requested. {"available":5,"sku":"A-1","wanted":6}"#,
            ),
            (
                told(many),
                r#"Throttled too_many_anonymous_carts: Too many carts were begun from this address: 60 are allowed in 15 minutes. Log in, or send the X-Cart-Token of a cart that exists. {"limit":60}"#,
            ),
            (told(CheckoutRefusal::Empty), "Conflict cart_empty: There is nothing in the cart. {}"),
            (
                told(CheckoutRefusal::TotalTooLarge),
                "Invalid product_not_orderable: Not every product can be ordered. {}",
            ),
        ];
        for (told, expected) in cases {
            assert_eq!(told, expected);
        }
        let token = Problem::from(VisitorRefusal::InvalidToken);
        assert_eq!((token.kind, token.code), (Kind::Malformed, "invalid_cart_token"));
        assert_eq!(token.detail, format!("The header X-Cart-Token {TOKEN_RULE}."));
    }

    #[test]
    fn codes_are_refused_with_limit_and_reason() {
        let too_many = r#"Invalid too_many_promotion_codes: At most 10 promotion codes are allowed at once. {"limit":10}"#;
        assert_eq!(told(CartRefusal::TooManyPromotionCodes), too_many);
        let used_up = RefusedCode { code: "SPRING".to_owned(), reason: PromotionRefusal::UsedUp };
        let expected = r#"Conflict promotion_not_applicable: The promotion code SPRING does not apply: it was used as often as it may be. {"promotions":[{"code":"SPRING","reason":"used_up"}]}"#;
        assert_eq!(told(CartRefusal::PromotionNotApplicable(used_up)), expected);
    }

    #[test]
    fn members_at_fault_are_named() {
        let [priced_in, wanted] = currencies();
        let lines = [None, Some((priced_in, wanted))].into_iter().enumerate();
        let line = |(index, currencies)| UnorderableLine { index, sku: sku(), currencies };
        let named = |problem: Problem| {
            let errors = problem.errors.into_iter();
            errors.map(|error| format!("{} {}", error.pointer, error.detail)).collect::<Vec<_>>()
        };
        assert_eq!(
            named(CheckoutRefusal::NotOrderable(lines.map(line).collect()).into()),
            ["/items/0 A-1 is not for sale", "/items/1 A-1 is priced in USD, not in RUB"]
        );
        let most = MAX_AMOUNT;
        assert_eq!(
            named(CheckoutRefusal::TotalTooLarge.into()),
            [format!("/items cost more than {most} minor units together")]
        );
        assert_eq!(
            named(CartRefusal::LineTooLarge(sku()).into()),
            ["/quantity takes the line of A-1 beyond 65535 pieces"]
        );
        assert_eq!(
            named(CartRefusal::TotalTooLarge { pointer: "/cartToken" }.into()),
            [format!("/cartToken takes the cart's total beyond {most} minor units")]
        );
    }

    #[test]
    fn a_snapshot_is_refused_with_a_reason_that_programs_read() {
        let cases = [
            (SnapshotRefusal::TooLarge, "too_large", "The snapshot is larger than 98304 bytes."),
            (SnapshotRefusal::Signature, "signature", "The snapshot's signature is missing or wrong."),
            (
                SnapshotRefusal::Malformed("no object".to_owned()),
                "malformed",
                "The snapshot can't be understood: no object.",
            ),
            (SnapshotRefusal::UnknownCurrency, "unknown_currency", "The snapshot's currency is not known."),
            (SnapshotRefusal::AnotherUser, "another_user", "The snapshot was made for somebody else."),
            (SnapshotRefusal::Expired, "expired", "The snapshot is too old; make a new one."),
            (SnapshotRefusal::FromTheFuture, "from_the_future", "The snapshot was made later than now."),
            (SnapshotRefusal::Empty, "empty", "The snapshot has no lines."),
            (SnapshotRefusal::TooManyLines, "too_many_lines", "The snapshot has more than 40 lines."),
            (SnapshotRefusal::RepeatedSku(sku()), "repeated_sku", "The snapshot has A-1 on two lines."),
            (SnapshotRefusal::Totals, "totals", "The snapshot's totals are not the sums over its lines."),
        ];
        for (refusal, reason, detail) in cases {
            let members = json!({"error": "Invalid snapshot payload", "reason": reason});
            assert_eq!(told(refusal), format!("Invalid invalid_snapshot: {detail} {members}"));
        }
    }
}
