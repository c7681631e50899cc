//! The consumer of the queue of events that customers are told of. That events get there is shown by the journey.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, PATIENCE, emails, eventually, invoke, order_event, post, registration, sqs_batch, texts,
    unique_number, without,
};

/// Somebody who can be reached.
struct Reader {
    id: String,
    email: String,
    phone: String,
    number: u64,
}

/// Registers what `body` says with a client that likes `languages`.
async fn reader(by: &str, body: &Value, languages: &str) -> Reader {
    let request =
        post(&format!("/api/v1/auth/register/{by}")).header("accept-language", languages).json(body);
    let user = Answer::to(request).await.expect(201);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Reader {
        id: text(&user["id"]),
        email: text(&user["email"]),
        phone: text(&user["phone"]),
        number: unique_number(),
    }
}

impl Reader {
    fn event(&self, kind: &str, data: &Value) -> Value {
        order_event(kind, &self.id, self.number, data)
    }

    fn placed(&self) -> Value {
        let item = json!({"sku": "kettle", "name": "Самовар ☕", "quantity": 2, "unitPrice": 3_750});
        let data = json!({
            "expiresAt": "2026-03-03T14:35:00.000Z", "items": [item], "paymentUrl": "https://pay.example.com/p/7",
        });
        self.event("orders.order_placed", &data)
    }

    fn paid(&self) -> Value {
        self.event("orders.order_paid", &json!({"paymentId": Uuid::nil()}))
    }

    fn canceled(&self, cause: &str, reason: &str) -> Value {
        self.event("orders.order_canceled", &json!({"cause": cause, "reason": reason}))
    }

    /// The only email that there is.
    async fn email(&self) -> Value {
        let emails = eventually("an email", PATIENCE, || async {
            Some(emails(&self.email).await).filter(|emails| !emails.is_empty())
        });
        let [email] = <[Value; 1]>::try_from(emails.await).unwrap();
        email
    }

    /// The only text message that there is.
    async fn text(&self) -> String {
        let texts = eventually("a text message", PATIENCE, || async {
            Some(texts(&self.phone).await).filter(|texts| !texts.is_empty())
        });
        let [text] = <[String; 1]>::try_from(texts.await).unwrap();
        text
    }
}

