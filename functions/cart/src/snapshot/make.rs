//! Making a snapshot of a cart.

use std::collections::HashMap;

use catalog::Product;
use kernel::{CartId, Problem, Quantity, Sku, SnapshotId, Timestamp, UserId};
use serde::Serialize;

use super::{Item, Snapshot, Totals};
use crate::cart::Cart;
use crate::refusal::{CheckoutRefusal, UnorderableLine};

/// The sources of a snapshot's prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pricing {
    /// The time at which the prices were read.
    priced_at: Timestamp,
    /// Each price, in the order of the items.
    prices: Vec<Price>,
}

/// One price and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Price {
    sku: Sku,
    unit_price_cents: i64,
    currency: &'static str,
    /// The version of the product in the catalog that says so.
    catalog_version: u64,
}

impl Snapshot {
    /// `cart`, which is that of `user`, at the titles and prices of `products`, which were read at `now`.
    ///
    /// An empty cart is refused, and so is one with lines that can't be ordered together at a price; each is named by its place in
    /// the cart as it is shown. Whether goods are in stock is a matter for the order.
    pub fn of(
        user: UserId,
        cart: &Cart,
        products: &HashMap<Sku, Product>,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let lines = priced(cart, products)?;
        let Some((_, first)) = lines.first() else {
            return Err(CheckoutRefusal::Empty.into());
        };
        let currency = first.price.currency();
        let items: Vec<Item> = lines.iter().map(|(quantity, product)| item(*quantity, product)).collect();
        let totals = Totals::of(&items, currency).ok_or(CheckoutRefusal::TotalTooLarge)?;
        let prices = lines.iter().map(|(_, product)| price(product)).collect();
        let pricing = serde_json::to_value(Pricing { priced_at: now, prices }).map_err(Problem::internal)?;
        Ok(Self {
            snapshot_id: SnapshotId::generate().into(),
            cart_id: CartId::derived(&format!("cart/{user}")).into(),
            cart_version: cart.version,
            currency,
            items,
            totals,
            created_at: now,
            user_id: user.into(),
            pricing_snapshot: pricing,
        })
    }
}

/// The lines of `cart` in the order in which they are shown, all of them for sale and in the first one's currency.
fn priced<'a>(
    cart: &Cart,
    products: &'a HashMap<Sku, Product>,
) -> Result<Vec<(Quantity, &'a Product)>, CheckoutRefusal> {
    let (mut lines, mut unorderable): (Vec<(Quantity, &Product)>, _) = (Vec::new(), Vec::new());
    for (index, (sku, quantity)) in cart.shown().into_iter().enumerate() {
        let mut refuse =
            |currencies| unorderable.push(UnorderableLine { index, sku: sku.clone(), currencies });
        let Some(product) = products.get(sku).filter(|product| product.is_active) else {
            refuse(None);
            continue;
        };
        let currency = product.price.currency();
        match lines.first().map(|(_, first)| first.price.currency()) {
            Some(other) if other != currency => refuse(Some((currency, other))),
            _ => lines.push((quantity, product)),
        }
    }
    if unorderable.is_empty() { Ok(lines) } else { Err(CheckoutRefusal::NotOrderable(unorderable)) }
}

fn item(quantity: Quantity, product: &Product) -> Item {
    Item {
        sku: product.sku.clone(),
        title: Some(product.name.clone()),
        quantity,
        unit_price_cents: Some(product.price.amount()),
    }
}

fn price(product: &Product) -> Price {
    Price {
        sku: product.sku.clone(),
        unit_price_cents: product.price.amount(),
        currency: product.price.currency().code(),
        catalog_version: product.version,
    }
}

#[cfg(test)]
mod tests {
    use kernel::Kind;
    use kernel::money::MAX_AMOUNT;
    use serde_json::json;

    use super::*;
    use crate::offer::tests::{cart, product};
    use crate::snapshot::{Received, SnapshotKeys, verify};

    fn catalog(products: impl IntoIterator<Item = Product>) -> HashMap<Sku, Product> {
        products.into_iter().map(|product| (product.sku.clone(), product)).collect()
    }

    fn now() -> Timestamp {
        Timestamp::from_millis(1_770_000_000_000)
    }

    fn problem(lines: &[(&str, u32)], products: &HashMap<Sku, Product>) -> Problem {
        Snapshot::of(UserId::generate(), &cart(lines), products, now()).unwrap_err()
    }

    #[test]
    fn a_snapshot_says_what_is_in_the_cart_and_is_good_for_its_owner() {
        let mut kettle = product("9", 150, "RUB");
        kettle.version = 4;
        let products = catalog([kettle, product("10", 7, "RUB")]);
        let user = UserId::generate();
        let cart = cart(&[("10", 3), ("9", 2)]);
        let snapshot = Snapshot::of(user, &cart, &products, now()).unwrap();
        let written = serde_json::to_value(&snapshot).unwrap();
        assert_eq!(
            written["items"],
            json!([
                {"sku": "9", "title": "Product 9", "quantity": 2, "unitPriceCents": 150},
                {"sku": "10", "title": "Product 10", "quantity": 3, "unitPriceCents": 7},
            ])
        );
        let totals = json!({"itemCount": 2, "totalQuantity": 5, "subtotalCents": 321, "currency": "RUB"});
        assert_eq!(written["totals"], totals);
        assert_eq!((&written["cartVersion"], &written["currency"]), (&json!(2), &json!("RUB")));
        let prices = json!([
            {"sku": "9", "unitPriceCents": 150, "currency": "RUB", "catalogVersion": 4},
            {"sku": "10", "unitPriceCents": 7, "currency": "RUB", "catalogVersion": 1},
        ]);
        assert_eq!(
            written["pricingSnapshot"],
            json!({"pricedAt": "2026-02-02T02:40:00.000Z", "prices": prices})
        );

        let keys = SnapshotKeys::parse(&"k".repeat(64)).unwrap();
        let signed = serde_json::to_value(keys.sign(snapshot.clone()).unwrap()).unwrap();
        let received: Received = serde_json::from_value(signed).unwrap();
        assert_eq!(
            verify(&keys, &received, &crate::snapshot::Presenter::customer(user), now()).unwrap().snapshot(),
            &snapshot
        );
        let again = Snapshot::of(user, &cart, &products, now()).unwrap();
        assert_ne!(again.snapshot_id, snapshot.snapshot_id);
        assert_eq!(again.cart_id, snapshot.cart_id);
    }

    #[test]
    fn an_empty_cart_is_no_order() {
        let problem = problem(&[], &HashMap::new());
        assert_eq!((problem.kind, problem.code), (Kind::Conflict, "cart_empty"));
    }

    #[test]
    fn lines_that_can_not_be_ordered_are_named() {
        let mut hidden = product("B", 5, "RUB");
        hidden.is_active = false;
        let products = catalog([product("A", 5, "RUB"), hidden, product("D", 5, "USD")]);
        let problem = problem(&[("A", 1), ("B", 1), ("C", 1), ("D", 1)], &products);
        assert_eq!((problem.kind, problem.code), (Kind::Invalid, "product_not_orderable"));
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/items/1", "/items/2", "/items/3"]);
        assert!(problem.errors[2].detail.contains("USD"));
    }

    #[test]
    fn a_total_that_no_amount_holds_is_refused() {
        let products = catalog([product("A", MAX_AMOUNT, "RUB"), product("B", 1, "RUB")]);
        assert_eq!(problem(&[("A", 1), ("B", 1)], &products).errors[0].pointer, "/items");
    }
}
