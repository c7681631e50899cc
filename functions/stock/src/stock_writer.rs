//! The stock writer: the tables that a change of stock reads and writes.

use platform::dynamo::Dynamo;
use platform::journal::Journal;
use platform::{Init, InitError};

use crate::store::Stock;

/// Changes stock levels and how they are divided, and journals each change.
#[derive(Clone)]
pub struct StockWriter {
    pub(crate) dynamo: Dynamo,
    pub(crate) stock: Stock,
    pub(crate) journal: Journal,
}

impl StockWriter {
    /// Works on the tables named by `STOCK_TABLE` and `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let stock = Stock::connect(init).await?;
        Ok(Self { dynamo: init.dynamo(), stock, journal: Journal::connect(init).await? })
    }
}
