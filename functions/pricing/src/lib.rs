//! The prices of baskets: shipping, promotions, taxes and totals, each with its derivation; and the settings that they are computed by.
//!
//! | module | contents |
//! |---|---|
//! | [`basket`] | the goods to price, and the settings to price them by |
//! | [`destination`] | countries, regions and postal codes |
//! | [`shipping`] | shipping methods: zones and rates |
//! | [`tax`] | tax rates, and the table of them |
//! | [`promotion`] | promotions: benefits and conditions |
//! | [`setting`], [`text`], [`permyriad`] | ids, versions, codes and percentages |
//! | `eligibility` | the promotions that apply, and the reasons for which others don't |
//! | `ledger` | applying promotions one after another |
//! | [`price`] | the price of a basket, and the choice among combinations of promotions |
//! | [`priced`] | a priced basket, as an order stores it |
//! | [`share`] | the part that is paid back for some of the units |
//! | `kinds` | the limits and the events of each kind of settings, and its rules among its like |
//! | [`store`], [`snapshot`] | the table of settings, and all of them at one version |
//! | [`uses`] | counters of promotions that have a limit |
//! | [`editor`] | creating, changing and removing settings |
//! | [`events`] | the events of settings |
//! | [`refusal`] | the reasons for which a basket has no price or a setting is not changed |
//! | [`view`] | prices in responses about carts and orders |
//! | `answer`, [`routes`] | a setting as it is returned, and one file for each route |
//!
//! The rules are pure: no I/O, no clock, no float. Only `store`, `snapshot`, `uses`, `editor` and `routes` do I/O.
//!
//! docs/pricing.md has the rules with worked examples, which a test reads.

mod arithmetic;
pub mod basket;
pub mod destination;
pub mod editor;
mod eligibility;
pub mod events;
mod kinds;
mod ledger;
pub mod permyriad;
pub mod price;
pub mod priced;
pub mod promotion;
pub mod refusal;
pub mod routes;
pub mod setting;
pub mod share;
pub mod shipping;
pub mod snapshot;
pub mod store;
pub mod tax;
pub mod text;
pub mod uses;
pub mod view;

#[cfg(test)]
mod testing;

pub use basket::{Basket, BasketLine, OfferedPromotion, Settings, ShippingNeed, Uses};
pub use destination::Destination;
pub use permyriad::Permyriad;
pub use price::{ShippingOption, price, shipping_options};
pub use priced::{Priced, PromotionOutcome, Step, Totals};
pub use promotion::{Promotion, PromotionDraft};
pub use refusal::{PricingRefusal, PromotionRefusal, RefusedCode};
pub use setting::Setting;
pub use share::{Portion, Share, share_of};
pub use shipping::{ShippingDraft, ShippingMethod};
pub use snapshot::{SettingsCache, Snapshot};
pub use tax::{TaxRate, TaxRateDraft, TaxTable};
pub use text::{PromotionCode, SettingId, TaxCategory};
pub use uses::{CountedPromotion, CustomerKey, PromotionUses, UseCounters, UsedUp};
