//! Slashes at the end of a path: one address for one resource, regardless of the gateway's handling of them.
//!
//! Whether API Gateway takes `/orders/` for the route `/orders` is not documented, and reports differ. What comes through is sent on, as
//! what no route takes is.

use kernel::Problem;

use super::Request;

/// Returns the location that a routed request is redirected to; `None` when its path has no slash too many at its end. A path that ends in
/// several slashes is not found: clients resolve the relative location from empty segments differently.
pub(super) fn elsewhere(request: &Request) -> Result<Option<String>, Problem> {
    let template = request.route.split_once(' ').map_or("/", |(_, template)| template);
    let Some(path) = request.path.strip_suffix('/').filter(|_| template != "/") else { return Ok(None) };
    if path.ends_with('/') {
        return Err(Problem::not_found("There is nothing at this path."));
    }
    Ok(Some(without_slash(path, &request.query_string())))
}

/// Returns the location of `path` relative to the same address with a slash behind it. A relative location keeps a stage or prefix that the
/// client sees and we do not, and the response never leads to another host.
pub fn without_slash(path: &str, query: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("../{}{mark}{query}", escaped(last))
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
        let to = |location: &str| Ok(Some(location.to_owned()));
        assert_eq!(elsewhere("POST /orders", "/orders/"), to("../orders"));
        assert_eq!(elsewhere("GET /api/v1/orders/{id}", "/api/v1/orders/7/"), to("../7"));
        assert!(elsewhere("GET /api/v1/orders/{id}", "/api/v1/orders/7//").is_err());
        assert_eq!(elsewhere("POST /orders", "/orders"), Ok(None));
        assert_eq!(elsewhere("GET /", "/"), Ok(None));
        assert_eq!(elsewhere("GET /", "/prefix/"), Ok(None));
        assert_eq!(elsewhere("$default", "/orders/"), Ok(None), "what no route takes is answered there");
    }
}
