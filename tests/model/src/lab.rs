//! Where runs are made: tables, provider and machines that are built once and reset for every run.

use std::sync::Arc;

use catalog::factors::NamedFactors;
use catalog::product::Details;
use catalog::put::Editor;
use kernel::{Currency, Sku, UserId};
use load::Failure;
use platform::Init;
use platform::http::Precondition;
use platform::idempotency::KeyTaken;
use serde_json::{Map, json};
use stock::set::{Change, Setting};
use stock::stock_writer::StockWriter;
use stock::warehouse::Warehouse;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::called::OperatorCalls;
use crate::hub::Hub;
use crate::machine::{Machine, PRICE, SKU, call};
use crate::scenario::Scenario;
use crate::tables::Tables;
use crate::wire::{Wire, serve_provider};
use crate::world::World;

/// The most actors of a scenario.
const MAX_ACTORS: usize = 5;
/// The place of the machine that runs what runs by itself once everything is calm.
pub const SERVICE: usize = MAX_ACTORS;
/// The warehouse that everything is in.
const WAREHOUSE: &str = "msk-1";
/// The row of the product's stock, by table, partition key and sort key.
const STOCK_ROW: &str = "LOC#msk-1#000";

/// A place for runs, all of them with money taken at once or all of them in two steps.
pub struct Lab {
    /// The world.
    pub hub: Hub,
    /// A machine for each actor, and one for what runs by itself.
    pub machines: Vec<Arc<Machine>>,
    /// Listens to the log of runs.
    calls: tracing::Dispatch,
}

impl Lab {
    /// Builds everything. To be called in a runtime with one thread, the one that runs are made in.
    pub async fn build(two_steps: bool) -> Result<Self, Failure> {
        let (tables, variables) = Tables::create()?;
        let hub = Hub::new(World::new(tables));
        let provider = serve_provider(hub.clone()).await?;
        let mut machines = Vec::new();
        for slot in 0..=SERVICE {
            let machine = Machine::connect(&hub, slot, provider, variables.clone(), two_steps).await?;
            machines.push(Arc::new(machine));
        }
        let wire = Wire { hub: hub.clone(), slot: SERVICE };
        let client = aws_smithy_runtime_api::client::http::SharedHttpClient::new(wire);
        let init = Init::from_variables(variables).map_err(Failure::new)?.over(client);
        stock_up(&hub, &init).await?;
        hub.lock().world.tables.open_here()?;
        let errors = tracing_subscriber::filter::LevelFilter::ERROR;
        let calls = tracing_subscriber::registry().with(errors).with(OperatorCalls(hub.clone()));
        Ok(Self { hub, machines, calls: tracing::Dispatch::new(calls) })
    }

    /// Begins a run of `scenario`, and listens to the log of this thread for as long as what is returned lives.
    pub fn open(&self, scenario: &Scenario) -> tracing::dispatcher::DefaultGuard {
        let mut inner = self.hub.lock();
        inner.waiting.clear();
        inner.ended.clear();
        inner.scheduled = true;
        inner.world.reset(scenario.scripts.len());
        if let Err(error) = lay_out(&mut inner.world, scenario) {
            inner.world.defects.push(format!("the opening could not be written: {error}"));
        }
        tracing::dispatcher::set_default(&self.calls)
    }
}

/// Puts the product on sale.
async fn stock_up(hub: &Hub, init: &Init) -> Result<(), Failure> {
    let call = call(hub.lock().world.now, kernel::Actor::system("model"));
    let sku: Sku = SKU.parse().map_err(Failure::new)?;
    let roubles = Currency::from_code("RUB").ok_or_else(|| Failure::new("no roubles"))?;
    let factors = NamedFactors::default();
    let details =
        Details::parse("Tea".to_owned(), String::new(), (PRICE, roubles), Map::new(), factors, true);
    let editor = Editor::connect(init).await.map_err(Failure::new)?;
    editor
        .put(&call, &sku, details.map_err(Failure::new)?, &Precondition::Any)
        .await
        .map_err(Failure::new)?;
    let writer = StockWriter::connect(init).await.map_err(Failure::new)?;
    let warehouse: Warehouse = WAREHOUSE.parse().map_err(Failure::new)?;
    let setting = Setting::new(sku, warehouse, Change::Set(1));
    let set = writer.set(&call, &setting, || Ok(None)).await;
    set.map_err(|problem| Failure::new(format!("{problem:?}")))?
        .map_err(|KeyTaken| Failure::new("a key was taken where none was sent"))
}

/// Makes the stock and the cart what the scenario begins with.
fn lay_out(world: &mut World, scenario: &Scenario) -> Result<(), Failure> {
    let pk = format!("SKU#{SKU}");
    let row = json!({
        "PK": {"S": pk}, "SK": {"S": STOCK_ROW},
        "available": {"N": scenario.units.to_string()}, "reserved": {"N": "0"},
        "changes": {"N": "1"}, "version": {"N": "1"},
    });
    world.tables.put("StockTable", &row)?;
    if scenario.has_cart {
        let cart = json!({
            "PK": {"S": format!("USER#{}", UserId::numbered(1))}, "SK": {"S": "CART"},
            "lines": {"M": {(SKU): {"N": "1"}}}, "version": {"N": "1"},
            "updatedAt": {"S": world.now.to_string()}, "expiresAt": {"N": "4000000000"},
        });
        world.tables.put("CartsTable", &cart)?;
    }
    Ok(())
}
