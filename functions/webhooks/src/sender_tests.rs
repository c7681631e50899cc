use kernel::UserId;
use kernel::ids::WebhookEndpointId;
use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::endpoint::NewEndpoint;
use crate::envelope::tests::event;
use crate::event_type::EventTypes;
use crate::secret::SigningSecret;

const LOCAL: Rules = Rules { addresses: AddressPolicy::PublicAndLoopback };

/// A receiver that takes one request and answers `answer` to it: its address, and the request as it came.
async fn receiver(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut heard, mut buffer) = (Vec::new(), [0; 4_096]);
        while !heard.windows(4).any(|bytes| bytes == b"\r\n\r\n") || !heard.ends_with(b"}") {
            let count = stream.read(&mut buffer).await.unwrap();
            heard.extend_from_slice(&buffer[..count]);
            if count == 0 {
                break;
            }
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(heard).unwrap()
    });
    (url, heard)
}

fn endpoint(url: &str) -> Endpoint {
    let new = NewEndpoint {
        url: url.parse().unwrap(),
        event_types: EventTypes::new(vec!["*".parse().unwrap()]).unwrap(),
        description: None,
    };
    let secret = SigningSecret::generate().unwrap();
    Endpoint::new(WebhookEndpointId::generate(), UserId::generate(), new, secret, Timestamp::now())
}

fn delivery(endpoint: &Endpoint) -> Delivery {
    let event = event("orders.order_paid", "order/1", 1, &serde_json::json!({"a": 1}));
    Delivery::new(&event, endpoint.id, Timestamp::now()).unwrap()
}

async fn sent(rules: Rules, url: &str) -> Outcome {
    let endpoint = endpoint(url);
    let sender = Sender::new(rules).unwrap();
    sender.send(&endpoint, &delivery(&endpoint), Timestamp::now()).await.unwrap()
}

#[tokio::test]
async fn what_arrives_is_signed_and_whole() {
    let (url, heard) = receiver("HTTP/1.1 204 No Content\r\n\r\n").await;
    let endpoint = endpoint(&url);
    let delivery = delivery(&endpoint);
    let sender = Sender::new(LOCAL).unwrap();
    let outcome = sender.send(&endpoint, &delivery, Timestamp::now()).await.unwrap();
    assert_eq!(outcome, Outcome::Answered { status: 204, retry_after: None });
    let heard = heard.await.unwrap();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, delivery.body);
    let headers: HeaderMap = head
        .lines()
        .skip(1)
        .filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.parse::<http::HeaderName>().ok()?, value.parse().ok()?))
        })
        .collect();
    assert_eq!(headers["webhook-id"], delivery.event_id.to_string());
    assert_eq!(headers["content-type"], "application/json");
    let secret = endpoint.signing.current().reveal();
    standardwebhooks::Webhook::new(secret).unwrap().verify(body.as_bytes(), &headers).unwrap();
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let (elsewhere, never) = receiver("HTTP/1.1 200 OK\r\n\r\n").await;
    let answer =
        format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
    let (url, _) = receiver(answer.leak()).await;
    assert_eq!(sent(LOCAL, &url).await, Outcome::Answered { status: 307, retry_after: None });
    assert!(!never.is_finished(), "it was followed");
}

#[tokio::test]
async fn a_receiver_can_ask_for_time() {
    let (url, _) = receiver("HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n").await;
    let asked = Some(Duration::from_mins(2));
    assert_eq!(sent(LOCAL, &url).await, Outcome::Answered { status: 503, retry_after: asked });
}

/// The URL was fine when it was registered, and the rules have become stricter since.
#[tokio::test]
async fn an_address_in_the_url_is_checked_before_each_request() {
    let (url, never) = receiver("HTTP/1.1 200 OK\r\n\r\n").await;
    let outcome = sent(Rules { addresses: AddressPolicy::Public }, &url).await;
    assert_eq!(outcome, Outcome::Failed(Fault::AddressNotAllowed));
    assert!(!never.is_finished(), "it was connected to");
}

/// A name is judged by what it resolves to at the moment of connecting, and the reason is found among the errors around it.
#[tokio::test]
async fn a_name_that_resolves_to_this_machine_is_not_connected_to() {
    let (url, never) = receiver("HTTP/1.1 200 OK\r\n\r\n").await;
    let mut url: Url = url.parse().unwrap();
    url.set_host(Some("localhost")).unwrap();
    let client = Sender::new(Rules { addresses: AddressPolicy::Public }).unwrap().client;
    let error = client.post(url.clone()).body("{}").send().await.unwrap_err();
    assert_eq!(fault(&error), Fault::AddressNotAllowed);
    assert!(!never.is_finished(), "it was connected to");
    // The same name where this machine may be reached: at 127.0.0.1, or refused at ::1 first.
    let answer = Sender::new(LOCAL).unwrap().client.post(url).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn a_name_with_one_bad_address_has_none() {
    let public: SocketAddr = "93.184.216.34:0".parse().unwrap();
    let inside: SocketAddr = "169.254.169.254:0".parse().unwrap();
    assert_eq!(checked(AddressPolicy::Public, vec![public]), Ok(vec![public]));
    for addresses in [AddressPolicy::Public, AddressPolicy::PublicAndLoopback] {
        assert_eq!(checked(addresses, vec![public, inside]), Err(NotPublic(inside.ip())));
    }
}

#[tokio::test]
async fn who_is_not_there_could_not_be_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(sent(LOCAL, &url).await, Outcome::Failed(Fault::CouldNotConnect));
    let (url, _) = receiver("").await;
    assert_eq!(sent(LOCAL, &url).await, Outcome::Failed(Fault::ConnectionBroken));
}
