//! The events of settings, and the data of each: the id and the version, since consumers read the settings themselves.
//!
//! All settings are one aggregate, `pricing/settings`, whose sequence is their version.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`).

use kernel::events;
use schemars::JsonSchema;
use serde::Serialize;

use crate::text::SettingId;

/// The aggregate of all settings.
pub(crate) const AGGREGATE: &str = "pricing/settings";

events! {
    ShippingMethodChanged(ShippingMethodVersion): "pricing.shipping_method_changed", "a shipping method was created or changed";
    ShippingMethodRemoved(ShippingMethodVersion): "pricing.shipping_method_removed", "a shipping method was removed";
    TaxRateChanged(TaxRateVersion): "pricing.tax_rate_changed", "a tax rate was created or changed";
    TaxRateRemoved(TaxRateVersion): "pricing.tax_rate_removed", "a tax rate was removed";
    PromotionChanged(PromotionVersion): "pricing.promotion_changed", "a promotion was created or changed";
    PromotionRemoved(PromotionVersion): "pricing.promotion_removed", "a promotion was removed";
}

/// A shipping method was created, changed or removed. The aggregate is `pricing/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShippingMethodVersion {
    /// The id of the shipping method.
    #[schemars(with = "String")]
    pub shipping_method_id: SettingId,
    /// The version of all settings with this change.
    #[schemars(with = "i64", extend("minimum" = 1))]
    pub version: u64,
}

/// A tax rate was created, changed or removed. The aggregate is `pricing/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaxRateVersion {
    /// The id of the tax rate.
    #[schemars(with = "String")]
    pub tax_rate_id: SettingId,
    /// The version of all settings with this change.
    #[schemars(with = "i64", extend("minimum" = 1))]
    pub version: u64,
}

/// A promotion was created, changed or removed. The aggregate is `pricing/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromotionVersion {
    /// The id of the promotion.
    #[schemars(with = "String")]
    pub promotion_id: SettingId,
    /// The version of all settings with this change.
    #[schemars(with = "i64", extend("minimum" = 1))]
    pub version: u64,
}