/// Hands the events over, each as a message of its own, and answers the ids of those that failed: `m0` is the first.
async fn tell(events: &[Value]) -> Vec<String> {
    let ids: Vec<String> = (0..events.len()).map(|index| format!("m{index}")).collect();
    let bodies = events.iter().map(|event| match event {
        Value::String(text) => text.clone(),
        event => json!({"version": "0", "source": "holdfast.orders", "detail": event}).to_string(),
    });
    let messages: Vec<(&str, String)> = ids.iter().map(String::as_str).zip(bodies).collect();
    let answer = invoke("NotifyCustomer", &sqs_batch(&messages)).await.unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_event_has_its_words_in_both_channels() {
    for (kind, subject, words) in [
        ("placed", "is placed", "75.00"),
        ("paid", "is paid", "payment of"),
        ("confirmed", "is confirmed", "being made ready"),
        ("shipped", "is shipped", "on its way to you"),
        ("canceled", "is cancelled", "not paid in time"),
    ] {
        let anna = reader("email", &registration(), "en-GB").await;
        let event = match kind {
            "placed" => anna.placed(),
            "paid" => anna.paid(),
            "confirmed" | "shipped" => anna.event(&format!("orders.order_{kind}"), &json!({})),
            _ => anna.canceled("expired", "not paid in time"),
        };
        assert!(tell(&[event]).await.is_empty(), "{kind}");
        let (email, text, number) = (anna.email().await, anna.text().await, anna.number.to_string());
        assert_eq!(email["template"], format!("order_{kind}"));
        assert_eq!(email["subject"], format!("Order {number} {subject}"));
        let letter = email["text"].as_str().unwrap();
        assert!(letter.starts_with("Hello, Анна!") && letter.contains(&number), "{letter}");
        assert!(letter.contains(words) && text.contains(words), "{letter}\n{text}");
        assert!(text.starts_with("Holdfast: ") && text.contains(&number), "{text}");
    }
}

#[tokio::test]
async fn a_placed_order_is_told_with_its_lines_and_where_to_pay() {
    let anna = reader("email", &registration(), "").await;
    tell(&[anna.placed()]).await;
    let email = anna.email().await;
    let letter = email["text"].as_str().unwrap();
    for part in [
        "- Самовар ☕: 2 x ",
        "37.50",
        "Total: ",
        "Pay here: https://pay.example.com/p/7",
        "2026-03-03 14:35 UTC",
    ] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
}

#[tokio::test]
async fn the_same_event_is_told_once() {
    let anna = reader("email", &registration(), "en").await;
    let paid = anna.paid();
    assert!(tell(std::slice::from_ref(&paid)).await.is_empty());
    assert!(tell(std::slice::from_ref(&paid)).await.is_empty(), "a repeat is no failure");
    anna.email().await;
    anna.text().await;
}

#[tokio::test]
async fn the_same_event_twice_at_once_is_told_once() {
    let anna = reader("email", &registration(), "en").await;
    let paid = anna.paid();
    // Whoever finds the message being sent by another comes back later.
    eventually("nothing to be left", PATIENCE, || async {
        tell(&[paid.clone(), paid.clone(), paid.clone()]).await.is_empty().then_some(())
    })
    .await;
    anna.email().await;
    anna.text().await;
}

#[tokio::test]
async fn whoever_registered_in_russian_is_told_in_russian() {
    let anna = reader("email", &registration(), "ru-RU,ru;q=0.9,en;q=0.8").await;
    assert!(tell(&[anna.canceled("declined", "card refused")]).await.is_empty());
    let (email, text, number) = (anna.email().await, anna.text().await, anna.number);
    assert_eq!(email["subject"], format!("Заказ {number} отменён"));
    let letter = email["text"].as_str().unwrap();
    assert!(letter.starts_with("Здравствуйте, Анна!"), "{letter}");
    assert!(letter.contains("Указанная причина: card refused"), "{letter}");
    assert_eq!(text, format!("Holdfast: заказ {number} отменён: платёж отклонён."));
}

#[tokio::test]
async fn without_a_phone_there_is_an_email_alone() {
    let anna = reader("email", &without(&registration(), "phone"), "en").await;
    assert!(tell(&[anna.paid()]).await.is_empty());
    anna.email().await;
}

#[tokio::test]
async fn without_an_address_there_is_a_text_message_alone() {
    let anna = reader("phone", &without(&registration(), "email"), "en").await;
    assert!(tell(&[anna.paid()]).await.is_empty());
    anna.text().await;
}

#[tokio::test]
async fn what_people_say_of_themselves_and_of_goods_does_not_shape_a_letter() {
    let mut body = registration();
    body["firstName"] = json!("Win at http://evil.test");
    let anna = reader("email", &body, "en").await;
    assert!(
        tell(&[anna.canceled("requested", "first\r\n\r\nPay at\u{202e} once\u{2028}now")]).await.is_empty()
    );
    let email = anna.email().await;
    let letter = email["text"].as_str().unwrap();
    assert!(letter.starts_with("Hello!"), "{letter}");
    assert!(letter.contains("The reason given: first Pay at once now\n"), "{letter}");
    assert!(letter.contains("as you asked"), "{letter}");
}

#[tokio::test]
async fn only_what_is_not_understood_comes_again() {
    let anna = reader("email", &registration(), "en").await;
    let mut unpriced = anna.paid();
    unpriced["data"]["totalAmount"] = json!(-1);
    let batch = [json!("no json"), anna.paid(), json!("{}"), unpriced];
    assert_eq!(tell(&batch).await, ["m0", "m2", "m3"]);
    assert_eq!(anna.email().await["template"], "order_paid");
}

#[tokio::test]
async fn what_is_no_news_to_a_customer_is_passed_over() {
    let anna = reader("email", &registration(), "en").await;
    let nobody = order_event("orders.order_paid", &Uuid::new_v4().to_string(), 7, &json!({}));
    let mut later_version = anna.paid();
    later_version["version"] = json!(2);
    let batch = [anna.event("orders.order_archived", &json!({})), nobody, later_version, anna.placed()];
    assert!(tell(&batch).await.is_empty());
    assert_eq!(anna.email().await["template"], "order_placed", "and nothing else");
}
