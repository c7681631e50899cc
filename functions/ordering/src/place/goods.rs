//! The goods to be ordered, from any of the API surfaces.

use cart::refusal::{CheckoutRefusal, SnapshotRefusal};
use cart::snapshot::{Presenter, Received, SnapshotKeys, VerifiedSnapshot, check_signature, verify};
use cart::{Cart, Carts, Owner};
use kernel::text::cleaned;
use kernel::{Money, Problem, UserId};
use orders::draft::{Offer, Wanted};
use orders::refusal::DraftError;
use platform::InvocationContext;
use serde_json::Value;
use stock::Line;

use crate::refusal::{NotPlaced, PlaceRefusal};

/// The goods to be ordered.
#[derive(Debug)]
pub enum Goods {
    /// The content of the customer's cart, which the order empties.
    Cart,
    /// The lines of the request.
    Items(Vec<Line>),
    /// The one product that the request names without a list, and the member that names it.
    Product(Line, &'static str),
    /// A cart that was signed with its prices, and a flag: its presenter orders for others.
    Snapshot(Received, bool),
}

/// The input of an order, read and verified.
#[derive(Default)]
pub(super) struct OrderInput {
    /// The lines as the customer sees them.
    pub(super) wanted: Vec<Wanted>,
    /// The version of the cart that the lines come from and that the order empties.
    pub(super) cart_version: Option<u64>,
    /// The promotion codes of the cart.
    pub(super) promotion_codes: Vec<String>,
    /// The signed cart, stored with the order.
    pub(super) snapshot: Option<Value>,
    /// The id of the signed cart; one order is placed from it.
    pub(super) snapshot_id: Option<String>,
    /// The order's owner, where that is not the caller.
    pub(super) owner: Option<UserId>,
}

impl Goods {
    /// The customer's cart, if the order is placed from it.
    pub(super) async fn cart(&self, carts: &Carts, owner: Owner) -> Result<Option<Cart>, Problem> {
        match self {
            Self::Cart => carts.load(owner).await.map(Some),
            Self::Items(_) | Self::Product(..) | Self::Snapshot(..) => Ok(None),
        }
    }

    /// The content that identifies a request under an idempotency key, where that is less than its body: a cart that was signed again at the same
    /// version, with the same lines, is the same cart.
    pub fn content(&self) -> Option<Vec<u8>> {
        let Self::Snapshot(received, _) = self else { return None };
        let document = received.as_value();
        let member = |of: &Value, name| of.get(name).filter(|value| !value.is_null()).cloned();
        let line =
            |item: &Value| (member(item, "sku"), member(item, "quantity").or_else(|| member(item, "qty")));
        let lines: Vec<_> = document.get("items").and_then(Value::as_array)?.iter().map(line).collect();
        let (cart, version) = (member(document, "cartId")?, member(document, "cartVersion")?);
        serde_json::to_vec(&("cartSnapshot", cart, version, lines)).ok()
    }

    /// Refuses a cart that was not signed with one of `keys`: not even a repeated request is replayed for it. Its age does not matter here.
    pub(super) fn check_signature(&self, keys: Option<&SnapshotKeys>) -> Result<(), SnapshotRefusal> {
        match (self, keys) {
            (Self::Snapshot(received, _), Some(keys)) => check_signature(keys, received),
            _ => Ok(()),
        }
    }

    /// The lines. `cart` is the cart that [`Self::cart`] found.
    pub(super) fn gather(
        &self,
        call: &InvocationContext,
        user: UserId,
        cart: Option<Cart>,
        keys: Option<&SnapshotKeys>,
    ) -> Result<OrderInput, Problem> {
        let lines = |lines: &[Line]| lines.iter().cloned().map(Wanted::from).collect();
        match self {
            Self::Cart => Ok(of_cart(cart.unwrap_or_default())?),
            Self::Items(items) => Ok(OrderInput { wanted: lines(items), ..OrderInput::default() }),
            Self::Product(line, _) => {
                let wanted = lines(std::slice::from_ref(line));
                Ok(OrderInput { wanted, ..OrderInput::default() })
            }
            Self::Snapshot(received, for_others) => {
                let keys = keys.ok_or_else(|| Problem::internal("a front without the snapshot secret"))?;
                let presenter = Presenter { user, for_others: *for_others };
                of_snapshot(&verify(keys, received, &presenter, call.now)?)
            }
        }
    }

    /// The error of drafting an order of these goods. The lines of a cart are no members of the request.
    pub(super) fn not_drafted(&self, error: DraftError) -> NotPlaced {
        match (self, error) {
            (Self::Cart, DraftError::Refused(refusal)) => PlaceRefusal::CartLines(refusal).into(),
            (_, error) => self.rewrite_pointers(error.into()).into(),
        }
    }

