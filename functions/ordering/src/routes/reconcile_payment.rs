//! A message of the reconciler's queue: polls the provider about a payment that stays undecided.

use std::sync::Arc;

use kernel::Problem;
use payments::sweep::ReconcilePayment;
use platform::metrics::Metrics;
use platform::queue::{Handler, Message, handler};
use platform::{Init, InitError, InvocationContext};

use crate::settlement::{PollOutcome, Settlement};

/// Counts payments that are no longer polled. An alarm stands on it.
const GIVEN_UP: &str = "PaymentsGivenUp";

struct App {
    settlement: Settlement,
    metrics: Metrics,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { settlement: Settlement::connect(&init).await?, metrics: Metrics::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, call: InvocationContext, message: Message) -> Result<(), Problem> {
    let ReconcilePayment { payment_id } = message.json()?;
    if app.settlement.reconcile(&call, payment_id).await? == PollOutcome::GivenUp {
        app.metrics.count(&[(GIVEN_UP, 1)]);
    }
    Ok(())
}
