//! Calls for an operator. The system makes them as errors in its log that name the payment; alarms stand on their count.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use crate::hub::Hub;

/// The field that names the payment.
const PAYMENT: &str = "payment_id";

/// Notes payments that an operator is called for.
pub struct OperatorCalls(pub Hub);

impl<S: Subscriber> Layer<S> for OperatorCalls {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() != Level::ERROR {
            return;
        }
        let mut named = Named(None);
        event.record(&mut named);
        if let Named(Some(payment)) = named {
            self.0.lock().world.operator.insert(payment);
        }
    }
}

struct Named(Option<String>);

impl Visit for Named {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == PAYMENT {
            self.0 = Some(format!("{value:?}"));
        }
    }
}
