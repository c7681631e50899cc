//! The derivation of an order's prices, as the order keeps it.

use pricing::{Priced, PromotionUses};
use serde::{Deserialize, Serialize};

/// The prices of an order with shipping, taxes or discounts. Nothing of it is computed again from later settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pricing {
    /// The version of all settings that the order was priced by.
    pub settings_version: u64,
    /// The prices, line by line in the order of the order's lines.
    pub priced: Priced,
    /// The promotions whose uses are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<PromotionUses>,
}

impl Pricing {
    /// True when the total would be another one at another destination: with shipping, or with a tax that is added to the prices.
    pub fn depends_on_destination(&self) -> bool {
        let priced = &self.priced;
        priced.shipping.is_some() || (!priced.tax_included && priced.totals.tax != 0)
    }

    /// `None` for prices that are those of the goods alone: an order without shipping, taxes and promotions keeps none.
    pub fn of(settings_version: u64, priced: Priced, uses: Option<PromotionUses>) -> Option<Self> {
        let totals = priced.totals;
        let is_plain = totals.tax == 0 && priced.shipping.is_none() && priced.promotions.is_empty();
        (!is_plain).then_some(Self { settings_version, priced, uses })
    }
}
