//! Saying what a product is. The body replaces the product: a member that is left out gets its default.

use std::sync::Arc;

use futures_util::future::try_join;
use kernel::{Currency, Problem};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::{Init, InitError};
use pricing::TaxCategory;
use pricing::text::Category;
use serde::Deserialize;
use serde_json::{Map, Value};
use stock::Stock;

use super::{product_id, reply};
use crate::answer::ProductAnswer;
use crate::factors::{NamedFactors, Weight};
use crate::product::{Details, is_active_unless_said};
use crate::put::Editor;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    name: String,
    #[serde(default)]
    description: String,
    price: i64,
    currency: Currency,
    #[serde(default)]
    attributes: Map<String, Value>,
    category: Option<Category>,
    #[serde(rename = "weightGrams")]
    weight: Option<Weight>,
    tax_category: Option<TaxCategory>,
    requires_shipping: Option<bool>,
    #[serde(default = "is_active_unless_said")]
    is_active: bool,
}

impl Body {
    fn details(self) -> Result<Details, Problem> {
        let Self { category, weight, tax_category, requires_shipping, .. } = self;
        let factors = NamedFactors { category, weight, tax_category, requires_shipping };
        let price = (self.price, self.currency);
        Details::parse(self.name, self.description, price, self.attributes, factors, self.is_active)
    }
}

struct App {
    editor: Editor,
    stock: Stock,
    verifier: Verifier,
}

/// Serves `PUT /api/v1/products/{id}`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let editor = Editor::connect(&init).await?;
    let app = App { editor, stock: Stock::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::CatalogWrite)?;
    let sku = product_id(&request)?;
    let details = request.json_as(Body::details)?;
    let (call, expected) = (request.call(caller.operator()), Precondition::of(&request));
    let available = app.stock.available_of(&sku);
    let (product, available) = try_join(app.editor.put(&call, &sku, details, &expected), available).await?;
    reply(&ProductAnswer::new(product, available))
}
