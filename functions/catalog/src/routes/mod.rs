//! The routes of the catalog, one file for each.

use http::header::ETAG;
use kernel::sku::SKU_RULE;
use kernel::{Problem, Sku};
use platform::auth::Verifier;
use platform::function::Function;
use platform::http::{Request, Response};
use platform::{Init, InitError};
use stock::Stock;

use crate::answer::ProductAnswer;
use crate::store::Catalog;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("get-product-price", |init| Box::pin(get_product_price::init(init))),
    Function::http("get-product-stock", |init| Box::pin(get_product_stock::init(init))),
    Function::http("get-product", |init| Box::pin(get_product::init(init))),
    Function::http("import-products", |init| Box::pin(import_products::init(init))),
    Function::http("list-available-stock", |init| Box::pin(list_available_stock::init(init))),
    Function::http("list-products", |init| Box::pin(list_products::init(init))),
    Function::http("put-product", |init| Box::pin(put_product::init(init))),
];

pub mod get_product;
pub mod get_product_price;
pub mod get_product_stock;
pub mod import_products;
pub mod list_available_stock;
pub mod list_products;
pub mod put_product;
pub mod viewer;

/// The dependencies of routes that return the stock of products to callers that may see it.
struct Shelf {
    catalog: Catalog,
    stock: Stock,
    verifier: Verifier,
}

impl Shelf {
    async fn connect(init: &Init) -> Result<Self, InitError> {
        let catalog = Catalog::connect(init).await?;
        Ok(Self { catalog, stock: Stock::connect(init).await?, verifier: Verifier::from_init(init)? })
    }
}

/// The product that the path names.
fn product_id(request: &Request) -> Result<Sku, Problem> {
    request.path_parameter("id").parse().map_err(|_| Request::bad_path_parameter("id", SKU_RULE))
}

/// The response with a product and its entity tag.
fn reply(product: &ProductAnswer) -> Result<Response, Problem> {
    Ok(Response::ok(product)?.header(ETAG, &product.tag()))
}
