//! The pricing table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | a shipping method | `SETTINGS` / `SHIPPING#<id>` | see [`Setting`] |
//! | a tax rate | `SETTINGS` / `TAX#<id>` | the same |
//! | a promotion | `SETTINGS` / `PROMOTION#<id>` | the same |
//! | the head: the version of all settings | `SETTINGS` / `HEAD` | `version` |
//!
//! Every change puts the head at the next version, provided that it has the version from before the other settings were read. So the limits, the
//! rules among tax rates and the uniqueness of codes hold under any race, without an item for each of them. Settings are few and change
//! seldom: one partition lets each kind be read, consistently, with one query.

use futures_util::future::try_join3;
use kernel::Problem;
use platform::dynamo::{Expression, Key, Rows, Table, Write};
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::{Deserialize, Serialize};

use crate::setting::{Setting, Terms};
use crate::snapshot::Snapshot;
use crate::tax::TaxTable;
use crate::text::SettingId;

/// The partition of all settings.
const PARTITION: &str = "SETTINGS";

/// Another request changed a setting since the head was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsChanged;

/// The pricing table.
#[derive(Clone)]
pub struct SettingsStore {
    table: Table,
}

/// The head.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Head {
    version: u64,
}

impl SettingsStore {
    /// The table named by `PRICING_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("PRICING_TABLE").await? })
    }

    /// The version of all settings: the number of their changes.
    pub async fn version(&self) -> Result<u64, Problem> {
        let head: Option<Head> = self.table.get(&head_key()).await?;
        Ok(head.map_or(0, |head| head.version))
    }

    /// The setting with this id.
    pub async fn get<T: Terms>(&self, id: &SettingId) -> Result<Option<Setting<T>>, Problem> {
        self.table.get(&key::<T>(id)).await
    }

    /// All settings of a kind, by id.
    pub async fn all<T: Terms>(&self) -> Result<Vec<Setting<T>>, Problem> {
        let (mut settings, mut start) = (Vec::new(), None);
        loop {
            let query = self.table.query(PARTITION).begins_with("SK", T::PREFIX).start_after(start);
            let page: Rows<Setting<T>> = query.rows().await?;
            settings.extend(page.items);
            start = page.next;
            if start.is_none() {
                return Ok(settings);
            }
        }
    }

    /// All settings as they were at one version.
    pub async fn snapshot(&self, call: &InvocationContext) -> Result<Snapshot, Problem> {
        let mut retry = StaleRetry::of("the settings", call);
        loop {
            retry.begin().await?;
            let version = self.version().await?;
            let (shipping_methods, rates, promotions) =
                Box::pin(try_join3(self.all(), self.all(), self.all())).await?;
            if self.version().await? == version {
                let tax_table = TaxTable::stored(rates)?;
                return Ok(Snapshot { version, shipping_methods, tax_table, promotions });
            }
        }
    }

    /// Puts the head at `version`, provided that it has the one before.
    pub(crate) fn advance(&self, version: u64) -> Result<Write<SettingsChanged>, Problem> {
        let head = Head { version };
        if version == 1 {
            return self.table.put_new(&head_key(), &head, SettingsChanged);
        }
        self.table.put_when(&head_key(), &head, is_at(version - 1)?, SettingsChanged)
    }

    /// Puts `next` in the place of `before`.
    pub(crate) fn save<T: Terms>(
        &self,
        before: Option<&Setting<T>>,
        next: &Setting<T>,
    ) -> Result<Write<SettingsChanged>, Problem> {
        let key = key::<T>(&next.id);
        match before {
            None => self.table.put_new(&key, next, SettingsChanged),
            Some(before) => self.table.put_when(&key, next, is_at(before.version)?, SettingsChanged),
        }
    }

    /// Removes a setting.
    pub(crate) fn remove<T: Terms>(&self, setting: &Setting<T>) -> Result<Write<SettingsChanged>, Problem> {
        self.table.delete(&key::<T>(&setting.id), is_at(setting.version)?, SettingsChanged)
    }
}

/// Holds for an item at this version.
fn is_at(version: u64) -> Result<Expression, Problem> {
    Expression::condition("version = :before").value(":before", version)
}

fn head_key() -> Key {
    Key::new(PARTITION, "HEAD")
}

fn key<T: Terms>(id: &SettingId) -> Key {
    Key::new(PARTITION, format!("{}{id}", T::PREFIX))
}

#[cfg(test)]
mod tests {
    use platform::dynamo::Item;
    use serde_json::json;

    use super::*;
    use crate::promotion::PromotionTerms;
    use crate::shipping::{ShippingMethod, ShippingTerms};
    use crate::tax::TaxTerms;
    use crate::testing::{method, parcel, promotion, tax_rate};

    #[test]
    fn keys_are_what_they_were() {
        let id: SettingId = "courier-ru".parse().unwrap();
        assert_eq!(head_key(), Key::new("SETTINGS", "HEAD"));
        assert_eq!(key::<ShippingTerms>(&id), Key::new("SETTINGS", "SHIPPING#courier-ru"));
        assert_eq!(key::<TaxTerms>(&id), Key::new("SETTINGS", "TAX#courier-ru"));
        assert_eq!(key::<PromotionTerms>(&id), Key::new("SETTINGS", "PROMOTION#courier-ru"));
    }

    fn assert_kept<T: Terms + std::fmt::Debug>(setting: &Setting<T>) {
        let item: Item = serde_dynamo::to_item(setting).unwrap();
        let back: Setting<T> = platform::dynamo::read(item).unwrap();
        assert_eq!(back, *setting);
    }

    #[test]
    fn a_setting_is_read_as_it_was_stored() {
        let parcel: ShippingMethod = method("parcel", parcel());
        assert_kept(&parcel);
        let rate = json!({"country": "US", "region": "CA", "taxCategory": "books", "rate": 725, "includedInPrices": false});
        assert_kept(&tax_rate("us-ca-books", rate));
        let conditions = json!({"minSubtotal": 5_000, "categories": ["Книги"], "firstOrder": true});
        let draft = json!({
            "code": "spring", "kind": "amount", "value": 500, "currency": "EUR", "conditions": conditions,
            "startsAt": "2026-03-01T00:00:00Z", "usageLimit": 7, "stackable": true,
        });
        assert_kept(&promotion("spring", draft));
    }
}
