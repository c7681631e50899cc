//! A shop to load: the deployed tables in a server of its own, and the contexts that functions build from their environment.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::{Actor, Problem, Sku, Timestamp};
use platform::http::Precondition;
use platform::idempotency::KeyTaken;
use platform::{Init, InvocationContext};
use stock::arrange::Arrangement;
use stock::lanes::Lanes;
use stock::set::{Change, Setting};
use stock::stock_writer::StockWriter;
use stock::warehouse::Warehouse;

use crate::Failure;
use crate::server::{Rules, Server};
use crate::tables;

/// What a function has before Lambda ends it (`Globals.Function.Timeout` of the template).
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(15);
/// More units of a SKU than any run sells.
pub const PLENTY: u64 = 1_000_000;
/// The warehouse that everything is in.
const WAREHOUSE: &str = "msk-1";

/// A shop. All of its functions share one client: the process stands for as many functions as run at a time.
pub struct Shop {
    /// Where its tables are.
    pub server: Server,
    /// What its functions start with.
    pub init: Init,
    /// Who keeps its stock.
    pub writer: StockWriter,
    /// Where everything is.
    pub warehouse: Warehouse,
    /// How many units of each SKU were put on sale.
    pub opening: BTreeMap<Sku, u64>,
}

impl Shop {
    /// An empty shop. Until [`Server::keep`] says otherwise, its server keeps no rules.
    pub async fn open() -> Result<Self, Failure> {
        let server = Server::start(Rules::BARE)?;
        let init = Init::from_variables(tables::create(&server)?).map_err(Failure::new)?;
        Ok(Self {
            server,
            writer: StockWriter::connect(&init).await.map_err(Failure::new)?,
            init,
            warehouse: WAREHOUSE.parse().map_err(Failure::new)?,
            opening: BTreeMap::new(),
        })
    }

    /// Puts `units` of `sku` on sale, spread over `lanes`.
    pub async fn stock_up(&mut self, sku: &Sku, lanes: u16, units: u64) -> Result<(), Failure> {
        let call = call_of(FUNCTION_TIMEOUT);
        let lanes = Lanes::new(lanes).ok_or_else(|| Failure::new(format!("{lanes} are no lanes")))?;
        let wanted = Arrangement { lanes: Some(lanes), ..Arrangement::default() };
        self.writer.arrange(&call, sku, wanted, &Precondition::Any).await.map_err(problem)?;
        let setting = Setting::new(sku.clone(), self.warehouse.clone(), Change::Set(units));
        let set = self.writer.set(&call, &setting, || Ok(None)).await.map_err(problem)?;
        set.map_err(|KeyTaken| Failure::new("a key was taken where none was sent"))?;
        self.opening.insert(sku.clone(), units);
        Ok(())
    }
}

/// The circumstances of an invocation that begins now and may run as long as a function may.
pub fn call() -> InvocationContext {
    call_of(FUNCTION_TIMEOUT)
}

/// The circumstances of an invocation that begins now and is ended after `timeout`.
pub fn call_of(timeout: Duration) -> InvocationContext {
    let end = Timestamp::now().plus(timeout).as_millis();
    InvocationContext::new(u64::try_from(end).unwrap_or(0), "load".to_owned(), Actor::system("load"))
}

/// The SKU called `name`.
pub fn sku(name: &str) -> Result<Sku, Failure> {
    name.parse().map_err(Failure::new)
}

/// A problem that no run expects, with what the log would have of it.
pub fn problem(problem: Problem) -> Failure {
    Failure::new(format!("{problem:?}"))
}
