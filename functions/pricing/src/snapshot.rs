//! All settings at one version, kept in the process for a while.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Problem, Timestamp};
use platform::{Init, InitError, InvocationContext};
use tokio::sync::Mutex;

use crate::basket::{OfferedPromotion, Settings, Uses};
use crate::promotion::Promotion;
use crate::shipping::ShippingMethod;
use crate::store::SettingsStore;
use crate::tax::TaxTable;
use crate::text::{PromotionCode, SettingId};

/// The age up to which a process prices by the settings that it read, unless `SETTINGS_AGE_SECONDS` says another: a changed setting is used everywhere
/// after this time.
pub const MAX_SETTINGS_AGE: Duration = Duration::from_mins(1);

/// All settings at one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The version of all settings: orders record it as their `settingsVersion`.
    pub version: u64,
    pub shipping_methods: Vec<ShippingMethod>,
    pub tax_table: TaxTable,
    pub promotions: Vec<Promotion>,
}

impl Snapshot {
    /// True when the price of a basket with these codes may depend on whether it is the customer's first order.
    pub fn asks_for_first_order(&self, codes: &[String]) -> bool {
        let named: Vec<PromotionCode> = codes.iter().filter_map(|code| code.parse().ok()).collect();
        let may_apply =
            |promotion: &&Promotion| promotion.terms.code.as_ref().is_none_or(|code| named.contains(code));
        self.promotions.iter().filter(may_apply).any(|promotion| promotion.terms.conditions.first_order)
    }

    /// The settings to price a basket by; `uses` returns the uses of each promotion so far.
    pub fn settings(&self, uses: impl Fn(&SettingId) -> Uses) -> Result<Settings, Problem> {
        let offered = |promotion: &Promotion| OfferedPromotion {
            uses: uses(&promotion.id),
            promotion: promotion.clone(),
        };
        let promotions = self.promotions.iter().map(offered).collect();
        Settings::new(self.shipping_methods.clone(), self.tax_table.clone(), promotions)
    }
}

/// The settings of this process.
pub struct SettingsCache {
    store: SettingsStore,
    max_age: Duration,
    last: Mutex<Option<(Timestamp, Arc<Snapshot>)>>,
}

impl SettingsCache {
    /// Reads the table named by `PRICING_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let seconds = init.optional("SETTINGS_AGE_SECONDS", MAX_SETTINGS_AGE.as_secs())?;
        let max_age = Duration::from_secs(seconds);
        Ok(Self { store: SettingsStore::connect(init).await?, max_age, last: Mutex::new(None) })
    }

    /// The settings, not older than allowed at the time of `call`.
    pub async fn current(&self, call: &InvocationContext) -> Result<Arc<Snapshot>, Problem> {
        let mut last = self.last.lock().await;
        if let Some((read, snapshot)) = last.as_ref()
            && call.now < read.plus(self.max_age)
        {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Arc::new(self.store.snapshot(call).await?);
        *last = Some((call.now, Arc::clone(&snapshot)));
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{method, parcel, promotion};

    #[test]
    fn promotions_are_offered_with_their_uses() {
        let percent = |id| promotion(id, json!({"kind": "percentage", "value": 1_000}));
        let snapshot = Snapshot {
            version: 7,
            shipping_methods: vec![method("parcel", parcel())],
            tax_table: TaxTable::default(),
            promotions: vec![percent("a"), percent("b")],
        };
        let used = Uses { total: 3, by_customer: 1 };
        let uses = |id: &SettingId| if id.as_str() == "b" { used } else { Uses::default() };
        let settings = snapshot.settings(uses).unwrap();
        let offered: Vec<Uses> = settings.promotions().iter().map(|offered| offered.uses).collect();
        assert_eq!(offered, [Uses::default(), used]);
        assert_eq!(settings.shipping_methods(), snapshot.shipping_methods);
    }
}
