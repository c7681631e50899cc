//! Saying what a product is: a new one, or one that changes.

use kernel::{Currency, NewEvent, Problem, Sku};
use platform::dynamo::{Dynamo, TransactError};
use platform::journal::Journal;
use platform::{Call, Init, InitError};
use serde::Serialize;

use crate::product::{Details, Product, Revision};
use crate::store::{Catalog, ProductChanged};

/// How often a change is tried. Each failure means that another change of the same product was made.
const MAX_ATTEMPTS: u32 = 20;

/// What the journal says of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Changed<'a> {
    sku: &'a Sku,
    price: i64,
    currency: Currency,
    is_active: bool,
}

/// Everything that a change of a product takes.
#[derive(Clone)]
pub struct Editor {
    dynamo: Dynamo,
    catalog: Catalog,
    journal: Journal,
}

impl Editor {
    /// Works on the tables named by `CATALOG_TABLE` and `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let catalog = Catalog::connect(init).await?;
        Ok(Self { dynamo: init.dynamo(), catalog, journal: Journal::connect(init).await? })
    }

    /// Makes the product `sku` what `details` say, whatever it was before, and journals the change if there is one.
    pub async fn put(&self, call: &Call, sku: &Sku, details: Details) -> Result<Product, Problem> {
        for _ in 0..MAX_ATTEMPTS {
            let current = self.catalog.get(sku).await?;
            let revised = match details.clone().revise(sku, current.as_ref(), call.now) {
                Revision::Unchanged(product) => return Ok(product),
                Revision::Changed(product) => product,
            };
            match self.save(call, &revised).await {
                Ok(()) => return Ok(revised),
                Err(TransactError::Refused(_)) => {}
                Err(TransactError::Failed(problem)) => return Err(problem),
            }
        }
        Err(Problem::unavailable("the product was changed by others again and again"))
    }

    async fn save(&self, call: &Call, product: &Product) -> Result<(), TransactError<ProductChanged>> {
        let writes = || {
            let changed = Changed {
                sku: &product.sku,
                price: product.price.amount(),
                currency: product.price.currency(),
                is_active: product.is_active,
            };
            let aggregate = format!("product/{}", product.sku);
            let event = NewEvent::new("catalog.product_changed", aggregate, product.version, &changed)?;
            let journalled = self.journal.append(call, event)?.map(|_| ProductChanged);
            Ok(vec![self.catalog.save(product)?, journalled])
        };
        self.dynamo.transact(call, writes().map_err(TransactError::Failed)?).await
    }
}
