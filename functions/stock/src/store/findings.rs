//! Rows that were found wrong, and the rows' numbers as a check reads them.

use kernel::{Problem, Timestamp};
use platform::dynamo::{Expression, Key, Write};
use serde::{Deserialize, Serialize};

use super::rows::{change, spot_of};
use super::{Outdated, Stock, place_key};
use crate::drift::{Figures, Finding, Sample, StockRowKey};

/// The partition of the index `Live` with the open findings.
pub(super) const FOUND_PARTITION: &str = "DRIFT";

/// A stored finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kept {
    /// The difference that was found.
    #[serde(flatten)]
    pub(crate) finding: Finding,
    /// The time of the finding.
    pub(crate) found_at: Timestamp,
    /// True while the row is still believed to be wrong.
    pub(crate) open: bool,
    /// The number of times this item was written.
    pub(crate) version: u64,
}

/// A finding's item, with its index keys.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(flatten)]
    kept: &'a Kept,
    live_shard: Option<&'static str>,
    live_key: Option<String>,
}

/// A row as a check reads it: missing and negative numbers are among the faults that it finds.
#[derive(Deserialize)]
struct Seen {
    #[serde(rename = "PK")]
    partition: String,
    #[serde(rename = "SK")]
    sort: String,
    #[serde(default)]
    available: i64,
    #[serde(default)]
    reserved: i64,
    #[serde(default)]
    changes: u64,
}

impl Stock {
    /// The numbers of the rows under `keys` that exist.
    pub(crate) async fn figures(&self, keys: &[Key]) -> Result<Vec<(StockRowKey, Figures)>, Problem> {
        let seen: Vec<Seen> = self.table.get_many(keys).await?;
        let figures = |row: Seen| {
            let spot = spot_of(&row.partition, &row.sort)?;
            let Seen { available, reserved, changes, .. } = row;
            Some((spot, Figures { available, reserved, changes }))
        };
        Ok(seen.into_iter().filter_map(figures).collect())
    }

    /// The latest finding at `spot`, open or closed.
    pub(crate) async fn finding(&self, spot: &StockRowKey) -> Result<Option<Kept>, Problem> {
        self.table.get(&found_key(spot)).await
    }

    /// Writes `kept`, provided that the one before it is unchanged: of the preceding version, or none.
    pub(crate) fn save_finding(&self, spot: &StockRowKey, kept: &Kept) -> Result<Write<Outdated>, Problem> {
        let key = found_key(spot);
        let written = Written {
            kept,
            live_shard: kept.open.then_some(FOUND_PARTITION),
            live_key: kept.open.then(|| format!("{}#{}", kept.found_at, key.pk)),
        };
        match kept.version.saturating_sub(1) {
            0 => self.table.put_new(&key, &written, Outdated),
            before => {
                let unchanged = Expression::condition("version = :before").value(":before", before)?;
                self.table.put_when(&key, &written, unchanged, Outdated)
            }
        }
    }

    /// The condition that the row at `spot` is as it was when `look` was taken.
    pub(crate) fn as_seen(&self, spot: &StockRowKey, look: &Sample) -> Result<Write<Outdated>, Problem> {
        let condition = match look.figures.changes {
            // Every write to a row raises the count, so there is no row, or one that other code wrote.
            0 => Expression::condition("attribute_not_exists(changes)"),
            _ => unchanged(Expression::default(), look)?,
        };
        self.table.check(&place_key(&spot.sku, &spot.place), condition, Outdated)
    }

    /// Gives the row at `spot` the numbers of the repair, provided that it is as it was when `look` was taken.
    pub(crate) fn repair(&self, spot: &StockRowKey, look: &Sample) -> Result<Write<Outdated>, Problem> {
        let repaired = look.repaired();
        let update = change("available = :available, reserved = :reserved")
            .value(":available", repaired.available)?
            .value(":reserved", repaired.reserved)?;
        self.table.update(&place_key(&spot.sku, &spot.place), unchanged(update, look)?, Outdated)
    }
}

/// Makes `expression` hold for a row that is as it was when `look` was taken. Its numbers are compared, too: a write by other code does not raise
/// the count.
fn unchanged(expression: Expression, look: &Sample) -> Result<Expression, Problem> {
    expression
        .when("changes = :seen AND available = :availableSeen AND reserved = :reservedSeen")
        .value(":seen", look.figures.changes)?
        .value(":availableSeen", look.figures.available)?
        .value(":reservedSeen", look.figures.reserved)
}

fn found_key(spot: &StockRowKey) -> Key {
    let row = place_key(&spot.sku, &spot.place);
    Key::new(row.pk, row.sk.replacen("LOC#", "DRIFT#", 1))
}

/// The row that the finding with this key is of.
pub(super) fn found_spot(partition: &str, sort: &str) -> Option<StockRowKey> {
    spot_of(partition, &sort.replacen("DRIFT#", "LOC#", 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocation::StockLocation;

    #[test]
    fn keys_are_what_they_were_and_lead_back() {
        let place = StockLocation { warehouse: "msk-1".parse().unwrap(), lane: 7 };
        let spot = StockRowKey { sku: "A-1".parse().unwrap(), place };
        let key = found_key(&spot);
        assert_eq!(key, Key::new("SKU#A-1", "DRIFT#msk-1#007"));
        assert_eq!(found_spot(&key.pk, &key.sk), Some(spot));
        assert_eq!(found_spot("SKU#A-1", "HEAD"), None);
    }
}
