//! The routes of the settings, one file for each.

mod answer;
pub mod delete_promotion;
pub mod delete_shipping_method;
pub mod delete_tax_rate;
pub mod get_promotion;
pub mod get_shipping_method;
pub mod get_tax_rate;
pub mod list_promotions;
pub mod list_shipping_methods;
pub mod list_tax_rates;
pub mod put_promotion;
pub mod put_shipping_method;
pub mod put_tax_rate;
mod settings;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("delete-promotion", |init| Box::pin(delete_promotion::init(init))),
    Function::http("delete-shipping-method", |init| Box::pin(delete_shipping_method::init(init))),
    Function::http("delete-tax-rate", |init| Box::pin(delete_tax_rate::init(init))),
    Function::http("get-promotion", |init| Box::pin(get_promotion::init(init))),
    Function::http("get-shipping-method", |init| Box::pin(get_shipping_method::init(init))),
    Function::http("get-tax-rate", |init| Box::pin(get_tax_rate::init(init))),
    Function::http("list-promotions", |init| Box::pin(list_promotions::init(init))),
    Function::http("list-shipping-methods", |init| Box::pin(list_shipping_methods::init(init))),
    Function::http("list-tax-rates", |init| Box::pin(list_tax_rates::init(init))),
    Function::http("put-promotion", |init| Box::pin(put_promotion::init(init))),
    Function::http("put-shipping-method", |init| Box::pin(put_shipping_method::init(init))),
    Function::http("put-tax-rate", |init| Box::pin(put_tax_rate::init(init))),
];
