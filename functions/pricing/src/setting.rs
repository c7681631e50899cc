//! A stored setting: what an operator entered, with its id and version.

use serde::{Deserialize, Serialize};

use crate::text::SettingId;

/// A shipping method, a tax rate or a promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting<T> {
    pub id: SettingId,
    /// The number of its changes, its creation included. Orders store it beside the id.
    pub version: u64,
    /// The members that an operator sets; every rule about them has been checked.
    pub terms: T,
}
