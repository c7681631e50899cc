//! The connections of use cases: to AWS in this process, to the provider by HTTP on this machine.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use load::Failure;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::effect::{Effect, ProviderRequest, Reply};
use crate::hub::Hub;

/// Begins the targets of requests to Secrets Manager. A process reads the provider's credentials once, before its first call, and the machines of a lab
/// outlive its runs: the request is no step.
const SECRETS: &str = "secretsmanager.";
/// The response to them.
const CREDENTIALS: &str = r#"{"SecretString": "{\"shopId\": \"shop\", \"secretKey\": \"key\"}"}"#;

/// A connection to AWS whose requests are steps of the actor in `slot`.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Where the steps wait.
    pub hub: Hub,
    /// Whose they are.
    pub slot: usize,
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        if target.starts_with(SECRETS) {
            return HttpConnectorFuture::ready(response(200, CREDENTIALS.to_owned()));
        }
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
        let effect = Effect::Aws { target, body: body.unwrap_or(Value::Null) };
        let asked = self.hub.ask(self.slot, effect);
        HttpConnectorFuture::new(async move {
            let Reply::Answer { status, body } = asked.await else {
                // The SDK sends nothing again after this: what is left of its own attempts is that the last one had no answer.
                return Err(ConnectorError::other("the answer is lost".into(), None));
            };
            response(status, body)
        })
    }
}

fn response(status: u16, body: String) -> Result<HttpResponse, ConnectorError> {
    let status =
        StatusCode::try_from(status).map_err(|error| ConnectorError::other(Box::new(error), None))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}

/// Serves the provider's API on a free port of this machine, as long as the runtime lives. The path begins with the slot of the actor that asks.
pub async fn serve_provider(hub: Hub) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Failure::new)?;
    let address = listener.local_addr().map_err(Failure::new)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let hub = hub.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| respond(&hub, request));
                // An actor that dies hangs up.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(address)
}

async fn respond(hub: &Hub, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut parts = head.uri.path().trim_start_matches('/').splitn(3, '/');
    let slot = parts.next().and_then(|slot| slot.parse().ok()).unwrap_or_default();
    let key = head.headers.get("idempotence-key").and_then(|key| key.to_str().ok());
    let asked = ProviderRequest {
        method: head.method.to_string(),
        path: parts.nth(1).unwrap_or_default().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        key: key.unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    let (status, body) = match hub.ask(slot, Effect::Provider(asked)).await {
        Reply::Answer { status, body } => (status, body),
        Reply::Nothing | Reply::Happened(_) => (500, String::new()),
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    Ok(response)
}
