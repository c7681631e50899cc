//! A stored setting: what an operator entered, with its id and version.

use kernel::{NewEvent, Problem};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::text::SettingId;

/// A shipping method, a tax rate or a promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting<T> {
    pub id: SettingId,
    /// The version that all settings got with its last change. Orders store it beside the id. It never repeats, also when the setting is removed
    /// and created again.
    pub version: u64,
    /// The members that an operator sets; every rule about them has been checked.
    pub terms: T,
}

impl<T> Setting<T> {
    /// The entity tag.
    pub fn tag(&self) -> String {
        format!("\"{}\"", self.version)
    }
}

/// The terms of one of the three kinds of settings.
pub trait Terms: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The terms as they stand in a request body, not yet checked.
    type Draft: DeserializeOwned;
    /// The noun for one setting of the kind.
    const NOUN: &'static str;
    /// The most settings of the kind.
    const LIMIT: usize;
    /// The beginning of the settings' sort keys.
    const PREFIX: &'static str;
    /// The name of their list in its cursors.
    const LIST: &'static str;

    /// Checks a body, and names every member at fault.
    fn parse(draft: Self::Draft) -> Result<Self, Problem>;

    /// Checks a setting against all others of its kind, before it is stored.
    fn check(setting: &Setting<Self>, others: Vec<Setting<Self>>) -> Result<(), Problem>;

    /// The event of the creation or the change of a setting.
    fn changed(id: &SettingId, version: u64) -> Result<NewEvent, Problem>;

    /// The event of the removal of a setting.
    fn removed(id: &SettingId, version: u64) -> Result<NewEvent, Problem>;
}
