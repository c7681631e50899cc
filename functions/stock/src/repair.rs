//! Correcting a stock row at an operator's request.

use kernel::{Kind, Problem, Sku};
use platform::dynamo::Write;
use platform::{InvocationContext, StaleRetry};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::allocation::StockLocation;
use crate::drift::{Figures, Finding, Sample, StockRowKey};
use crate::events::DriftRepaired;
use crate::recount::prove;
use crate::refusal::RepairRefusal;
use crate::stock_writer::StockWriter;
use crate::store::Outdated;
use crate::warehouse::Warehouse;

/// The number of times a repair starts over because stock of the row was sold in the meantime. Each round reads the whole table.
const MAX_ROUNDS: u32 = 3;

/// The row that an operator wants repaired.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    sku: Sku,
    warehouse: Warehouse,
    lane: u16,
    #[serde(default)]
    dry_run: bool,
}

/// A request to repair a row.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    spot: StockRowKey,
    dry_run: bool,
}

/// The result of a repair or a dry run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repair {
    sku: Sku,
    warehouse: Warehouse,
    lane: u16,
    before: Figures,
    after: Figures,
    /// True when the row was changed.
    repaired: bool,
}

impl Order {
    /// Reads `{"sku": ..., "warehouse": ..., "lane": ..., "dryRun": ...}`.
    pub fn read(input: Value) -> Result<Self, Problem> {
        let invalid = |reason: String| {
            Problem::new(Kind::Invalid, "invalid_input", format!("The input breaks a rule: {reason}."))
        };
        if !input.is_object() {
            return Err(invalid("it has to be an object".to_owned()));
        }
        let Input { sku, warehouse, lane, dry_run } =
            serde_json::from_value(input).map_err(|error| invalid(error.to_string()))?;
        Ok(Self { spot: StockRowKey { sku, place: StockLocation { warehouse, lane } }, dry_run })
    }
}

impl StockWriter {
    /// Recounts a row, and sets its reserved units to those that live reservations hold. Nothing is put on sale. The index does not decide it: a row
    /// that was lowered because the index missed a reservation would refuse that order's payment and its cancellation.
    pub async fn repair_drift(&self, call: &InvocationContext, order: &Order) -> Result<Repair, Problem> {
        let spot = &order.spot;
        let mut retry = StaleRetry::at_most(MAX_ROUNDS, "the row that was being repaired", call);
        loop {
            retry.begin().await?;
            let settled = prove(&self.stock, call, [spot.clone()]).await?;
            if let Some(right) = settled.right.get(spot) {
                if *right == NOTHING {
                    return Err(RepairRefusal::UnknownRow.into());
                }
                self.close(call, spot, right).await?;
                return Ok(Repair::of(spot, right, false));
            }
            let Some(wrong) = settled.wrong.get(spot) else { continue };
            if wrong.figures.changes == 0 {
                // With the row its position in the warehouse's history is gone, which a new row would begin again.
                return Err(RepairRefusal::RowMissing.into());
            }
            if order.dry_run {
                return Ok(Repair::of(spot, wrong, false));
            }
            let before = self.stock.finding(spot).await?;
            let mut writes: Vec<Write<Outdated>> = vec![self.stock.repair(spot, wrong)?];
            writes.extend(self.kept(
                call,
                spot,
                before.as_ref(),
                &Finding::new(spot, wrong),
                DriftRepaired,
            )?);
            if self.dynamo.commit(call, writes).await?.is_committed() {
                return Ok(Repair::of(spot, wrong, true));
            }
        }
    }
}

/// A sample of a row that does not exist, and of which no units are held.
const NOTHING: Sample = Sample { figures: Figures { available: 0, reserved: 0, changes: 0 }, expected: 0 };

impl Repair {
    fn of(spot: &StockRowKey, look: &Sample, repaired: bool) -> Self {
        Self {
            sku: spot.sku.clone(),
            warehouse: spot.place.warehouse.clone(),
            lane: spot.place.lane,
            before: look.figures,
            after: look.repaired(),
            repaired,
        }
    }
}
