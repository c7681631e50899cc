//! Creating, changing and removing settings. Each is one transaction with its journal row.

use kernel::{NewEvent, Problem};
use platform::dynamo::{Dynamo, Write};
use platform::http::Precondition;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::refusal::SettingRefusal;
use crate::setting::{Setting, Terms};
use crate::store::{SettingsChanged, SettingsStore};
use crate::text::SettingId;

/// A setting that was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put<T> {
    pub setting: Setting<T>,
    /// True when there was none with this id.
    pub is_new: bool,
}

/// Everything that a change of a setting takes.
#[derive(Clone)]
pub struct SettingsEditor {
    dynamo: Dynamo,
    store: SettingsStore,
    journal: Journal,
}

impl SettingsEditor {
    /// Works on the tables named by `PRICING_TABLE` and `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let store = SettingsStore::connect(init).await?;
        Ok(Self { dynamo: init.dynamo(), store, journal: Journal::connect(init).await? })
    }

    /// Sets the setting `id` to `terms`, whether it existed before or not, and journals the change if there is one.
    ///
    /// 412 `etag_mismatch` when the setting is not the one that `expected` names, 409 `too_many_settings` when the kind is at its limit, and
    /// 422 `invalid_input` when the terms contradict another setting.
    pub async fn put<T: Terms>(
        &self,
        call: &InvocationContext,
        id: &SettingId,
        terms: &T,
        expected: &Precondition,
    ) -> Result<Put<T>, Problem> {
        let mut retry = StaleRetry::of("the settings", call);
        loop {
            retry.begin().await?;
            let version = self.store.version().await? + 1;
            let (same, others): (Vec<_>, Vec<_>) =
                self.store.all::<T>().await?.into_iter().partition(|other| other.id == *id);
            let current = same.into_iter().next();
            check(expected, current.as_ref())?;
            if let Some(current) = current.as_ref().filter(|current| current.terms == *terms) {
                return Ok(Put { setting: current.clone(), is_new: false });
            }
            if others.len() >= T::LIMIT {
                return Err(SettingRefusal::TooMany { noun: T::NOUN, limit: T::LIMIT }.into());
            }
            let setting = Setting { id: id.clone(), version, terms: terms.clone() };
            T::check(&setting, others)?;
            let write = self.store.save(current.as_ref(), &setting)?;
            if self.commit(call, version, write, T::changed(id, version)?).await? {
                return Ok(Put { setting, is_new: current.is_none() });
            }
        }
    }

    /// Removes the setting `id`.
    ///
    /// 404 when there is none, and 412 `etag_mismatch` when it is not the one that `expected` names.
    pub async fn remove<T: Terms>(
        &self,
        call: &InvocationContext,
        id: &SettingId,
        expected: &Precondition,
    ) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the settings", call);
        loop {
            retry.begin().await?;
            let version = self.store.version().await? + 1;
            let Some(current) = self.store.get::<T>(id).await? else {
                return Err(SettingRefusal::NotFound { noun: T::NOUN }.into());
            };
            check(expected, Some(&current))?;
            let write = self.store.remove(&current)?;
            if self.commit(call, version, write, T::removed(id, version)?).await? {
                return Ok(());
            }
        }
    }

    /// Makes a change that takes all settings to `version`, with its event; false when another change was faster.
    async fn commit(
        &self,
        call: &InvocationContext,
        version: u64,
        write: Write<SettingsChanged>,
        event: NewEvent,
    ) -> Result<bool, Problem> {
        let journaled = self.journal.append(call, event)?.map(|_| SettingsChanged);
        let writes = vec![self.store.advance(version)?, write, journaled];
        Ok(self.dynamo.commit(call, writes).await?.is_committed())
    }
}

/// Refuses a setting that is not the one that `expected` names.
fn check<T: Terms>(expected: &Precondition, current: Option<&Setting<T>>) -> Result<(), Problem> {
    let current = current.map(Setting::tag);
    expected.check_version(T::NOUN, current.as_deref(), |tag| current.as_deref() == Some(tag))
}
