//! Cart snapshots as they come back.

use std::sync::LazyLock;

use cart::refusal::SnapshotRefusal;
use cart::snapshot::{Presenter, Received, Snapshot, SnapshotKeys, verify};
use kernel::Timestamp;
use serde_json::Value;

use crate::shop::SNAPSHOT_SECRET;

static KEYS: LazyLock<SnapshotKeys> =
    LazyLock::new(|| SnapshotKeys::parse(SNAPSHOT_SECRET).expect("the key is long enough"));
/// Another secret: what it signed is foreign.
static FOREIGN: LazyLock<SnapshotKeys> = LazyLock::new(|| {
    SnapshotKeys::parse("foreign-secret-foreign-secret-foreign").expect("the key is long enough")
});

/// Verifies a snapshot. None is good without our signature; one that we sign is good, or refused for what it says; and one that is good costs
/// what its lines cost, where all of them have prices.
pub fn snapshots(data: &[u8]) {
    let Ok(received) = serde_json::from_slice::<Received>(data) else { return };
    let Ok(snapshot) = Snapshot::deserialize_from(received.as_value()) else { return };
    let user = snapshot.user_id.user(&snapshot.cart_id);
    let (presenter, now) = (Presenter::customer(user), Timestamp::now());
    let as_it_came = verify(&FOREIGN, &received, &presenter, now);
    assert!(as_it_came.is_err(), "a signature of nobody is taken");

    let Ok(signed) = KEYS.sign(snapshot) else { return };
    let text = serde_json::to_string(&signed).expect("a snapshot is JSON");
    let received: Received = serde_json::from_str(&text).expect("what was written has one reading");
    let foreign = verify(&FOREIGN, &received, &presenter, now);
    assert!(matches!(foreign, Err(SnapshotRefusal::Signature | SnapshotRefusal::TooLarge)), "{foreign:?}");
    match verify(&KEYS, &received, &presenter, now) {
        Ok(verified) => {
            let snapshot = verified.snapshot();
            let amounts = snapshot.items.iter().map(|item| {
                item.unit_price_cents.map(|price| i128::from(price) * i128::from(item.quantity.get()))
            });
            let sum: Option<i128> = amounts.sum();
            assert_eq!(snapshot.totals.subtotal_cents.map(i128::from), sum, "the subtotal is not the sum");
            assert_eq!(verified.owner(), user, "it is somebody else's");
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
