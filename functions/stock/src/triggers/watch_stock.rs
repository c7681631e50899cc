//! The consumer of the stock table's stream: checks every SKU whose rows or header changed.

use std::sync::Arc;

use futures_util::future::join_all;
use kernel::{Problem, Sku};
use platform::stream::{Change, Handler, Stuck, handler};
use platform::{Init, InitError, InvocationContext};

use crate::stock_writer::StockWriter;
use crate::store::sku_of;

/// Needs `STOCK_TABLE` and `JOURNAL_TABLE`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(StockWriter::connect(&init).await?, handle))
}

async fn handle(
    writer: Arc<StockWriter>,
    call: InvocationContext,
    changes: Vec<Change>,
) -> Result<(), Stuck> {
    let watched = first_changes(changes);
    let watching = watched.into_iter().map(|(sku, sequence_number)| {
        let (writer, call) = (&writer, &call);
        async move { writer.watch(call, &sku).await.map_err(|problem| Stuck { sequence_number, problem }) }
    });
    // The first record that failed, in the stream's order: all from there on are delivered again.
    join_all(watching).await.into_iter().collect()
}

/// The SKUs that changed, in the order of the stream, each with the position of its first change.
fn first_changes(changes: Vec<Change>) -> Vec<(Sku, String)> {
    let mut firsts: Vec<(Sku, String)> = Vec::new();
    for change in changes {
        let key: Result<platform::dynamo::Key, Problem> = change.key();
        // Changes of items that belong to no SKU are skipped.
        if let Some(sku) = key.ok().and_then(|key| sku_of(&key))
            && firsts.iter().all(|(known, _)| *known != sku)
        {
            firsts.push((sku, change.sequence_number));
        }
    }
    firsts
}
