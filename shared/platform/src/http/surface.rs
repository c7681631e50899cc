//! The API that a request was written for.

use serde_json::Value;

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

/// The gateway's name for the route of requests that match no other route.
const DEFAULT_ROUTE: &str = "$default";
/// The first segments of the routes of [`Surface::Orders`].
const ORDERS_SEGMENTS: [&str; 3] = ["orders", "register", "token"];

/// The status of a cancelled order on [`Surface::Canonical`] and on [`Surface::Orders`].
const CANCELLED: [&str; 2] = ["cancelled", "canceled"];

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

    /// A JSON body that was written for either surface as this one spells it: a problem has `error` beside `title` or has not, and the status of a
    /// cancelled order is spelled.
    pub(super) fn respelled(self, body: String, is_problem: bool) -> String {
        let Ok(Value::Object(mut members)) = serde_json::from_str(&body) else { return body };
        match (self, is_problem) {
            (Self::Orders, true) => {
                let title = members.get("title").cloned().unwrap_or_default();
                members.entry("error").or_insert(title);
            }
            (Self::Canonical, true) if members.get("error") == members.get("title") => {
                members.remove("error");
            }
            (Self::Canonical, true) => {}
            (Self::Canonical | Self::Orders, false) => {
                if let Some(status) =
                    members.get_mut("status").filter(|status| CANCELLED.iter().any(|name| *status == name))
                {
                    *status = CANCELLED[usize::from(self == Self::Orders)].into();
                }
            }
        }
        Value::Object(members).to_string()
    }
}

#[cfg(test)]
mod tests {
    use kernel::Problem;
    use serde_json::json;

    use super::*;
    use crate::http::problem::render;

    #[test]
    fn what_is_kept_is_told_as_each_surface_tells_it() {
        let surfaces = [Surface::Canonical, Surface::Orders];
        let value = |body: &str| serde_json::from_str::<Value>(body).unwrap();
        let problem = Problem::conflict("insufficient_stock", "So few.").with("wanted", 3);
        let problems = surfaces.map(|surface| render(&problem, "r-1", surface).body);
        let orders = CANCELLED.map(|name| json!({"status": name, "items": []}).to_string());
        for (is_problem, bodies) in [(true, problems), (false, orders)] {
            for (surface, body) in surfaces.into_iter().zip(&bodies) {
                for first in &bodies {
                    assert_eq!(value(&surface.respelled(first.clone(), is_problem)), value(body));
                }
            }
        }
        let paid = json!({"status": "paid", "error": "none"});
        assert_eq!(value(&Surface::Orders.respelled(paid.to_string(), false)), paid);
    }

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
