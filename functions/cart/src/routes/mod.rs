//! The routes of the cart, one file for each.

use kernel::sku::SKU_RULE;
use kernel::{Problem, Sku};
use platform::http::Request;

mod caller;
pub mod clear_cart;
pub mod delete_cart_item;
pub mod get_cart;
pub mod merge_cart;
pub mod put_cart_item;
pub mod snapshot_cart;

/// The product that the path names.
fn sku(request: &Request) -> Result<Sku, Problem> {
    request.path_parameter("sku").parse().map_err(|_| Request::bad_path_parameter("sku", SKU_RULE))
}
