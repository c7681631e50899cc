//! The routes of the cart, one file for each.

use http::header::ETAG;
use kernel::sku::SKU_RULE;
use kernel::{Problem, Sku};
use platform::function::Function;
use platform::http::{Request, Response};
use pricing::PromotionCode;
use pricing::text::BadText;

use crate::answer::CartAnswer;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("clear-cart", |init| Box::pin(clear_cart::init(init))),
    Function::http("delete-cart-item", |init| Box::pin(delete_cart_item::init(init))),
    Function::http("delete-cart-promotion", |init| Box::pin(delete_cart_promotion::init(init))),
    Function::http("get-cart", |init| Box::pin(get_cart::init(init))),
    Function::http("get-cart-shipping-methods", |init| Box::pin(get_cart_shipping_methods::init(init))),
    Function::http("merge-cart", |init| Box::pin(merge_cart::init(init))),
    Function::http("put-cart-item", |init| Box::pin(put_cart_item::init(init))),
    Function::http("put-cart-promotion", |init| Box::pin(put_cart_promotion::init(init))),
    Function::http("snapshot-cart", |init| Box::pin(snapshot_cart::init(init))),
];

mod caller;
pub mod clear_cart;
pub mod delete_cart_item;
pub mod delete_cart_promotion;
mod delivery;
pub mod get_cart;
pub mod get_cart_shipping_methods;
pub mod merge_cart;
pub mod put_cart_item;
pub mod put_cart_promotion;
pub mod snapshot_cart;

/// The product that the path names.
fn sku(request: &Request) -> Result<Sku, Problem> {
    request.path_parameter("sku").parse().map_err(|_| Request::bad_path_parameter("sku", SKU_RULE))
}

/// The promotion code that the path names, in its one form.
fn code(request: &Request) -> Result<PromotionCode, Problem> {
    let code = request.path_parameter("code").parse();
    code.map_err(|error: BadText| Request::bad_path_parameter("code", error.to_string()))
}

/// The response with a cart and its entity tag.
fn reply(cart: &CartAnswer) -> Result<Response, Problem> {
    Ok(Response::ok(cart)?.header(ETAG, &cart.etag))
}
