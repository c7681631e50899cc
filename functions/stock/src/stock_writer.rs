//! The stock writer: the tables that a change of stock reads and writes.

use platform::dynamo::{Dynamo, TransactError, Write};
use platform::journal::Journal;
use platform::{Call, Init, InitError};

use crate::store::{Outdated, Stock};

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

    /// Makes all of `writes`, or reports that the data they were based on is outdated.
    pub(crate) async fn make(
        &self,
        call: &Call,
        writes: Vec<Write<Outdated>>,
    ) -> Result<Result<(), Outdated>, kernel::Problem> {
        match self.dynamo.transact(call, writes).await {
            Ok(()) => Ok(Ok(())),
            Err(TransactError::Refused(_)) => Ok(Err(Outdated)),
            Err(TransactError::Failed(problem)) => Err(problem),
        }
    }
}
