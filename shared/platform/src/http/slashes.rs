//! Slashes at the end of a path: one address for one thing, whatever the gateway makes of them.
//!
//! Whether API Gateway takes `/orders/` for the route `/orders` is not documented, and reports differ. What comes through is sent on, as
//! what no route takes is.

use super::Request;

/// Where a request that a route took is to be sent instead; none when its path ends as it has to.
pub(super) fn elsewhere(request: &Request) -> Option<String> {
    let (_, template) = request.route.split_once(' ')?;
    let is_root = template == "/";
    (!is_root && request.path.ends_with('/')).then(|| without_slashes(&request.path, &request.query_string()))
}

/// Where `path` is without the slashes at its end, relative to itself: so a stage or prefix that the client sees and we do not stays, and the answer never
/// leads to another host.
pub fn without_slashes(path: &str, query: &str) -> String {
    let shorter = path.trim_end_matches('/');
    let up = "../".repeat(path.len() - shorter.len());
    let last = shorter.rsplit('/').next().unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{up}{}{mark}{query}", escaped(last))
}

/// A segment of a path, with everything but the unreserved characters of RFC 3986 escaped.
fn escaped(segment: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let escape = |byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    segment.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::tests::with_headers;

    #[test]
    fn a_route_that_took_a_path_with_a_slash_is_left_for_the_path_without() {
        let elsewhere = |route: &str, path: &str| {
            let mut request = with_headers(&[]);
            (request.route, request.path) = (route.to_owned(), path.to_owned());
            elsewhere(&request)
        };
        assert_eq!(elsewhere("POST /orders", "/orders/").as_deref(), Some("../orders"));
        assert_eq!(elsewhere("GET /api/v1/orders/{id}", "/api/v1/orders/7//").as_deref(), Some("../../7"));
        assert_eq!(elsewhere("POST /orders", "/orders"), None);
        assert_eq!(elsewhere("GET /", "/"), None);
        assert_eq!(elsewhere("GET /", "/prefix/"), None);
        assert_eq!(elsewhere("$default", "/orders/"), None, "what no route takes is answered there");
    }
}
