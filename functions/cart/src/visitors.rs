//! The limit on anonymous carts that one source address may begin.
//!
//! A caller without an account needs no credentials to have a cart written, and each cart is kept for 30 days. So new ones are counted by the
//! network that they come from; those that exist may be changed without limit.

use std::time::Duration;

use kernel::Problem;
use platform::dynamo::Updated;
use platform::source::Source;
use platform::window::Window;
use platform::{Init, InitError, InvocationContext};
use serde::Deserialize;

use crate::refusal::VisitorRefusal;
use crate::store::Carts;

/// The stretch of time in which new anonymous carts are counted.
pub const NEW_CARTS_WINDOW: Duration = Duration::from_mins(15);
/// Anonymous carts that one source address may begin in a [`NEW_CARTS_WINDOW`], unless `ANONYMOUS_CARTS_PER_ADDRESS` says otherwise: three times the
/// accounts that an address is taken for.
pub const ANONYMOUS_CARTS_PER_ADDRESS: u32 = 60;

/// The counters of new anonymous carts, and their limit.
pub struct Visitors {
    carts: Carts,
    limit: u32,
}

/// A counter as it is kept; nothing of it is needed.
#[derive(Deserialize)]
struct Counter {}

impl Visitors {
    /// Counts in the table named by `CARTS_TABLE`; `ANONYMOUS_CARTS_PER_ADDRESS` may set another limit.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let limit = init.optional("ANONYMOUS_CARTS_PER_ADDRESS", ANONYMOUS_CARTS_PER_ADDRESS)?;
        Ok(Self { carts: Carts::connect(init).await?, limit })
    }

    /// Counts a new cart from `source`; 429 with the time to wait when there were as many as there may be.
    pub(crate) async fn acquire(&self, call: &InvocationContext, source: Source) -> Result<(), Problem> {
        let window = Window::at(call.now, NEW_CARTS_WINDOW, format_args!("cart:address:{source}"));
        match window.take_place::<Counter>(self.carts.table(), call, self.limit).await? {
            Updated::Made(_) => Ok(()),
            Updated::Refused(_) => {
                let wait = window.seconds_left(call.now);
                Err(VisitorRefusal::TooManyCarts { limit: self.limit, wait }.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_the_window() {
        assert_eq!(NEW_CARTS_WINDOW, Duration::from_mins(15));
    }
}
