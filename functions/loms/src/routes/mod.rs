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
use platform::http::Response;

/// `{}`: the request succeeded without a result.
fn done() -> Result<Response, Problem> {
    Response::ok(&serde_json::json!({}))
}
