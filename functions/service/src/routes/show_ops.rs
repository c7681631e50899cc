//! `GET /ops` and `GET /ops/{asset}`: the operator's page and what it loads.
//!
//! The page is public and holds no data. It requests the data from the API, with the token of the person who signs in.

use std::future::{Future, ready};

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY};
use kernel::Problem;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::ops::{Asset, PAGE, asset};
use crate::refusal::ServiceRefusal;

/// The page runs what is served beside it, talks to the API that it came from, and does nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
/// Kept, and asked about each time: a page and its scripts always belong together.
const CACHING: &str = "no-cache";

/// The route's handler.
pub fn init(_: Init) -> impl Future<Output = Result<Handler, InitError>> {
    ready(Ok(handler((), |_, request| ready(handle(&request)))))
}

fn handle(request: &Request) -> Result<Response, Problem> {
    let file = match request.path_parameter("asset") {
        "" => &PAGE,
        name => asset(name).ok_or(ServiceRefusal::FileNotFound)?,
    };
    Ok(reply(file).unless_known(request))
}

fn reply(file: &Asset) -> Response {
    Response::html(StatusCode::OK, file.text)
        .header(CONTENT_TYPE, file.media_type)
        .header(CACHE_CONTROL, CACHING)
        .header(CONTENT_SECURITY_POLICY, POLICY)
        .header(REFERRER_POLICY, "no-referrer")
        .header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_guarded_and_is_what_it_says() {
        for file in [&PAGE, asset("page.js").unwrap(), asset("icon.svg").unwrap()] {
            let reply = reply(file);
            assert_eq!(reply.headers[CONTENT_TYPE], file.media_type);
            let policy = reply.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
            assert!(!policy.contains("  "), "{policy}");
            assert_eq!(reply.body, file.text);
        }
    }
}
