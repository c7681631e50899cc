//! The carts' table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | a customer's cart | `USER#<id>` / `CART` | `lines` (a map from SKU to quantity), `promotionCodes`, `version`, `updatedAt`, `expiresAt` |
//! | an anonymous cart | `ANON#<SHA-256 of its token>` / `CART` | the same |
//! | new anonymous carts of a source address | `THROTTLE#cart:address:<network>` / `WINDOW#<start>` | `attempts`, `expiresAt`; see [`platform::window`] |

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kernel::{Problem, Quantity, Sku, Timestamp};
use platform::dynamo::{Expression, Key, Table, Write};
use platform::{Init, InitError, InvocationContext};
use pricing::PromotionCode;
use serde::{Deserialize, Serialize};

use crate::cart::Cart;
use crate::owner::Owner;

/// The time for which a cart is kept after its owner last changed it.
pub const RETENTION: Duration = Duration::from_hours(30 * 24);

/// The cart is no longer as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CartChanged;

/// The carts' table.
#[derive(Clone)]
pub struct Carts {
    table: Table,
}

/// A cart as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    lines: BTreeMap<Sku, Quantity>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    promotion_codes: BTreeSet<PromotionCode>,
    version: u64,
    /// The time of its owner's last change; an order that empties the cart leaves this alone.
    updated_at: Timestamp,
    /// Seconds since 1970. DynamoDB deletes the item some time later; until then it counts as empty.
    expires_at: i64,
}

impl Row {
    fn new(cart: &Cart, now: Timestamp) -> Self {
        Self {
            lines: cart.lines.clone(),
            promotion_codes: cart.promotion_codes.clone(),
            version: cart.version,
            updated_at: now,
            expires_at: now.plus(RETENTION).as_seconds(),
        }
    }

    /// The cart as it is at `now`. An expired one is empty and keeps its version, which the next change builds on.
    fn into_cart(self, now: Timestamp) -> Cart {
        let expired = self.expires_at <= now.as_seconds();
        if expired {
            return Cart { version: self.version, ..Cart::default() };
        }
        Cart { version: self.version, lines: self.lines, promotion_codes: self.promotion_codes }
    }
}

impl Carts {
    /// The table named by `CARTS_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("CARTS_TABLE").await? })
    }

    /// The table, for counters beside the carts.
    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// The cart of `owner`; an empty one at version 0 when there is none.
    pub async fn load(&self, owner: impl Into<Owner>) -> Result<Cart, Problem> {
        let row: Option<Row> = self.table.get(&key(&owner.into())).await?;
        Ok(row.map_or_else(Cart::default, |row| row.into_cart(Timestamp::now())))
    }

    /// Empties the cart of `owner`, provided that it is still at `version`. Joins the transaction that makes an order of it, or
    /// that puts its lines into another cart. The version goes on, so that no later cart is ever taken for this one.
    pub fn clear(&self, owner: impl Into<Owner>, version: u64) -> Result<Write<CartChanged>, Problem> {
        let empty = Expression::update("SET #lines = :none, version = :next REMOVE promotionCodes")
            .name("#lines", "lines")
            .value(":none", BTreeMap::<Sku, Quantity>::new())?
            .value(":next", version + 1)?
            .when("version = :version")
            .value(":version", version)?;
        self.table.update(&key(&owner.into()), empty, CartChanged)
    }

    /// Requires that the cart of `owner` is still at `version`. Joins the transaction that keeps an order which could not be placed, so that a
    /// checkout which lost against another one of the same cart leaves no trace.
    pub fn unchanged(&self, owner: impl Into<Owner>, version: u64) -> Result<Write<CartChanged>, Problem> {
        let unchanged = Expression::condition("version = :version").value(":version", version)?;
        self.table.check(&key(&owner.into()), unchanged, CartChanged)
    }

    /// Puts `lines` and `codes` back into the cart of `owner`, out of which an order had taken them, as far as there is room. Joins the transaction that ends the order;
    /// `None` when nothing is to be written.
    pub async fn put_back(
        &self,
        call: &InvocationContext,
        owner: impl Into<Owner>,
        lines: impl IntoIterator<Item = (Sku, Quantity)>,
        codes: impl IntoIterator<Item = PromotionCode>,
    ) -> Result<Option<Write<CartChanged>>, Problem> {
        let owner = owner.into();
        let returned = self.load(owner.clone()).await?.with_returned(lines, codes);
        returned.map(|cart| self.save(call, &owner, &cart)).transpose()
    }

    /// Writes `cart`, provided that the one kept is of the preceding version still.
    pub(crate) fn save(
        &self,
        call: &InvocationContext,
        owner: &Owner,
        cart: &Cart,
    ) -> Result<Write<CartChanged>, Problem> {
        let row = Row::new(cart, call.now);
        match cart.version.saturating_sub(1) {
            0 => self.table.put_new(&key(owner), &row, CartChanged),
            before => {
                let unchanged = Expression::condition("version = :before").value(":before", before)?;
                self.table.put_when(&key(owner), &row, unchanged, CartChanged)
            }
        }
    }
}

fn key(owner: &Owner) -> Key {
    Key::new(owner.partition(), "CART")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    fn row() -> Row {
        let lines = [("A-1", 2), ("A.2_x", 1)];
        let lines = lines.map(|(sku, count)| (sku.parse().unwrap(), Quantity::new(count).unwrap()));
        Row::new(&Cart { version: 7, lines: lines.into(), ..Cart::default() }, Timestamp::from_millis(NOW))
    }

    #[test]
    fn keys_are_what_they_were() {
        let user: kernel::UserId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        assert_eq!(key(&user.into()), Key::new("USER#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0", "CART"));
    }

    #[test]
    fn an_item_is_what_it_was() {
        let expected = serde_json::json!({
            "lines": {"A-1": 2, "A.2_x": 1},
            "version": 7,
            "updatedAt": "2023-11-14T22:13:20.000Z",
            "expiresAt": 1_702_592_000,
        });
        assert_eq!(serde_json::to_value(row()).unwrap(), expected);
        let back: Row = serde_json::from_value(expected).unwrap();
        assert_eq!(back.lines, row().lines);
    }

    #[test]
    fn a_cart_expires_to_the_second_and_keeps_its_version() {
        let end = Timestamp::from_millis(NOW).plus(RETENTION);
        let before = row().into_cart(end.minus(Duration::from_secs(1)));
        assert_eq!((before.version, before.lines.len()), (7, 2));
        assert_eq!(row().into_cart(end), Cart { version: 7, ..Cart::default() });
    }
}