    /// `problem` with the members at fault named as they stand in the request: drafts name them `/items/<i>`.
    fn rewrite_pointers(&self, mut problem: Problem) -> Problem {
        for error in &mut problem.errors {
            let pointer = match self {
                Self::Cart | Self::Items(_) => continue,
                Self::Product(_, name) => match error.pointer.strip_prefix("/items/0") {
                    Some("") => format!("/{name}"),
                    Some(member) => member.to_owned(),
                    None => continue,
                },
                // What is beside the goods, such as the address, stands beside the cart too.
                Self::Snapshot(..) if !error.pointer.starts_with("/items") => continue,
                Self::Snapshot(..) => format!("/cartSnapshot{}", error.pointer),
            };
            error.pointer = pointer;
        }
        problem
    }
}

fn of_cart(cart: Cart) -> Result<OrderInput, CheckoutRefusal> {
    if cart.lines.is_empty() {
        return Err(CheckoutRefusal::Empty);
    }
    let line = |(sku, quantity)| Line { sku, quantity }.into();
    let cart_version = Some(cart.version);
    let wanted = cart.lines.into_iter().map(line).collect();
    let promotion_codes = cart.promotion_codes.iter().map(ToString::to_string).collect();
    Ok(OrderInput { wanted, cart_version, promotion_codes, ..OrderInput::default() })
}

/// The lines of a snapshot, at the titles and prices that it promised. The snapshot is stored as it was signed; in the order's lines, characters that
/// no text may have are replaced by spaces.
fn of_snapshot(verified: &VerifiedSnapshot) -> Result<OrderInput, Problem> {
    let snapshot = verified.snapshot();
    let wanted: Option<Vec<Wanted>> = snapshot
        .items
        .iter()
        .map(|item| {
            let price = |cents| Money::new(cents, snapshot.currency).ok_or(());
            let unit_price = item.unit_price_cents.map(price).transpose().ok()?;
            let name = item.title.as_deref().map(cleaned);
            let line = Line { sku: item.sku.clone(), quantity: item.quantity };
            let currency = Some(snapshot.currency);
            Some(Wanted { line, offer: Some(Offer { name, unit_price, currency }) })
        })
        .collect();
    let wanted = wanted.ok_or_else(|| Problem::internal("a verified snapshot has a price out of range"))?;
    let snapshot_id = Some(snapshot.snapshot_id.to_string());
    let (snapshot, owner) = (Some(verified.document().clone()), Some(verified.owner()));
    Ok(OrderInput { wanted, snapshot, snapshot_id, owner, ..OrderInput::default() })
}

#[cfg(test)]
mod tests {
    use kernel::Quantity;

    use super::*;

    fn line() -> Line {
        Line { sku: "A-1".parse().unwrap(), quantity: Quantity::new(1).unwrap() }
    }

    fn snapshot() -> Goods {
        Goods::Snapshot(serde_json::from_str("{}").unwrap(), false)
    }

    #[test]
    fn members_are_named_as_the_caller_has_them() {
        let cases = [
            (Goods::Cart, "/items/2", "/items/2"),
            (Goods::Items(vec![line()]), "/items/0/quantity", "/items/0/quantity"),
            (Goods::Product(line(), "productId"), "/items/0", "/productId"),
            (Goods::Product(line(), "sku"), "/items/0", "/sku"),
            (Goods::Product(line(), "sku"), "/items/0/quantity", "/quantity"),
            (Goods::Product(line(), "sku"), "/items", "/items"),
            (snapshot(), "/items/1", "/cartSnapshot/items/1"),
        ];
        for (goods, drafted, told) in cases {
            let problem = goods.rewrite_pointers(Problem::invalid(drafted, "is wrong"));
            assert_eq!(problem.errors[0].pointer, told, "{goods:?}");
        }
    }

    #[test]
    fn a_cart_that_is_signed_again_is_the_same_cart() {
        let content = |text: &str| Goods::Snapshot(serde_json::from_str(text).unwrap(), false).content();
        let first = content(
            r#"{"snapshotId": "1", "cartId": "c", "cartVersion": 7, "items": [{"sku": "A", "quantity": 2}], "signature": "00"}"#,
        );
        assert!(first.is_some());
        let again = r#"{"cartVersion": 7, "cartId": "c", "snapshotId": "2", "items": [{"qty": 2, "quantity": null, "sku": "A", "title": "a"}], "signature": "ff"}"#;
        assert_eq!(first, content(again));
        assert_ne!(first, content(&again.replace("Version\": 7", "Version\": 8")));
        assert_ne!(first, content(&again.replace("\"qty\": 2", "\"qty\": 3")));
        assert_eq!(content(r#"{"cartId": "c"}"#), None);
        assert_eq!(content(r#""text""#), None);
        assert_eq!(Goods::Cart.content(), None);
    }

    #[test]
    fn an_empty_cart_is_no_order() {
        assert_eq!(of_cart(Cart::default()).err(), Some(CheckoutRefusal::Empty));
    }
}
