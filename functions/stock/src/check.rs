//! Recounting reserved units against the live reservations. It repairs nothing.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{EventData, NewEvent, Problem};
use platform::InvocationContext;
use platform::dynamo::Write;
use platform::metrics::Metrics;
use serde::Serialize;

use crate::drift::{Finding, Held, Sample, StockRowKey};
use crate::events::{Drift, DriftFound, DriftGone};
use crate::recount::{Settled, look, prove, settle};
use crate::stock_writer::StockWriter;
use crate::store::Outdated;
use crate::store::findings::Kept;
use crate::store::heads::spots;

/// SKUs whose rows are read at a time.
const SKUS_PER_PAGE: u32 = 100;
/// The most differences that the result lists; all of them are counted and journalled.
const MAX_LISTED: usize = 100;

/// The result of a check.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// SKUs that were checked.
    skus: u64,
    /// Rows that were checked.
    rows: u64,
    /// Live reservations that were counted.
    reservations: u64,
    /// Units that they hold.
    units_held: u64,
    /// Rows that are wrong.
    drifted: u64,
    /// Rows that looked wrong and changed at every sample.
    unsettled: u64,
    /// Differences that were not known before, or were others.
    found: u64,
    /// Differences that are gone.
    closed: u64,
    /// The differences.
    differences: Vec<Finding>,
}

impl StockWriter {
    /// Checks every row, reports the number of wrong rows to `metrics`, and journals new findings.
    pub async fn check_drift(&self, call: &InvocationContext, metrics: &Metrics) -> Result<Report, Problem> {
        let known: BTreeSet<StockRowKey> = self.stock.found_wrong().await?.into_iter().collect();
        let mut report = Report::default();
        let suspects = self.suspects(&known, &mut report).await?;
        let mut settled = settle(&self.stock, call, suspects).await?;
        self.acquit(call, &mut settled).await;
        report.drifted = settled.wrong.len() as u64;
        report.unsettled = settled.unsettled.len() as u64;
        // Before any finding is written: the alarm is raised even when a write fails.
        metrics.count(&[
            ("StockDrift", report.drifted),
            ("StockDriftUnsettled", report.unsettled),
            ("UnitsHeldUnpaid", report.units_held),
        ]);
        self.write_down(call, settled, &mut report).await?;
        Ok(report)
    }

    /// Moves rows that only a lagging index made look wrong to those that are right. A row that could not be proven right stays suspect: its alarm is
    /// raised, and a repair proves it again.
    async fn acquit(&self, call: &InvocationContext, settled: &mut Settled) {
        if settled.wrong.is_empty() {
            return;
        }
        match prove(&self.stock, call, settled.wrong.keys().cloned()).await {
            Ok(proven) => {
                for (spot, look) in proven.right {
                    settled.wrong.remove(&spot);
                    settled.right.insert(spot, look);
                }
                settled.wrong.extend(proven.wrong);
            }
            Err(problem) => {
                tracing::warn!(%problem, "rows that look wrong could not be compared with the table itself");
            }
        }
    }

    /// Takes one sample of every row, page by page; returns the rows that look wrong, and those that were found wrong before.
    async fn suspects(
        &self,
        known: &BTreeSet<StockRowKey>,
        report: &mut Report,
    ) -> Result<BTreeMap<StockRowKey, Sample>, Problem> {
        let held = self.stock.held().await?;
        (report.reservations, report.units_held) = (held.reservations(), held.units());
        // Rows that no header names may hold units or have been found wrong, too.
        let mut unlisted: BTreeSet<StockRowKey> = held.spots().chain(known).cloned().collect();
        let mut suspects = BTreeMap::new();
        let mut last = None;
        loop {
            let page = self.stock.listed(last.as_ref(), SKUS_PER_PAGE).await?;
            report.skus += page.items.len() as u64;
            let listed: Vec<StockRowKey> =
                page.items.iter().flat_map(|head| spots(&head.sku, &head.places)).collect();
            for spot in &listed {
                unlisted.remove(spot);
            }
            self.inspect(&held, listed, known, report, &mut suspects).await?;
            last = page.items.into_iter().last().map(|head| head.sku);
            if page.next.is_none() {
                break;
            }
        }
        self.inspect(&held, unlisted, known, report, &mut suspects).await?;
        Ok(suspects)
    }

    async fn inspect(
        &self,
        held: &Held,
        spots: impl IntoIterator<Item = StockRowKey>,
        known: &BTreeSet<StockRowKey>,
        report: &mut Report,
        suspects: &mut BTreeMap<StockRowKey, Sample>,
    ) -> Result<(), Problem> {
        let looks = look(&self.stock, held, spots).await?;
        report.rows += looks.len() as u64;
        suspects.extend(looks.into_iter().filter(|(spot, look)| look.differs() || known.contains(spot)));
        Ok(())
    }

    /// Journals differences that are new and differences that are gone.
    async fn write_down(
        &self,
        call: &InvocationContext,
        settled: Settled,
        report: &mut Report,
    ) -> Result<(), Problem> {
        for (spot, look) in &settled.wrong {
            let finding = Finding::new(spot, look);
            let before = self.stock.finding(spot).await?;
            let known = |kept: &Kept| kept.open && kept.finding.tells_the_same_as(&finding);
            if !before.as_ref().is_some_and(known) {
                let mut writes = self.kept(call, spot, before.as_ref(), &finding, DriftFound)?;
                writes.push(self.stock.as_seen(spot, look)?);
                report.found += u64::from(self.dynamo.commit(call, writes).await?.is_committed());
            }
            if report.differences.len() < MAX_LISTED {
                report.differences.push(finding);
            }
        }
        for (spot, look) in &settled.right {
            report.closed += u64::from(self.close(call, spot, look).await?);
        }
        Ok(())
    }

    /// Records that the row at `spot`, which `look` sampled, is right again; returns true when it was recorded as wrong before.
    pub(crate) async fn close(
        &self,
        call: &InvocationContext,
        spot: &StockRowKey,
        look: &Sample,
    ) -> Result<bool, Problem> {
        let Some(kept) = self.stock.finding(spot).await?.filter(|kept| kept.open) else { return Ok(false) };
        let mut writes = self.kept(call, spot, Some(&kept), &kept.finding, DriftGone)?;
        writes.push(self.stock.as_seen(spot, look)?);
        Ok(self.dynamo.commit(call, writes).await?.is_committed())
    }

    /// The writes that keep and journal `finding` after the one `before`. It stays open only when it was found.
    pub(crate) fn kept<E: EventData>(
        &self,
        call: &InvocationContext,
        spot: &StockRowKey,
        before: Option<&Kept>,
        finding: &Finding,
        event: fn(Drift) -> E,
    ) -> Result<Vec<Write<Outdated>>, Problem> {
        let version = before.map_or(0, |kept| kept.version) + 1;
        let aggregate = format!("drift/{}/{}/{}", finding.sku, finding.warehouse, finding.lane);
        let event = NewEvent::new(aggregate, version, &event(finding.into()))?;
        let open = E::NAME == DriftFound::NAME;
        let kept = Kept { finding: finding.clone(), found_at: call.now, open, version };
        Ok(vec![self.stock.save_finding(spot, &kept)?, self.journal.append(call, event)?.map(|_| Outdated)])
    }
}
