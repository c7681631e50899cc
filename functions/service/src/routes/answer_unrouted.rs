//! `$default`: what no route takes is answered like everything else, by a problem.
//!
//! An unknown path is 404, and so is a documented route that this installation does not have, by its own method. A path that is there with other methods is
//! 405 with `Allow`. A path with a slash at its end is 308 to the path without it, if there is that. `OPTIONS` is answered with the methods; where the gateway has been given origins (`CorsOrigins`), it answers preflights by itself.

use std::future::{Future, ready};
use std::sync::Arc;

use http::Method;
use http::header::ALLOW;
use kernel::Problem;
use platform::http::{Handler, Request, Response, handler, without_slash};
use platform::{Init, InitError};

use crate::document::Routes;
use crate::refusal::ServiceRefusal;

/// The route's handler.
pub fn init(_: Init) -> impl Future<Output = Result<Handler, InitError>> {
    let routes = Routes::read().map_err(|error| InitError::new("openapi.json", error));
    ready(routes.map(|routes| {
        handler(routes, |routes: Arc<Routes>, request: Request| {
            ready(answer(&routes, &request.method, &request.path, &request.query_string()))
        })
    }))
}

fn answer(routes: &Routes, method: &Method, path: &str, query: &str) -> Result<Response, Problem> {
    let mut methods = routes.methods(path);
    if methods.is_empty() {
        let shorter = path.strip_suffix('/').filter(|shorter| !shorter.ends_with('/'));
        let shorter = shorter.filter(|shorter| !routes.methods(shorter).is_empty());
        if let Some(shorter) = shorter {
            return Response::permanent_redirect(&without_slash(shorter, query));
        }
        return Err(ServiceRefusal::PathNotFound.into());
    }
    if methods.contains(method.as_str()) {
        // The gateway has no such route: it is another installation's, such as one with the sandbox for a provider.
        return Err(ServiceRefusal::RouteNotInstalled.into());
    }
    methods.insert(Method::OPTIONS.to_string());
    let allow = methods.into_iter().collect::<Vec<_>>().join(", ");
    if method == Method::OPTIONS {
        return Ok(Response::no_content().header(ALLOW, &allow));
    }
    Err(ServiceRefusal::MethodNotAllowed { method: method.clone(), allow }.into())
}

#[cfg(test)]
mod tests {
    use http::header::LOCATION;
    use kernel::Kind;

    use super::*;

    fn ask(method: &Method, path: &str) -> Result<Response, Problem> {
        answer(&Routes::read().unwrap(), method, path, "")
    }

    #[test]
    fn an_unknown_path_is_not_found() {
        for path in
            ["/nothing", "/nothing/", "/healthz//", "//", "//evil.example/", "//evil.example/healthz/", ""]
        {
            let problem = ask(&Method::GET, path).unwrap_err();
            assert_eq!((problem.kind, problem.code), (Kind::NotFound, "not_found"), "{path}");
        }
    }

    #[test]
    fn slashes_at_the_end_lead_to_the_path_without_them() {
        for (path, query, location) in [
            ("/healthz/", "", "../healthz"),
            ("/api/v1/products/", "limit=1&q=a%26b", "../products?limit=1&q=a%26b"),
            ("/api/v1/products/A 1?#%:/", "", "../A%201%3F%23%25%3A"),
            ("/api/v1/products/чай/", "", "../%D1%87%D0%B0%D0%B9"),
        ] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                let reply = answer(&Routes::read().unwrap(), &method, path, query).unwrap();
                assert_eq!(
                    (reply.status.as_u16(), reply.headers[LOCATION].to_str().unwrap()),
                    (308, location)
                );
            }
        }
    }

    #[test]
    fn another_method_is_told_those_that_there_are() {
        for method in [Method::POST, Method::TRACE, Method::from_bytes(b"BREW").unwrap()] {
            let problem = ask(&method, "/healthz").unwrap_err();
            assert_eq!((problem.kind, problem.code), (Kind::NotAllowed, "method_not_allowed"));
            assert_eq!(problem.extensions["allow"], "GET, HEAD, OPTIONS");
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
        assert_eq!(
            (reply.status.as_u16(), reply.headers[ALLOW].to_str().unwrap()),
            (204, "GET, HEAD, OPTIONS")
        );
        assert!(ask(&Method::OPTIONS, "/nothing").is_err());
    }
}
