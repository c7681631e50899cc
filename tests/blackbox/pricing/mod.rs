//! The settings that prices are computed by: shipping methods, tax rates, promotions.
//!
//! Settings are the merchant's, and there may be only so many. So each test makes its own, which no basket uses, and removes them at its end.

mod delete_promotion;
mod delete_shipping_method;
mod delete_tax_rate;
mod get_promotion;
mod get_shipping_method;
mod get_tax_rate;
mod list_promotions;
mod list_shipping_methods;
mod list_tax_rates;
mod put_promotion;
mod put_shipping_method;
mod put_tax_rate;
pub(crate) mod settings;
