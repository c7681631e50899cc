//! The requests on the wire, and the outcomes of SNS's refusals.

use std::collections::HashMap;

use aws_sdk_sns::config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use kernel::Kind;

use super::*;
use crate::carrier::Carrier;
use crate::message::Text;
use crate::template::Template;

const PUBLISHED: &str =
    "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
const ID: &str = "36c4f99e-9b85-5833-b23d-83e41eb93cb2";

fn carrier(status: u16, body: &str) -> (Carrier, StaticReplayClient) {
    let request = http::Request::builder().uri("https://sns.test/").body(SdkBody::empty()).unwrap();
    let response = http::Response::builder().status(status).body(SdkBody::from(body)).unwrap();
    let replay = StaticReplayClient::new(vec![ReplayEvent::new(request, response)]);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-north-1"))
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(replay.clone())
        .build();
    let email_topic = "arn:aws:sns:eu-north-1:000000000000:email".to_owned();
    let sns = Sns { client: Client::from_conf(config), email_topic };
    (Carrier { sns, ses: None }, replay)
}

fn message(to: Recipient, text: Text) -> Message {
    Message {
        id: ID.parse().unwrap(),
        event_id: Some(ID.parse().unwrap()),
        template: Template::OrderPaid,
        user_id: Some(ID.parse().unwrap()),
        class: crate::budget::Class::Paid,
        source: None,
        order_id: Some(ID.parse().unwrap()),
        to,
        text,
    }
}

fn sms() -> Message {
    message(Recipient::Phone("+79161234567".parse().unwrap()), Text::Sms("Paid & done".to_owned()))
}

/// The form that was sent, with attributes by their names.
fn sent(replay: &StaticReplayClient) -> HashMap<String, String> {
    let request = replay.actual_requests().next().unwrap();
    let form: Vec<(String, String)> = serde_urlencoded::from_bytes(request.body().bytes().unwrap()).unwrap();
    let form: HashMap<String, String> = form.into_iter().collect();
    let attribute = |name: &str| {
        let prefix = name.strip_suffix(".Name")?.to_owned();
        assert_eq!(form[&format!("{prefix}.Value.DataType")], "String");
        Some((form[name].clone(), form[&format!("{prefix}.Value.StringValue")].clone()))
    };
    let plain = form.iter().filter(|(name, _)| !name.contains('.'));
    let plain = plain.map(|(name, value)| (name.clone(), value.clone()));
    plain.chain(form.keys().filter_map(|name| attribute(name))).collect()
}

fn form(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    let common = [("Action", "Publish"), ("Version", "2010-03-31")];
    common.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_text_message_goes_to_its_number_and_counts_as_transactional() {
    let (carrier, replay) = carrier(200, PUBLISHED);
    carrier.send(&sms()).await.unwrap();
    let expected = [
        ("PhoneNumber", "+79161234567"),
        ("Message", "Paid & done"),
        ("AWS.SNS.SMS.SMSType", "Transactional"),
    ];
    assert_eq!(sent(&replay), form(&expected));
}

#[tokio::test]
async fn a_letter_goes_to_the_topic_with_all_that_delivering_it_takes() {
    let (carrier, replay) = carrier(200, PUBLISHED);
    let letter = Text::Email {
        subject: "Заказ 42 оплачен".to_owned(),
        ascii_subject: "Order 42 is paid".to_owned(),
        text: "Здравствуйте!".to_owned(),
        html: "<p>Здравствуйте!</p>".to_owned(),
    };
    let to = Recipient::Email("anna@example.com".parse().unwrap());
    carrier.send(&message(to, letter)).await.unwrap();
    let expected = [
        ("TopicArn", "arn:aws:sns:eu-north-1:000000000000:email"),
        ("Subject", "Order 42 is paid"),
        ("Message", "Здравствуйте!"),
        ("recipient", "anna@example.com"),
        ("subject", "Заказ 42 оплачен"),
        ("html", "<p>Здравствуйте!</p>"),
        ("template", "order_paid"),
        ("notificationId", ID),
    ];
    assert_eq!(sent(&replay), form(&expected));
}

async fn refusal(status: u16, code: &str) -> NotSent {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>Invalid parameter: PhoneNumber Reason: +79161234567</Message></Error></ErrorResponse>"
    );
    carrier(status, &body).0.send(&sms()).await.unwrap_err()
}

#[tokio::test]
async fn a_bad_message_is_refused_for_good_and_its_number_is_not_repeated() {
    for code in ["InvalidParameter", "ParameterValueInvalid", "ValidationException"] {
        let NotSent::Refused(why) = refusal(400, code).await else { panic!("{code} may pass?") };
        assert_eq!(why, format!("refused by the carrier: {code}"));
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_we_did_wrong_is_not_blamed_on_the_message() {
    for (status, code, kind) in [
        (400, "Throttling", Kind::Unavailable),
        (429, "Throttled", Kind::Unavailable),
        (400, "KMSThrottling", Kind::Unavailable),
        (503, "Throttling", Kind::Unavailable),
        (403, "AuthorizationError", Kind::Internal),
        (404, "NotFound", Kind::Internal),
    ] {
        let NotSent::Failed(problem) = refusal(status, code).await else { panic!("{code} is final?") };
        assert_eq!(problem.kind, kind, "{code}");
        assert!(!problem.to_string().contains("7916"), "{problem}");
    }
}

#[tokio::test]
async fn an_error_of_the_carrier_leaves_open_whether_the_message_was_sent() {
    for (status, code) in [(500, "InternalError"), (503, "ServiceUnavailable")] {
        let NotSent::Unconfirmed(why) = refusal(status, code).await else { panic!("{code} says more?") };
        assert_eq!(why, format!("possibly sent: {code}"));
    }
}
