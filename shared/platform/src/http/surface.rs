//! Which family of clients a path serves.

/// A family of clients. The work behind their routes is the same; what differs is how it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Clients of this API.
    Canonical,
    /// Clients of existing order services, without a prefix or under `/api`: problems carry one more member, `error`, and the cancelled
    /// status is spelled `canceled`.
    Orders,
}

/// What the clients of existing order services call, by the first segment of the path after the prefix.
const ORDERS_SURFACE: [&str; 2] = ["orders", "register"];

impl Surface {
    /// The surface that `path` belongs to.
    pub fn of(path: &str) -> Self {
        let path = path.strip_prefix("/api/").or_else(|| path.strip_prefix('/')).unwrap_or(path);
        let first = path.split('/').next().unwrap_or_default();
        if ORDERS_SURFACE.contains(&first) { Self::Orders } else { Self::Canonical }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_one_surface() {
        for path in
            ["/orders", "/api/orders", "/orders/7/cancel", "/api/orders/user/7", "/register", "/api/register"]
        {
            assert_eq!(Surface::of(path), Surface::Orders, "{path}");
        }
        for path in [
            "/api/v1/orders",
            "/api/v1/orders/7",
            "/",
            "/healthz",
            "/sandbox/payments/7",
            "/ordersX",
            "/token",
            "",
        ] {
            assert_eq!(Surface::of(path), Surface::Canonical, "{path}");
        }
    }
}
