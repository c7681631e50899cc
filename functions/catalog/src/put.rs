//! Saying what a product is: a new one, or one that changes.

use kernel::{Currency, NewEvent, Problem, Sku};
use platform::dynamo::{Dynamo, TransactError, Write};
use platform::journal::Journal;
use platform::{Call, Init, InitError};
use serde::Serialize;

use crate::product::{Details, Product, Revision};
use crate::store::{Catalog, ProductChanged};

/// How often a change is tried. Each failure means that another change of the same product was made.
pub(crate) const MAX_ATTEMPTS: u32 = 20;

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
            let writes = self.writes(call, current.as_ref(), &revised)?;
            match self.dynamo.transact(call, writes).await {
                Ok(()) => return Ok(revised),
                Err(TransactError::Refused(_)) => {}
                Err(TransactError::Failed(problem)) => return Err(problem),
            }
        }
        Err(Problem::unavailable("the product was changed by others again and again"))
    }

    /// What makes `before` the product of the next version, and journals it.
    pub(crate) fn writes(
        &self,
        call: &Call,
        before: Option<&Product>,
        product: &Product,
    ) -> Result<Vec<Write<ProductChanged>>, Problem> {
        let changed = Changed {
            sku: &product.sku,
            price: product.price.amount(),
            currency: product.price.currency(),
            is_active: product.is_active,
        };
        let aggregate = format!("product/{}", product.sku);
        let event = NewEvent::new("catalog.product_changed", aggregate, product.version, &changed)?;
        let mut writes = self.catalog.save(before, product)?;
        writes.push(self.journal.append(call, event)?.map(|_| ProductChanged));
        Ok(writes)
    }
}
