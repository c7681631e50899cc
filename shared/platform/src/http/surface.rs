//! Which of the APIs a request was written for.

use super::Request;

/// An API over the one domain. How an answer is spelled depends on it, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// `/api/v1`, and what has a place of its own, such as `/healthz`.
    Canonical,
    /// Orders-service and orders-management clients: no prefix, or `/api`. Problems carry one more member, `error`, and the cancelled
    /// status is spelled `canceled`.
    Orders,
}

/// What the gateway calls the route of requests that no other route matches.
const DEFAULT_ROUTE: &str = "$default";
/// The first segments of the routes of [`Surface::Orders`].
const ORDERS_SEGMENTS: [&str; 3] = ["orders", "register", "token"];

impl Surface {
    /// The surface of the route that matched `request`; where none did, that of its path.
    pub fn of(request: &Request) -> Self {
        Self::of_route(if request.route == DEFAULT_ROUTE { &request.path } else { &request.route })
    }

    /// The surface of a route such as `GET /api/orders/{id}`.
    pub(super) fn of_route(route: &str) -> Self {
        let path = route.split_once(' ').map_or(route, |(_, path)| path);
        let path = path.strip_prefix("/api").unwrap_or(path);
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if ORDERS_SEGMENTS.contains(&first) { Self::Orders } else { Self::Canonical }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_tells_the_surface() {
        for route in
            ["GET /orders/{id}", "POST /api/orders", "POST /register", "POST /api/token", "/orders/7/x"]
        {
            assert_eq!(Surface::of_route(route), Surface::Orders, "{route}");
        }
        for route in
            ["GET /api/v1/orders/{id}", "GET /", "GET /healthz", "GET /.well-known/jwks.json", "/api/v2", ""]
        {
            assert_eq!(Surface::of_route(route), Surface::Canonical, "{route}");
        }
    }
}
