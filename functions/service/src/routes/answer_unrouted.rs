//! `$default`: what no route takes is answered like everything else, by a problem.
//!
//! An unknown path is 404, and so is a documented route that this installation does not have, by its own method. A path that is there with other methods is 405 with `Allow`, also for `HEAD`: only the routes that are listed
//! answer. `OPTIONS` is told the methods; where the gateway has been given origins (`CorsOrigins`), it answers preflights by itself.

use std::future::{Future, ready};
use std::sync::Arc;

use http::Method;
use http::header::ALLOW;
use kernel::{Kind, Problem};
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};

use crate::document::Routes;

/// The route's handler.
pub fn init(_: Init) -> impl Future<Output = Result<Handler, InitError>> {
    let routes = Routes::read().map_err(|error| InitError::new("openapi.json", error));
    ready(routes.map(|routes| {
        handler(routes, |routes: Arc<Routes>, request: Request| {
            ready(answer(&routes, &request.method, &request.path))
        })
    }))
}

fn answer(routes: &Routes, method: &Method, path: &str) -> Result<Reply, Problem> {
    let mut methods = routes.methods(path);
    if methods.is_empty() {
        let shorter = path.trim_end_matches('/');
        let detail = if shorter != path && !routes.methods(shorter).is_empty() {
            "There is nothing at this path; without the slash at its end there is."
        } else {
            "There is nothing at this path."
        };
        return Err(Problem::not_found(detail));
    }
    if methods.contains(method.as_str()) {
        // The gateway has no such route: it is another installation's, such as one with the sandbox for a provider.
        return Err(Problem::not_found("There is nothing at this path in this installation."));
    }
    methods.insert(Method::OPTIONS.to_string());
    let allow = methods.into_iter().collect::<Vec<_>>().join(", ");
    if method == Method::OPTIONS {
        return Ok(Reply::no_content().header(ALLOW, &allow));
    }
    let detail = format!("This path does not take {method}; it takes {allow}.");
    Err(Problem::new(Kind::NotAllowed, "method_not_allowed", detail).with("allow", allow))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &Method, path: &str) -> Result<Reply, Problem> {
        answer(&Routes::read().unwrap(), method, path)
    }

    #[test]
    fn an_unknown_path_is_not_found_and_a_slash_too_many_is_told() {
        for (path, told) in
            [("/nothing", false), ("/healthz/", true), ("/healthz//", true), ("/nothing/", false)]
        {
            let problem = ask(&Method::GET, path).unwrap_err();
            assert_eq!((problem.kind, problem.code), (Kind::NotFound, "not_found"), "{path}");
            assert_eq!(problem.detail.contains("slash"), told, "{path}");
        }
    }

    #[test]
    fn another_method_is_told_those_that_there_are() {
        for method in [Method::POST, Method::HEAD, Method::TRACE, Method::from_bytes(b"BREW").unwrap()] {
            let problem = ask(&method, "/healthz").unwrap_err();
            assert_eq!((problem.kind, problem.code), (Kind::NotAllowed, "method_not_allowed"));
            assert_eq!(problem.extensions["allow"], "GET, OPTIONS");
        }
    }

    #[test]
    fn a_route_that_this_installation_does_not_have_is_not_found() {
        let problem = ask(&Method::GET, "/sandbox/payments/abc").unwrap_err();
        assert_eq!((problem.kind, problem.code), (Kind::NotFound, "not_found"));
    }

    #[test]
    fn options_names_the_methods() {
        let reply = ask(&Method::OPTIONS, "/healthz").unwrap();
        assert_eq!((reply.status.as_u16(), reply.headers[ALLOW].to_str().unwrap()), (204, "GET, OPTIONS"));
        assert!(ask(&Method::OPTIONS, "/nothing").is_err());
    }
}
