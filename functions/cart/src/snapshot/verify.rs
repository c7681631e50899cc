//! The conditions under which an order is placed from a snapshot.
//!
//! The signature comes first: a caller that can't sign learns nothing else. Signed contents are checked all the same, since a secret
//! that several systems share is no better than the most careless of them.

use std::collections::BTreeSet;
use std::time::Duration;

use catalog::product::MAX_NAME_LENGTH;
use kernel::{Currency, Money, Problem, Timestamp, UserId};
use platform::http::read_json;
use serde_json::Value;

use super::{Received, SNAPSHOT_LIFETIME, Snapshot, SnapshotKeys, Totals, canonical};
use crate::cart::MAX_CART_LINES;
use crate::refusal::SnapshotRefusal;

/// The largest snapshot, in bytes of its canonical form without the signature: what the longest lines need, and as much again
/// for what another signer adds.
pub const MAX_SNAPSHOT_BYTES: usize = 96 * 1024;
/// The time by which the signer's clock may be ahead.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// A snapshot for which all of this held when it was verified.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedSnapshot {
    snapshot: Snapshot,
    owner: UserId,
    document: Value,
}

/// The caller that presents a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presenter {
    /// The caller.
    pub user: UserId,
    /// True when the caller orders for others: the cart service itself, with the scope `orders:write`.
    pub for_others: bool,
}

impl Presenter {
    /// A customer, who presents their own.
    pub fn customer(user: UserId) -> Self {
        Self { user, for_others: false }
    }
}

impl VerifiedSnapshot {
    /// Its members: 1 to [`MAX_CART_LINES`] items, each SKU once, each price an amount.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The customer to whom an order of it belongs.
    pub fn owner(&self) -> UserId {
        self.owner
    }

    /// All that was received, the signature and unknown members included: for keeping with the order.
    pub fn document(&self) -> &Value {
        &self.document
    }
}

/// Verifies what `presenter` sent at `now`.
pub fn verify(
    keys: &SnapshotKeys,
    received: &Received,
    presenter: &Presenter,
    now: Timestamp,
) -> Result<VerifiedSnapshot, SnapshotRefusal> {
    let document = received.as_value();
    check_signature(keys, received)?;
    let snapshot = read(document)?;
    let owner = snapshot.user_id.user(&snapshot.cart_id);
    if owner != presenter.user && !presenter.for_others {
        return Err(SnapshotRefusal::AnotherUser);
    }
    check_age(snapshot.created_at, now)?;
    check_lines(&snapshot)?;
    Ok(VerifiedSnapshot { snapshot, owner, document: document.clone() })
}

/// The signature has to be over all that was received but itself, in canonical form or as it was sent.
pub fn check_signature(keys: &SnapshotKeys, received: &Received) -> Result<(), SnapshotRefusal> {
    let malformed = || SnapshotRefusal::Malformed("it is not an object".to_owned());
    let mut unsigned = received.as_value().as_object().ok_or_else(malformed)?.clone();
    let signature = unsigned.remove("signature");
    let message = canonical(&unsigned).map_err(|_| malformed())?;
    if message.len() > MAX_SNAPSHOT_BYTES {
        return Err(SnapshotRefusal::TooLarge);
    }
    let signature = signature.as_ref().and_then(Value::as_str).and_then(lower_hex);
    match signature {
        Some(signature) if keys.verify(&message, &signature) => Ok(()),
        Some(signature)
            if received.unsigned_as_sent().is_some_and(|sent| keys.verify(sent.as_bytes(), &signature)) =>
        {
            Ok(())
        }
        _ => Err(SnapshotRefusal::Signature),
    }
}

/// The bytes of lower-case hex: a signature has one spelling.
fn lower_hex(text: &str) -> Option<Vec<u8>> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) { None } else { hex::decode(text).ok() }
}

/// The members, each within its limits. Unknown ones stand in the document and mean nothing here.
fn read(document: &Value) -> Result<Snapshot, SnapshotRefusal> {
    let malformed = |what: &str| SnapshotRefusal::Malformed(what.to_owned());
    let currency = document.get("currency").and_then(Value::as_str);
    if currency.is_some_and(|code| Currency::from_code(code).is_none()) {
        return Err(SnapshotRefusal::UnknownCurrency);
    }
    let text = serde_json::to_vec(document).map_err(|error| malformed(&error.to_string()))?;
    let snapshot: Snapshot = read_json("snapshot", &text).map_err(|problem| malformed(&faults(&problem)))?;
    for item in &snapshot.items {
        let title = item.title.as_deref();
        if !title.is_none_or(|title| (1..=MAX_NAME_LENGTH).contains(&title.chars().count())) {
            return Err(malformed(&format!(
                "the title of {} is not 1 to {MAX_NAME_LENGTH} characters",
                item.sku
            )));
        }
        if item.unit_price_cents.is_some_and(|cents| Money::new(cents, snapshot.currency).is_none()) {
            return Err(malformed(&format!("the price of {} is out of range", item.sku)));
        }
    }
    Ok(snapshot)
}

/// The members at fault, each with what it has to be.
fn faults(problem: &Problem) -> String {
    let faults = problem.errors.iter().map(|error| format!("{} {}", error.pointer, error.detail));
    faults.collect::<Vec<_>>().join("; ")
}

fn check_age(created_at: Timestamp, now: Timestamp) -> Result<(), SnapshotRefusal> {
    if created_at > now.plus(CLOCK_SKEW) {
        return Err(SnapshotRefusal::FromTheFuture);
    }
    if created_at.plus(SNAPSHOT_LIFETIME) < now {
        return Err(SnapshotRefusal::Expired);
    }
    Ok(())
}

/// Refuses lines that are none of an order, and totals that are not their sums.
fn check_lines(snapshot: &Snapshot) -> Result<(), SnapshotRefusal> {
    let items = &snapshot.items;
    if items.is_empty() {
        return Err(SnapshotRefusal::Empty);
    }
    if items.len() > MAX_CART_LINES {
        return Err(SnapshotRefusal::TooManyLines);
    }
    let mut seen = BTreeSet::new();
    if let Some(item) = items.iter().find(|item| !seen.insert(&item.sku)) {
        return Err(SnapshotRefusal::RepeatedSku(item.sku.clone()));
    }
    let sums = Totals::of(items, snapshot.currency).filter(|sums| *sums == snapshot.totals);
    sums.map(|_| ()).ok_or(SnapshotRefusal::Totals)
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
