//! The number of times that a message is offered when answers are lost, by clients as the functions have them.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::recipient::Recipient;
use crate::template::Template;

/// A carrier that takes every connection, reads a request and does `then`; counts requests.
fn service(then: fn(&mut TcpStream)) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, requests) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A connection that the client closes unused is no request.
            if stream.read(&mut [0; 16_384]).is_ok_and(|read| read > 0) {
                counter.fetch_add(1, Ordering::Relaxed);
                then(&mut stream);
            }
        }
    });
    (address, requests)
}

fn carrier(address: SocketAddr) -> Carrier {
    let endpoint = format!("http://{address}");
    let variables = [
        ("AWS_REGION", "eu-north-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("EMAIL_SENDER", "shop@example.com"),
        ("EMAIL_TOPIC_ARN", "arn:aws:sns:eu-north-1:000000000000:email"),
    ];
    let variables: HashMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Carrier::connect(&Init::from_variables(variables).unwrap()).unwrap()
}

/// An SMS by SNS, an email by SES, and an email by SNS's topic.
fn ways(address: SocketAddr) -> [(Carrier, Message); 3] {
    let message = |to, text| Message {
        id: "36c4f99e-9b85-5833-b23d-83e41eb93cb2".parse().unwrap(),
        event_id: None,
        template: Template::OrderPaid,
        user_id: None,
        class: crate::budget::Class::Paid,
        source: None,
        order_id: None,
        to,
        text,
    };
    let email = || {
        let text = Text::Email {
            subject: "Paid".to_owned(),
            ascii_subject: "Paid".to_owned(),
            text: "Paid".to_owned(),
            html: "<p>Paid</p>".to_owned(),
        };
        message(Recipient::Email("anna@example.com".parse().unwrap()), text)
    };
    let sms = message(Recipient::Phone("+79161234567".parse().unwrap()), Text::Sms("Paid".to_owned()));
    let (sns, ses) = (carrier(address), carrier(address));
    [(sns.clone(), sms), (ses, email()), (Carrier { ses: None, ..sns }, email())]
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_offered_once_and_possibly_sent() {
    let (address, requests) = service(|_| {});
    for (number, (carrier, message)) in ways(address).into_iter().enumerate() {
        let NotSent::Unconfirmed(why) = carrier.send(&message).await.unwrap_err() else { panic!("{number}") };
        assert_eq!(why, "possibly sent: the connection broke");
        assert_eq!(requests.load(Ordering::Relaxed), number + 1);
    }
}

#[tokio::test]
async fn a_message_that_the_carrier_failed_at_is_offered_once_and_possibly_sent() {
    let (address, requests) = service(|stream| {
        stream.write_all(b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    for (number, (carrier, message)) in ways(address).into_iter().enumerate() {
        let NotSent::Unconfirmed(why) = carrier.send(&message).await.unwrap_err() else { panic!("{number}") };
        assert!(why.starts_with("possibly sent: "), "{why}");
        assert_eq!(requests.load(Ordering::Relaxed), number + 1);
    }
}

#[tokio::test]
async fn a_message_that_was_never_sent_may_be_sent_later() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (carrier, message) in ways(closed) {
        let NotSent::Failed(problem) = carrier.send(&message).await.unwrap_err() else { panic!("final?") };
        assert!(problem.kind.retryable(), "{problem}");
    }
}
