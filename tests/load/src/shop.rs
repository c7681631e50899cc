//! A shop to load: the deployed tables in a server of its own, and the contexts that functions build from their environment.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::{Actor, Problem, Sku, Timestamp};
use platform::dynamo::Dynamo;
use platform::journal::Journal;
use platform::{Call, Init};
use stock::Stock;
use stock::set::{Change, Warehouse};

use crate::Failure;
use crate::server::{Rules, Server};
use crate::tables;

/// What a function has before Lambda ends it (`Globals.Function.Timeout` of the template).
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(15);
/// The warehouse that everything is in.
const WAREHOUSE: &str = "msk-1";

/// A shop.
pub struct Shop {
    /// Where its tables are.
    pub server: Server,
    /// What its functions start with.
    pub init: Init,
    /// The client that all of them share: one process stands for as many functions as run at a time.
    pub dynamo: Dynamo,
    /// The journal.
    pub journal: Journal,
    /// The stock.
    pub stock: Stock,
    /// How many units of each SKU were put on sale.
    pub opening: BTreeMap<Sku, u64>,
}

impl Shop {
    /// An empty shop. Until [`Server::keep`] says otherwise, its server keeps no rules.
    pub async fn open() -> Result<Self, Failure> {
        let server = Server::start(Rules::BARE)?;
        let init = Init::from_variables(tables::create(&server)?).map_err(Failure::new)?;
        let (journal, stock) = (Journal::connect(&init).await, Stock::connect(&init).await);
        Ok(Self {
            server,
            dynamo: init.dynamo(),
            journal: journal.map_err(Failure::new)?,
            stock: stock.map_err(Failure::new)?,
            init,
            opening: BTreeMap::new(),
        })
    }

    /// Puts `units` of `sku` on sale, spread over `lanes`.
    pub async fn stock_up(&mut self, sku: &Sku, lanes: u16, units: u64) -> Result<(), Failure> {
        let warehouse: Warehouse = WAREHOUSE.parse().map_err(Failure::new)?;
        let _ = lanes;
        stock::set::set(
            &self.dynamo,
            &self.stock,
            &self.journal,
            &call(),
            sku,
            &warehouse,
            Change::Set(units),
        )
        .await
        .map_err(problem)?;
        self.opening.insert(sku.clone(), units);
        Ok(())
    }
}

/// The circumstances of an invocation that begins now and may run as long as a function behind a route.
pub fn call() -> Call {
    call_of(FUNCTION_TIMEOUT)
}

/// The circumstances of an invocation that begins now and is ended after `timeout`.
pub fn call_of(timeout: Duration) -> Call {
    let end = Timestamp::now().plus(timeout).as_millis();
    Call::new(u64::try_from(end).unwrap_or(0), "load".to_owned(), Actor::system("load"))
}

/// The SKU called `name`.
pub fn sku(name: &str) -> Result<Sku, Failure> {
    name.parse().map_err(Failure::new)
}

/// A problem that no run expects, with what the log would have of it.
pub fn problem(problem: Problem) -> Failure {
    Failure::new(format!("{problem:?}"))
}
