//! Saying what a product is: a new one, or one that changes.

use kernel::{NewEvent, Problem, Sku};
use platform::dynamo::{Dynamo, Write};
use platform::http::Precondition;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::answer::{product_tag, tagged_version};
use crate::events;
use crate::product::{Details, Product, Revision};
use crate::store::{Catalog, ProductChanged};

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

    /// Sets the product `sku` to `details`, whether it existed before or not, and journals the change if there is one.
    ///
    /// 412 `etag_mismatch` when the product is not the one that `expected` names.
    pub async fn put(
        &self,
        call: &InvocationContext,
        sku: &Sku,
        details: Details,
        expected: &Precondition,
    ) -> Result<Product, Problem> {
        let mut retry = StaleRetry::of("the product", call);
        loop {
            retry.begin().await?;
            let current = self.catalog.get(sku).await?;
            check(expected, current.as_ref())?;
            let revised = match details.clone().revise(sku, current.as_ref(), call.now) {
                Revision::Unchanged(product) => return Ok(product),
                Revision::Changed(product) => product,
            };
            let writes = self.writes(call, current.as_ref(), &revised)?;
            if self.dynamo.commit(call, writes).await?.is_committed() {
                return Ok(revised);
            }
        }
    }

    /// Returns the writes that make `before` the product of the next version, and journal it.
    pub(crate) fn writes(
        &self,
        call: &InvocationContext,
        before: Option<&Product>,
        product: &Product,
    ) -> Result<Vec<Write<ProductChanged>>, Problem> {
        let factors = product.factors.clone();
        let changed = events::ProductChanged {
            sku: product.sku.clone(),
            price: product.price.into(),
            currency: product.price.currency(),
            is_active: product.is_active,
            category: factors.category,
            weight: Some(factors.weight),
            tax_category: Some(factors.tax_category),
            requires_shipping: factors.requires_shipping,
        };
        let aggregate = format!("product/{}", product.sku);
        let event = NewEvent::new(aggregate, product.version, &changed)?;
        let mut writes = self.catalog.save(before, product)?;
        writes.push(self.journal.append(call, event)?.map(|_| ProductChanged));
        Ok(writes)
    }
}

/// Refuses a product whose version is not the one that a tag names. A tag also names the stock, which is none of a product's editor's business.
fn check(expected: &Precondition, current: Option<&Product>) -> Result<(), Problem> {
    let version = current.map(|product| product.version);
    let tag = version.map(|version| product_tag(version, 0));
    expected.check_version("product", tag.as_deref(), |tag| tagged_version(tag) == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_the_version_whatever_was_sold_since() {
        assert_eq!(tagged_version(&product_tag(7, 12)), Some(7));
        for tag in ["7-12", "W/\"7-12\"", "\"7\"", "\"x-1\"", "\"7-x\"", ""] {
            assert_eq!(tagged_version(tag), None, "{tag}");
        }
    }
}
