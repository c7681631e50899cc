//! The server. Its own loop over connections, because a connection has to be able to end without an answer.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use crate::state::State;
use crate::{api, control, page};

/// Marks a response in whose place the connection ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DropConnection;

impl DropConnection {
    pub(crate) fn response() -> Response {
        let mut response = ().into_response();
        response.extensions_mut().insert(Self);
        response
    }
}

impl std::fmt::Display for DropConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection ends without an answer, as it was asked for")
    }
}

impl std::error::Error for DropConnection {}

/// Serves until it is aborted.
pub(crate) async fn serve(listener: TcpListener, state: Arc<State>) {
    let router =
        Router::new().merge(api::routes()).merge(control::routes()).merge(page::routes()).with_state(state);
    loop {
        // What fails here concerns one connection that never came to be.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, router.clone()));
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move {
            let Ok(response) = router.oneshot(request).await;
            if response.extensions().get::<DropConnection>().is_some() {
                return Err(DropConnection);
            }
            Ok(response)
        }
    });
    let _ = stream.set_nodelay(true);
    // An error is a client that left, or a connection that was dropped on purpose.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
