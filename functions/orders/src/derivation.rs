//! The derivation of an order's prices, as operators see it: each step with a sentence.

use kernel::{Currency, Sku, Timestamp};
use pricing::Step;
use pricing::priced::PromotionUse;
use serde::Serialize;

use crate::order_pricing::Pricing;

/// The derivation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Derivation {
    settings_version: u64,
    priced_at: Timestamp,
    lines: Vec<LineDerivation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shipping: Vec<Explained>,
    /// Every promotion that could apply, and whether it was used.
    promotions: Vec<PromotionUse>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LineDerivation {
    product_id: Sku,
    steps: Vec<Explained>,
}

#[derive(Debug, Serialize)]
struct Explained {
    #[serde(flatten)]
    step: Step,
    text: String,
}

impl Derivation {
    pub(crate) fn of(pricing: &Pricing) -> Self {
        let priced = &pricing.priced;
        let steps = |steps: &[Step]| steps.iter().map(|step| explained(step, priced.currency)).collect();
        let line = |line: &pricing::priced::PricedLine| LineDerivation {
            product_id: line.sku.clone(),
            steps: steps(&line.derivation),
        };
        Self {
            settings_version: pricing.settings_version,
            priced_at: priced.priced_at,
            lines: priced.lines.iter().map(line).collect(),
            shipping: priced
                .shipping
                .as_ref()
                .map(|shipping| steps(&shipping.derivation))
                .unwrap_or_default(),
            promotions: priced.promotions.clone(),
        }
    }
}

fn explained(step: &Step, currency: Currency) -> Explained {
    Explained { step: step.clone(), text: step.describe(currency) }
}
