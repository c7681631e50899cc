//! The three kinds of settings, each with its limit, its rules among its like, and its events.

use kernel::{NewEvent, Problem};

use crate::basket::{MAX_PROMOTIONS, MAX_SHIPPING_METHODS};
use crate::events::{
    AGGREGATE, PromotionChanged, PromotionRemoved, PromotionVersion, ShippingMethodChanged,
    ShippingMethodRemoved, ShippingMethodVersion, TaxRateChanged, TaxRateRemoved, TaxRateVersion,
};
use crate::promotion::{Promotion, PromotionDraft, PromotionTerms};
use crate::setting::{Setting, Terms};
use crate::shipping::{ShippingDraft, ShippingTerms};
use crate::tax::{MAX_TAX_RATES, TaxRateDraft, TaxTable, TaxTerms};
use crate::text::SettingId;

impl Terms for ShippingTerms {
    type Draft = ShippingDraft;
    const NOUN: &'static str = "shipping method";
    const LIMIT: usize = MAX_SHIPPING_METHODS;
    const PREFIX: &'static str = "SHIPPING#";
    const LIST: &'static str = "admin/shipping-methods";

    fn parse(draft: ShippingDraft) -> Result<Self, Problem> {
        draft.try_into()
    }

    fn check(_: &Setting<Self>, _: Vec<Setting<Self>>) -> Result<(), Problem> {
        Ok(())
    }

    fn changed(id: &SettingId, version: u64) -> Result<NewEvent, Problem> {
        let changed = ShippingMethodVersion { shipping_method_id: id.clone(), version };
        NewEvent::new(AGGREGATE, version, &ShippingMethodChanged(changed))
    }

    fn removed(id: &SettingId, version: u64) -> Result<NewEvent, Problem> {
        let removed = ShippingMethodVersion { shipping_method_id: id.clone(), version };
        NewEvent::new(AGGREGATE, version, &ShippingMethodRemoved(removed))
    }
}

impl Terms for TaxTerms {
    type Draft = TaxRateDraft;
    const NOUN: &'static str = "tax rate";
    const LIMIT: usize = MAX_TAX_RATES;
    const PREFIX: &'static str = "TAX#";
    const LIST: &'static str = "admin/tax-rates";

    fn parse(draft: TaxRateDraft) -> Result<Self, Problem> {
        draft.try_into()
    }

    fn check(setting: &Setting<Self>, others: Vec<Setting<Self>>) -> Result<(), Problem> {
        TaxTable::stored(others)?.check(setting)
    }

    fn changed(id: &SettingId, version: u64) -> Result<NewEvent, Problem> {
        let changed = TaxRateVersion { tax_rate_id: id.clone(), version };
        NewEvent::new(AGGREGATE, version, &TaxRateChanged(changed))
    }

    fn removed(id: &SettingId, version: u64) -> Result<NewEvent, Problem> {
        let removed = TaxRateVersion { tax_rate_id: id.clone(), version };
        NewEvent::new(AGGREGATE, version, &TaxRateRemoved(removed))
    }
}

impl Terms for PromotionTerms {
    type Draft = PromotionDraft;
    const NOUN: &'static str = "promotion";
    const LIMIT: usize = MAX_PROMOTIONS;
    const PREFIX: &'static str = "PROMOTION#";
    const LIST: &'static str = "admin/promotions";

    fn parse(draft: PromotionDraft) -> Result<Self, Problem> {
        draft.try_into()
    }

    /// A code is of one promotion.
    fn check(setting: &Setting<Self>, others: Vec<Setting<Self>>) -> Result<(), Problem> {
        let has_code = |other: &Promotion| other.terms.code == setting.terms.code;
        match others.into_iter().find(has_code).filter(|_| setting.terms.code.is_some()) {
            Some(other) => {
                let detail = format!("is the code of the promotion {}; choose another", other.id);
                Err(Problem::invalid("/code", detail))
            }
            None => Ok(()),
        }
    }

    fn changed(id: &SettingId, version: u64) -> Result<NewEvent, Problem> {
        let changed = PromotionVersion { promotion_id: id.clone(), version };
        NewEvent::new(AGGREGATE, version, &PromotionChanged(changed))
    }

    fn removed(id: &SettingId, version: u64) -> Result<NewEvent, Problem> {
        let removed = PromotionVersion { promotion_id: id.clone(), version };
        NewEvent::new(AGGREGATE, version, &PromotionRemoved(removed))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{promotion, tax_rate};

    #[test]
    fn a_code_is_of_one_promotion() {
        let with_code =
            |id, code: &str| promotion(id, json!({"kind": "percentage", "value": 1_000, "code": code}));
        let automatic = |id| promotion(id, json!({"kind": "percentage", "value": 1_000}));
        let spring = with_code("a", "SPRING");
        let refused = PromotionTerms::check(&with_code("b", " spring"), vec![spring.clone()]).unwrap_err();
        assert_eq!(refused.errors[0].pointer, "/code");
        assert_eq!(refused.errors[0].detail, "is the code of the promotion a; choose another");
        assert_eq!(PromotionTerms::check(&with_code("b", "AUTUMN"), vec![spring]), Ok(()));
        assert_eq!(PromotionTerms::check(&automatic("b"), vec![automatic("a")]), Ok(()));
    }

    #[test]
    fn a_rate_is_checked_against_the_others() {
        let rate = |id, included: bool| {
            tax_rate(
                id,
                json!({"country": "DE", "taxCategory": id, "rate": 700, "includedInPrices": included}),
            )
        };
        assert_eq!(TaxTerms::check(&rate("books", true), vec![rate("standard", true)]), Ok(()));
        let refused = TaxTerms::check(&rate("books", false), vec![rate("standard", true)]).unwrap_err();
        assert_eq!(refused.errors[0].pointer, "/includedInPrices");
    }
}
