//! A signed snapshot: a cart with its titles and prices of one moment, which orders are placed from at those prices.
//!
//! | module | contents |
//! |---|---|
//! | this file | the members of a snapshot, and their canonical form |
//! | `make` | a snapshot of a cart |
//! | [`received`] | a snapshot as it comes back, read so that it has one reading |
//! | [`keys`] | the secret: one key or two, signing, and comparing signatures |
//! | [`verify`] | the conditions under which an order is placed from one |
//!
//! The signature is the lower-case hex HMAC-SHA256 (RFC 2104) of the canonical JSON (RFC 8785) of the snapshot without the
//! member `signature`, or of its compact JSON with members in the order in which they are sent: what `JSON.stringify` signs. Any system
//! that shares the secret may sign; docs/carts.md shows how in ten lines of Python.

use std::fmt;
use std::time::Duration;

use kernel::text::{ONE_LINE_RULE, is_one_line};
use kernel::{CartId, Currency, Money, Problem, Quantity, Sku, SnapshotId, Timestamp, UserId};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

pub mod keys;
mod make;
pub mod received;
pub mod verify;

pub use keys::{SnapshotKeys, SnapshotSecret};
pub use received::Received;
pub use verify::{Presenter, VerifiedSnapshot, check_signature, verify};

/// The time for which orders can be placed from a snapshot.
pub const SNAPSHOT_LIFETIME: Duration = Duration::from_mins(15);
/// The longest id of a snapshot or cart, in characters.
pub const MAX_REFERENCE_LENGTH: usize = 128;

/// The id of a snapshot or of its cart. Ours are UUIDs; another signer may have ids of its own, so here any text of 1 to
/// [`MAX_REFERENCE_LENGTH`] characters is one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Reference(String);

impl Reference {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<CartId> for Reference {
    fn from(id: CartId) -> Self {
        Self(id.to_string())
    }
}

impl From<SnapshotId> for Reference {
    fn from(id: SnapshotId) -> Self {
        Self(id.to_string())
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if (1..=MAX_REFERENCE_LENGTH).contains(&text.chars().count()) {
            Ok(Self(text))
        } else {
            Err(de::Error::custom(format!("an id must be 1 to {MAX_REFERENCE_LENGTH} characters")))
        }
    }
}

/// The owner of the cart: an account, a customer whom the signer keeps, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SnapshotOwner(#[serde(deserialize_with = "owner")] Option<String>);

/// The signer's name of a customer: as an id, and on one line.
fn owner<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    let fits =
        |name: &String| (1..=MAX_REFERENCE_LENGTH).contains(&name.chars().count()) && is_one_line(name);
    if name.as_ref().is_none_or(fits) {
        return Ok(name);
    }
    let rule = format!("must be 1 to {MAX_REFERENCE_LENGTH} characters; it {ONE_LINE_RULE}");
    Err(de::Error::custom(rule))
}

impl SnapshotOwner {
    /// The user whom an order of the cart `cart` belongs to. Customers of other systems and carts without an owner have ids that no account has.
    pub fn user(&self, cart: &Reference) -> UserId {
        match &self.0 {
            Some(text) => text.parse().unwrap_or_else(|_| UserId::named(text)),
            None => UserId::derived(&format!("snapshot/cart/{cart}")),
        }
    }
}

impl From<UserId> for SnapshotOwner {
    fn from(user: UserId) -> Self {
        Self(Some(user.to_string()))
    }
}

/// A cart with its prices, as it is signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// This snapshot.
    pub snapshot_id: Reference,
    /// The cart that it was made of.
    pub cart_id: Reference,
    /// That cart's version.
    pub cart_version: u64,
    /// The currency of every price.
    pub currency: Currency,
    /// The lines, each SKU once.
    pub items: Vec<Item>,
    /// Sums over the items.
    pub totals: Totals,
    /// The time at which the snapshot was made and its lifetime began.
    pub created_at: Timestamp,
    /// The owner of the cart.
    #[serde(default)]
    pub user_id: SnapshotOwner,
    /// The sources of the prices, for people who examine them later. Nothing is computed from this member, so another
    /// signer may put any value there.
    #[serde(default)]
    pub pricing_snapshot: Value,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub sku: Sku,
    /// The title at the time of the snapshot; the catalog's title where the signer gave none.
    #[serde(default)]
    pub title: Option<String>,
    /// The number of pieces. Some signers write `qty`.
    #[serde(alias = "qty")]
    pub quantity: Quantity,
    /// The price of one piece, in minor units of the snapshot's currency; the price at the time of the order where the
    /// signer gave none.
    #[serde(default)]
    pub unit_price_cents: Option<i64>,
}

/// Sums over the lines of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Lines.
    pub item_count: u64,
    /// Pieces.
    pub total_quantity: u64,
    /// The sum of all lines, in minor units; `None` where a line has no price.
    #[serde(default)]
    pub subtotal_cents: Option<i64>,
    /// The snapshot's currency.
    pub currency: Currency,
}

impl Totals {
    /// The sums over `items`, whose prices are in `currency`; `None` when they cost more than an amount can be.
    pub fn of(items: &[Item], currency: Currency) -> Option<Self> {
        let mut sums = Self {
            item_count: u64::try_from(items.len()).ok()?,
            total_quantity: 0,
            subtotal_cents: None,
            currency,
        };
        let mut subtotal = Some(Money::zero(currency));
        for item in items {
            sums.total_quantity += u64::from(item.quantity.get());
            let Some(cents) = item.unit_price_cents else {
                subtotal = None;
                continue;
            };
            let price = Money::new(cents, currency)?.times(item.quantity)?;
            subtotal = subtotal.map(|sum| sum.plus(price).ok_or(())).transpose().ok()?;
        }
        sums.subtotal_cents = subtotal.map(Money::amount);
        Some(sums)
    }
}

/// A snapshot with its signature, as it is answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignedSnapshot {
    /// The signed document.
    #[serde(flatten)]
    pub snapshot: Snapshot,
    /// The signature over it.
    pub signature: String,
}

/// The canonical JSON (RFC 8785) of `value`.
fn canonical(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json_canonicalizer::to_vec(value).map_err(Problem::internal)
}

#[cfg(test)]
#[path = "canonical_tests.rs"]
mod tests;
