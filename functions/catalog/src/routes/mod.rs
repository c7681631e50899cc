//! The routes of the catalog, one file for each.

use kernel::sku::SKU_RULE;
use kernel::{Problem, Sku};
use platform::http::Request;

pub mod get_product;
pub mod get_product_price;
pub mod get_product_stock;
pub mod import_products;
pub mod list_available_stock;
pub mod list_products;
pub mod put_product;

/// The product that the path names.
fn product_id(request: &Request) -> Result<Sku, Problem> {
    request.path_parameter("id").parse().map_err(|_| Request::bad_path_parameter("id", SKU_RULE))
}

fn no_such_product() -> Problem {
    Problem::not_found("There is no product with this id.")
}
