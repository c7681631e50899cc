//! The query parameters of a request, and those that its route does not know.
//!
//! A parameter that is passed over widens a selection: a typo in `userId` would list everybody's orders. So a route that reads is held to look at each
//! parameter that it is given. What it never asked for it does not know, and the request is refused instead of answered. A route looks at all its
//! parameters before it refuses one, so that those that it does not know are named with it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use kernel::problem::{INVALID_PARAMETER, QUERY_POINTER};
use kernel::{FieldError, Kind, Problem};

/// Routes for people with a browser and for monitors, whose addresses others add parameters to: they select nothing.
const PAGES: [&str; 10] = [
    "$default",
    "GET /",
    "GET /healthz",
    "GET /readyz",
    "GET /docs",
    "GET /docs/{asset}",
    "GET /ops",
    "GET /ops/{asset}",
    "GET /payment-return",
    "GET /sandbox/payments/{reference}",
];

/// The parameters in their order. Clones share what was looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pairs: Arc<[(String, String)]>,
    looked_at: Arc<Mutex<BTreeSet<String>>>,
}

impl Query {
    pub(super) fn new(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self { pairs: pairs.collect(), looked_at: Arc::default() }
    }

    /// The value of the first parameter called `name`, which the route knows from then on.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.note(name);
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The values of all parameters called `name`, which the route knows from then on.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.note(name);
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parameters as a query string, in the order of their names: gateways hand them over in none.
    pub(super) fn to_text(&self) -> String {
        let mut sorted: Vec<_> = self.pairs.iter().collect();
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        serde_urlencoded::to_string(sorted).unwrap_or_default()
    }

    fn note(&self, name: &str) {
        self.looked_at.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// Refuses a request that reads by `route` with a parameter that was never looked at. Every such parameter is named.
    pub(super) fn check(&self, method: &Method, route: &str) -> Result<(), Problem> {
        let reads = matches!(*method, Method::GET | Method::HEAD) && !PAGES.contains(&route);
        if !reads || self.pairs.is_empty() {
            return Ok(());
        }
        let known = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        let given: BTreeSet<&str> = self.pairs.iter().map(|(name, _)| name.as_str()).collect();
        let unknown: Vec<FieldError> = given
            .into_iter()
            .filter(|name| !known.contains(*name))
            .map(|name| FieldError {
                pointer: format!("{QUERY_POINTER}{name}"),
                detail: "is no parameter of this route".to_owned(),
            })
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let mut problem =
            Problem::new(Kind::Malformed, INVALID_PARAMETER, "A parameter is not known to this route.");
        problem.errors = unknown;
        Err(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Query::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    fn faults(query: &Query, method: &Method, route: &str) -> Vec<String> {
        let errors = query.check(method, route).err().map(|problem| problem.errors).unwrap_or_default();
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn what_a_route_never_asked_for_is_named() {
        const ROUTE: &str = "GET /api/v1/admin/orders";
        let query = query("userid=7&limit=1&limit=2&stauts=paid");
        assert_eq!(query.named("limit").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(query.clone().named("status").next(), None);
        assert_eq!(faults(&query, &Method::GET, ROUTE), ["/query/stauts", "/query/userid"]);
        assert_eq!(faults(&query, &Method::HEAD, ROUTE).len(), 2);
        assert!(faults(&query, &Method::POST, ROUTE).is_empty(), "they select nothing there");
        assert!(faults(&query, &Method::GET, "GET /healthz").is_empty());
        let _ = (query.named("userid").next(), query.clone().named("stauts").next());
        assert!(faults(&query, &Method::GET, ROUTE).is_empty(), "clones share what was looked at");
    }
}
