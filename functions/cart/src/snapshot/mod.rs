//! A signed snapshot: a cart with its titles and prices of one moment, which orders are placed from at those prices.
//!
//! | room | what is in it |
//! |---|---|
//! | this file | the members of a snapshot, and their canonical form |
//! | `make` | a snapshot of a cart |
//! | [`received`] | a snapshot as it comes back, read so that it has one reading |
//! | [`keys`] | the secret: one key or two, signing, and comparing signatures |
//! | [`verify`] | what has to hold before an order is placed from one |
//!
//! The signature is the lower-case hex HMAC-SHA256 (RFC 2104) of the canonical JSON (RFC 8785) of the snapshot without the
//! member `signature`. Whoever shares the secret may sign; docs/carts.md shows how in ten lines of Python.

use std::fmt;
use std::time::Duration;

use kernel::{CartId, Currency, Money, Problem, Quantity, Sku, SnapshotId, Timestamp, UserId};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

pub mod keys;
mod make;
pub mod received;
pub mod verify;

pub use keys::{SnapshotKeys, SnapshotSecret};
pub use received::Received;
pub use verify::{SnapshotRefusal, VerifiedSnapshot, verify};

/// How long orders are placed from a snapshot.
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
    /// What is bought, each SKU once.
    pub items: Vec<Item>,
    /// Sums over the items.
    pub totals: Totals,
    /// When it was made, and since when its lifetime runs.
    pub created_at: Timestamp,
    /// Whose cart it is.
    pub user_id: UserId,
    /// Where the prices came from: for people who look into it later. Nothing is computed from it, so another signer may put
    /// there what it likes.
    pub pricing_snapshot: Value,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// What.
    pub sku: Sku,
    /// What it was called.
    pub title: String,
    /// How many.
    pub quantity: Quantity,
    /// What one of it costs, in minor units of the snapshot's currency.
    pub unit_price_cents: i64,
}

/// Sums over the lines of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Lines.
    pub item_count: u64,
    /// Pieces.
    pub total_quantity: u64,
    /// What all of it costs, in minor units.
    pub subtotal_cents: i64,
    /// The snapshot's currency.
    pub currency: Currency,
}

impl Totals {
    /// The sums over `items`, whose prices are in `currency`; `None` when they cost more than an amount can be.
    pub fn of(items: &[Item], currency: Currency) -> Option<Self> {
        let mut sums = Self {
            item_count: u64::try_from(items.len()).ok()?,
            total_quantity: 0,
            subtotal_cents: 0,
            currency,
        };
        let mut subtotal = Money::zero(currency);
        for item in items {
            let price = Money::new(item.unit_price_cents, currency)?;
            subtotal = subtotal.plus(price.times(item.quantity)?)?;
            sums.total_quantity += u64::from(item.quantity.get());
        }
        sums.subtotal_cents = subtotal.amount();
        Some(sums)
    }
}

/// A snapshot with its signature, as it is answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignedSnapshot {
    /// What is signed.
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
