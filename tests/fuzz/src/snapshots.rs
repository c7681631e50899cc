//! Cart snapshots as they come back.

use std::sync::LazyLock;

use cart::snapshot::{Received, Snapshot, SnapshotKeys, SnapshotRefusal, verify};
use kernel::{Money, Timestamp};
use serde_json::Value;

use crate::shop::SNAPSHOT_SECRET;

static KEYS: LazyLock<SnapshotKeys> =
    LazyLock::new(|| SnapshotKeys::parse(SNAPSHOT_SECRET).expect("the key is long enough"));
/// Another secret: what it signed is foreign.
static FOREIGN: LazyLock<SnapshotKeys> = LazyLock::new(|| {
    SnapshotKeys::parse("foreign-secret-foreign-secret-foreign").expect("the key is long enough")
});

/// Verifies a snapshot. None is good without our signature; one that we sign is good, or refused for what it says; and one that is good costs
/// what its lines cost.
pub fn snapshots(data: &[u8]) {
    let Ok(received) = serde_json::from_slice::<Received>(data) else { return };
    let Ok(snapshot) = Snapshot::deserialize_from(received.as_value()) else { return };
    let (user, now) = (snapshot.user_id, Timestamp::now());
    let as_it_came = verify(&FOREIGN, &received, user, now);
    assert!(as_it_came.is_err(), "a signature of nobody is taken");

    let Ok(signed) = KEYS.sign(snapshot) else { return };
    let text = serde_json::to_string(&signed).expect("a snapshot is JSON");
    let received: Received = serde_json::from_str(&text).expect("what was written has one reading");
    let foreign = verify(&FOREIGN, &received, user, now);
    assert!(matches!(foreign, Err(SnapshotRefusal::Signature | SnapshotRefusal::TooLarge)), "{foreign:?}");
    match verify(&KEYS, &received, user, now) {
        Ok(verified) => {
            let items = &verified.snapshot().items;
            let sum: i128 = items
                .iter()
                .map(|item| i128::from(item.unit_price_cents) * i128::from(item.quantity.get()))
                .sum();
            assert_eq!(i128::from(verified.subtotal().amount()), sum, "the subtotal is not the sum");
            assert_eq!(
                Money::new(verified.subtotal().amount(), verified.subtotal().currency()),
                Some(verified.subtotal())
            );
        }
        Err(SnapshotRefusal::Signature) => panic!("our own signature is refused: {text}"),
        Err(_) => {}
    }
}

/// Reads a snapshot from a document that was received.
trait FromDocument: Sized {
    fn deserialize_from(document: &Value) -> Result<Self, serde_json::Error>;
}

impl FromDocument for Snapshot {
    fn deserialize_from(document: &Value) -> Result<Self, serde_json::Error> {
        serde::Deserialize::deserialize(document)
    }
}
