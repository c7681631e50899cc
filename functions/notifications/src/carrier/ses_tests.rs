//! The requests on the wire, and the outcomes of SES's refusals.

use std::collections::HashMap;

use aws_sdk_sesv2::config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use kernel::Kind;
use serde_json::{Value, json};

use super::*;
use crate::message::Text;
use crate::recipient::Recipient;
use crate::template::Template;

const ID: &str = "36c4f99e-9b85-5833-b23d-83e41eb93cb2";

fn ses(status: u16, code: &str, body: &Value) -> (Ses, StaticReplayClient) {
    let request = http::Request::builder().uri("https://ses.test/").body(SdkBody::empty()).unwrap();
    let response = http::Response::builder().status(status).header("x-amzn-errortype", code);
    let response = response.body(SdkBody::from(body.to_string())).unwrap();
    let replay = StaticReplayClient::new(vec![ReplayEvent::new(request, response)]);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-north-1"))
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(replay.clone())
        .build();
    let client = Client::from_conf(config);
    let configuration_set = Some("shop".to_owned());
    (Ses { client, sender: "Shop <shop@example.com>".to_owned(), configuration_set }, replay)
}

fn message() -> Message {
    Message {
        id: ID.parse().unwrap(),
        event_id: None,
        template: Template::OrderPaid,
        user_id: None,
        class: crate::budget::Class::Paid,
        source: None,
        order_id: None,
        to: Recipient::Email("anna@example.com".parse().unwrap()),
        text: Text::Sms(String::new()),
    }
}

async fn send(ses: &Ses) -> Result<(), NotSent> {
    ses.letter(&message(), "Заказ 42 оплачен", "Здравствуйте!", "<p>Здравствуйте!</p>").await
}

#[tokio::test]
async fn a_letter_has_both_forms_and_is_found_again_by_its_tag() {
    let (ses, replay) = ses(200, "", &json!({"MessageId": "1"}));
    send(&ses).await.unwrap();
    let request = replay.actual_requests().next().unwrap();
    assert!(request.uri().ends_with("/v2/email/outbound-emails"), "{}", request.uri());
    let sent: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
    let part = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
    let expected = json!({
        "FromEmailAddress": "Shop <shop@example.com>",
        "Destination": {"ToAddresses": ["anna@example.com"]},
        "Content": {"Simple": {
            "Subject": part("Заказ 42 оплачен"),
            "Body": {"Text": part("Здравствуйте!"), "Html": part("<p>Здравствуйте!</p>")},
        }},
        "EmailTags": [
            {"Name": "notificationId", "Value": ID}, {"Name": "template", "Value": "order_paid"},
        ],
        "ConfigurationSetName": "shop",
    });
    assert_eq!(sent, expected);
}

async fn refusal(status: u16, code: &str, message: &str) -> NotSent {
    send(&ses(status, code, &json!({ "message": message })).0).await.unwrap_err()
}

#[tokio::test]
async fn a_bad_letter_is_refused_for_good_and_its_address_is_not_repeated() {
    for code in ["MessageRejected", "BadRequestException"] {
        let refused = refusal(400, code, "Illegal address: anna@example.com").await;
        let NotSent::Refused(why) = refused else { panic!("{code} may pass?") };
        assert_eq!(why, format!("refused by the carrier: {code}"));
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_we_did_wrong_is_not_blamed_on_the_letter() {
    let unverified = "Email address is not verified: anna@example.com";
    for (status, code, message, kind) in [
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", Kind::Unavailable),
        (400, "LimitExceededException", "Daily message quota exceeded.", Kind::Unavailable),
        (400, "SendingPausedException", "", Kind::Unavailable),
        (400, "MessageRejected", unverified, Kind::Internal),
        (400, "AccountSuspendedException", "", Kind::Internal),
        (400, "MailFromDomainNotVerifiedException", "", Kind::Internal),
        (403, "AccessDeniedException", "", Kind::Internal),
        (404, "NotFoundException", "", Kind::Internal),
    ] {
        let NotSent::Failed(problem) = refusal(status, code, message).await else {
            panic!("{code} is final?")
        };
        assert_eq!(problem.kind, kind, "{code}");
        assert!(!problem.to_string().contains("anna"), "{problem}");
    }
}

#[tokio::test]
async fn an_error_of_the_carrier_leaves_open_whether_the_letter_was_sent() {
    let NotSent::Unconfirmed(why) = refusal(500, "InternalServiceError", "").await else { panic!() };
    assert_eq!(why, "possibly sent: InternalServiceError");
}

fn connect(sender: &str) -> Result<Option<Ses>, InitError> {
    let variables = [
        ("AWS_REGION", "eu-north-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
        ("EMAIL_SENDER", sender),
    ];
    let variables: HashMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ses::connect(&Init::from_variables(variables).unwrap())
}

#[tokio::test]
async fn without_a_sender_letters_go_another_way() {
    assert!(connect("").unwrap().is_none());
    assert!(connect("shop@example.com").unwrap().is_some());
    for sender in ["shop", "Магазин <shop@example.com>"] {
        assert_eq!(connect(sender).err().unwrap().setting, "EMAIL_SENDER", "{sender}");
    }
}
