//! A route's handler behind API Gateway.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use http::header::{HeaderName, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use kernel::problem::{INVALID_PARAMETER, QUERY_POINTER};
use kernel::{Kind, Problem};
use lambda_http::{Body, Response as LambdaResponse, service_fn};
use tracing::Instrument as _;

use super::{Request, Response, Surface, problem, slashes};
use crate::function::Start;
use crate::{BoxFuture, metrics, runtime, telemetry};

/// A year without a request over plain HTTP (RFC 6797 section 6.1.1). Names below ours are left out: a merchant's domain may have other hosts. Browsers
/// ignore it where the answer came over plain HTTP, as on the local stack (section 8.1).
const TRANSPORT_SECURITY: &str = "max-age=31536000";

/// A route's handler: returns the response to a request, or the problem for which it is not served.
pub type Handler = Box<dyn Fn(Request) -> BoxFuture<'static, Result<Response, Problem>> + Send + Sync>;

/// A handler that shares `state` between requests.
pub fn handler<S, F, Fut>(state: S, handle: F) -> Handler
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    let state = Arc::new(state);
    Box::new(move |request| Box::pin(handle(Arc::clone(&state), request)))
}

/// Serves the handler that `init` makes, until Lambda ends the process.
///
/// Not generic, so that everything below it is compiled once and not for each of the binaries.
pub(crate) fn serve(init: Start<Handler>) -> ExitCode {
    runtime::serve(init, |handler| {
        lambda_http::run(service_fn(move |event: lambda_http::Request| {
            let handler = Arc::clone(&handler);
            async move { Ok::<_, lambda_http::Error>(answer(&handler, Request::from_lambda(event)).await) }
        }))
    })
}

async fn answer(handler: &Handler, mut request: Request) -> LambdaResponse<Body> {
    let began = Instant::now();
    let wants_no_body = request.take_head_for_get();
    let (method, route) = (request.method.clone(), request.route.clone());
    let (request_id, correlation_id) = (request.request_id.clone(), request.correlation_id.clone());
    let surface = Surface::of(&request);
    // Around every line that the handler writes.
    let span = tracing::info_span!("invocation", request_id, correlation_id);
    let answered = answered(handler, request).instrument(span).await;
    let (reply, problem) = match answered {
        Ok(reply) => (reply, None),
        Err(problem) => (problem::render(&problem, &request_id, surface), Some(problem)),
    };
    if reply.status.is_server_error() {
        metrics::request_failed();
    }
    log(&method, &route, &reply, problem.as_ref(), &request_id, &correlation_id, began);
    let reply = reply
        .header(HeaderName::from_static("x-request-id"), &request_id)
        .header(HeaderName::from_static("x-correlation-id"), &correlation_id)
        .header(STRICT_TRANSPORT_SECURITY, TRANSPORT_SECURITY)
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff");
    let body = if wants_no_body {
        Body::Empty
    } else if reply.bytes.is_empty() {
        Body::from(reply.body)
    } else {
        Body::from(reply.bytes)
    };
    let mut response = LambdaResponse::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// Returns the response of `handler`, unless the path has to be redirected or is not found. The parameters of the query that the handler did not
/// read are checked too.
async fn answered(handler: &Handler, request: Request) -> Result<Response, Problem> {
    if let Some(location) = slashes::elsewhere(&request)? {
        return Response::permanent_redirect(&location);
    }
    let (method, route) = (request.method.clone(), request.route.clone());
    let query = request.query_parameters().clone();
    match handler(request).await {
        // Who is refused for something else learns why, and not what else is wrong.
        Err(problem) if !is_about_query(&problem) => Err(problem),
        answered => Problem::both(answered, query.check(&method, &route)).map(|(reply, ())| reply),
    }
}

/// True when `problem` names parameters of the query alone.
fn is_about_query(problem: &Problem) -> bool {
    problem.code == INVALID_PARAMETER
        && problem.errors.iter().all(|error| error.pointer.starts_with(QUERY_POINTER))
}

/// The one line of a request. Problems are logged here and nowhere else.
fn log(
    method: &http::Method,
    route: &str,
    reply: &Response,
    problem: Option<&Problem>,
    request_id: &str,
    correlation_id: &str,
    began: Instant,
) {
    let status = reply.status.as_u16();
    let spent = telemetry::spent_since(began);
    let trace_id = telemetry::trace_id();
    let code = problem.map_or("", |problem| problem.code);
    let inside =
        problem.and_then(Problem::internal_detail).map(|inside| format!("{inside:?}")).unwrap_or_default();
    let ours = problem.is_some_and(|problem| matches!(problem.kind, Kind::Internal | Kind::Unavailable));
    if ours {
        telemetry::line!(
            error, spent, %method, route, status, request_id, correlation_id, trace_id, code, inside, "request"
        );
    } else {
        telemetry::line!(
            info, spent, %method, route, status, request_id, correlation_id, trace_id, code, inside, "request"
        );
    }
}
