//! The routes, one file for each.

pub mod loms_add_cart_item;
pub mod loms_cancel_order;
pub mod loms_checkout;
pub mod loms_clear_cart;
pub mod loms_create_order;
pub mod loms_delete_cart_item;
pub mod loms_get_cart;
pub mod loms_get_order;
pub mod loms_get_product;
pub mod loms_get_stock;
pub mod loms_list_skus;
pub mod loms_pay_order;

use kernel::Problem;
use platform::function::Function;
use platform::http::Response;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("loms-add-cart-item", |init| Box::pin(loms_add_cart_item::init(init))),
    Function::http("loms-cancel-order", |init| Box::pin(loms_cancel_order::init(init))),
    Function::http("loms-checkout", |init| Box::pin(loms_checkout::init(init))),
    Function::http("loms-clear-cart", |init| Box::pin(loms_clear_cart::init(init))),
    Function::http("loms-create-order", |init| Box::pin(loms_create_order::init(init))),
    Function::http("loms-delete-cart-item", |init| Box::pin(loms_delete_cart_item::init(init))),
    Function::http("loms-get-cart", |init| Box::pin(loms_get_cart::init(init))),
    Function::http("loms-get-order", |init| Box::pin(loms_get_order::init(init))),
    Function::http("loms-get-product", |init| Box::pin(loms_get_product::init(init))),
    Function::http("loms-get-stock", |init| Box::pin(loms_get_stock::init(init))),
    Function::http("loms-list-skus", |init| Box::pin(loms_list_skus::init(init))),
    Function::http("loms-pay-order", |init| Box::pin(loms_pay_order::init(init))),
];

/// `{}`: the request succeeded without a result.
fn done() -> Result<Response, Problem> {
    Response::ok(&serde_json::json!({}))
}
