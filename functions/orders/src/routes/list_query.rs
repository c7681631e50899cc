//! The query of a list of orders.

use kernel::{EncodedCursor, Problem};
use platform::http::Request;

use crate::filter::Filter;

/// The query of a list of orders.
pub(super) struct ListQuery {
    /// The filter.
    pub(super) filter: Filter,
    /// The page's size.
    pub(super) limit: u32,
    /// The cursor, which the list has to decode.
    pub(super) cursor: EncodedCursor,
}

impl ListQuery {
    /// Reads the query; every parameter that is invalid is named.
    pub(super) fn of(request: &Request) -> Result<Self, Problem> {
        let filter = Filter::parse(request.query("status"), request.query("from"), request.query("to"));
        let page = Problem::both(request.limit(), request.cursor());
        let (filter, (limit, cursor)) = Problem::both(filter, page)?;
        Ok(Self { filter, limit: limit.get(), cursor })
    }
}
