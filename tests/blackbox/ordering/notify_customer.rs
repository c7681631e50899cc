//! The consumer of the queue of events of which customers are notified. The journey test shows that events reach the queue.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, PASSWORD, PATIENCE, access_token, customer, emails, eventually, get, invoke, invoke_and_read_log,
    log_in, operator, order_event, patch, place_order, post, product, registration, run_with, ses_emails,
    sqs_batch, texts, unique_number, verify_sender, without,
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

    fn canceled(&self, cause: &str) -> Value {
        self.event("orders.order_canceled", &json!({"cause": cause}))
    }

    fn refunded(&self) -> Value {
        let data = json!({
            "paymentId": Uuid::new_v4(), "refundId": Uuid::new_v4(), "orderNumber": self.number, "amount": 2_550,
        });
        self.event("payments.refund_succeeded", &data)
    }

    /// Wants to have things otherwise.
    async fn wants(&self, changes: &Value) {
        let token = access_token(&log_in(&self.email, PASSWORD).await);
        Answer::to(patch("/api/v1/users/me").bearer_auth(token).json(changes)).await.expect(200);
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
pub(super) async fn tell(events: &[Value]) -> Vec<String> {
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
        ("paid", "is paid", "is placed and paid"),
        ("confirmed", "is confirmed", "being made ready"),
        ("shipped", "is shipped", "on its way to you"),
        ("canceled", "is cancelled", "not paid in time"),
        ("refunded", "went back", "25.50 RUB"),
    ] {
        let anna = reader("email", &registration(), "en-GB").await;
        let event = match kind {
            "placed" => anna.placed(),
            "paid" => anna.paid(),
            "confirmed" | "shipped" => anna.event(&format!("orders.order_{kind}"), &json!({})),
            "canceled" => anna.canceled("expired"),
            _ => anna.refunded(),
        };
        assert!(tell(&[event]).await.is_empty(), "{kind}");
        let (email, text, number) = (anna.email().await, anna.text().await, anna.number.to_string());
        assert_eq!(email["template"], format!("order_{kind}"));
        let told = email["subject"].as_str().unwrap();
        assert!(told.contains(&format!("rder {number} {subject}")), "{told}");
        let page = email["html"].as_str().unwrap();
        assert!(page.starts_with("<!doctype html>") && page.contains(words), "{page}");
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
    // An invocation that finds the message being sent by another comes back later.
    eventually("nothing to be left", PATIENCE, || async {
        tell(&[paid.clone(), paid.clone(), paid.clone()]).await.is_empty().then_some(())
    })
    .await;
    anna.email().await;
    anna.text().await;
}

/// A caller that can place and cancel orders can not have messages sent to a stranger as they like.
#[tokio::test]
async fn an_unverified_contact_receives_few_messages() {
    let anna = reader("email", &registration(), "en").await;
    for _ in 0..11 {
        assert!(
            tell(&[anna.placed(), anna.canceled("requested")]).await.is_empty(),
            "a refusal is no failure"
        );
    }
    assert_eq!(texts(&anna.phone).await.len(), 6);
    eventually("20 emails", PATIENCE, || async { (emails(&anna.email).await.len() == 20).then_some(()) })
        .await;
    // Orders that were paid have a budget of their own.
    assert!(tell(&[anna.paid()]).await.is_empty());
    assert_eq!(texts(&anna.phone).await.len(), 7);
    let other = reader("email", &registration(), "en").await;
    assert!(tell(&[other.placed()]).await.is_empty());
    assert_eq!(texts(&other.phone).await.len(), 1, "others are told as before");
}

/// The budget counts what is caused, however often the queue brings it.
#[tokio::test]
async fn a_repeated_event_is_counted_once_and_what_was_refused_stays_refused() {
    let anna = reader("email", &registration(), "en").await;
    let placed = anna.placed();
    for _ in 0..4 {
        assert!(tell(std::slice::from_ref(&placed)).await.is_empty());
    }
    assert!(tell(&[anna.canceled("expired"), anna.placed()]).await.is_empty());
    assert!(tell(&[anna.placed(), anna.placed(), anna.placed()]).await.is_empty());
    assert_eq!(texts(&anna.phone).await.len(), 6);
    let refused = anna.canceled("declined");
    for _ in 0..2 {
        let batch = sqs_batch(&[(
            "m0",
            json!({"version": "0", "source": "holdfast.orders", "detail": refused}).to_string(),
        )]);
        let (answer, log) = invoke_and_read_log("NotifyCustomer", &batch).await;
        assert_eq!(answer["batchItemFailures"], json!([]));
        let told = log.contains("budget_exhausted_account");
        let first = log.contains("MessagesOverBudget");
        assert_eq!(told, first, "{log}");
    }
    assert_eq!(texts(&anna.phone).await.len(), 6);
}

#[tokio::test]
async fn no_sms_goes_to_a_country_that_is_not_allowed() {
    let mut body = registration();
    body["phone"] = json!(format!("+49151{:08}", Uuid::new_v4().as_u128() % 100_000_000));
    let anna = reader("email", &body, "en").await;
    assert!(tell(&[anna.paid()]).await.is_empty());
    anna.email().await;
    assert!(texts(&anna.phone).await.is_empty());
}

#[tokio::test]
async fn whoever_registered_in_russian_is_told_in_russian() {
    let anna = reader("email", &registration(), "ru-RU,ru;q=0.9,en;q=0.8").await;
    assert!(tell(&[anna.canceled("declined")]).await.is_empty());
    let (email, text, number) = (anna.email().await, anna.text().await, anna.number);
    assert_eq!(email["subject"], format!("Заказ {number} отменён"));
    let letter = email["text"].as_str().unwrap();
    assert!(letter.starts_with("Здравствуйте, Анна!"), "{letter}");
    assert!(letter.contains("отменён: платёж отклонён"), "{letter}");
    assert!(email["html"].as_str().unwrap().contains("<html lang=\"ru\">"), "{email}");
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
async fn a_cancellation_is_told_with_the_merchants_words_alone() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 9).await;
    let reason = "first\n\nPay at\n<b>once</b>";
    for (by, words, sent) in [(&anna, "as you asked", false), (&operator, "by the shop", true)] {
        let placed = place_order(&anna, &kettle, 1).await;
        let (id, path) = (placed["id"].as_str().unwrap(), format!("/api/v1/orders/{}", placed["number"]));
        by.ask(post(&format!("{path}/cancel")).json(&json!({"reason": reason}))).await.expect(200);
        let subject = format!("Order {} is cancelled", placed["number"]);
        let email = eventually("the email", PATIENCE, || async {
            emails(&anna.email).await.into_iter().find(|email| email["subject"] == subject)
        })
        .await;
        let (letter, page) = (email["text"].as_str().unwrap(), email["html"].as_str().unwrap());
        assert!(letter.contains(words), "{letter}");
        assert_eq!(letter.contains("The reason given: first Pay at <b>once</b>\n"), sent, "{letter}");
        assert_eq!(letter.contains("Pay at"), sent, "{letter}");
        assert!(page.contains("once") == sent && !page.contains("<b>"), "{page}");
        let history = anna.ask(get(&format!("{path}/events"))).await.expect(200);
        let data = &history["items"].as_array().unwrap().last().unwrap()["data"];
        assert!(!data.to_string().contains("Pay at"), "the event of {id} has somebody's words: {data}");
    }
}

#[tokio::test]
async fn what_people_say_of_themselves_does_not_shape_a_letter() {
    let mut body = registration();
    body["firstName"] = json!("Win at http://evil.test");
    let anna = reader("email", &body, "en").await;
    assert!(tell(&[anna.canceled("requested")]).await.is_empty());
    let email = anna.email().await;
    let letter = email["text"].as_str().unwrap();
    assert!(letter.starts_with("Hello!"), "{letter}");
    assert!(letter.contains("as you asked"), "{letter}");
}

#[tokio::test]
async fn a_language_that_was_chosen_later_counts() {
    let anna = reader("email", &registration(), "en").await;
    anna.wants(&json!({"locale": "ru"})).await;
    assert!(tell(&[anna.paid()]).await.is_empty());
    assert_eq!(anna.email().await["subject"], format!("Заказ {} оплачен", anna.number));
}

#[tokio::test]
async fn the_time_to_pay_is_shown_in_the_customers_time_zone_or_the_merchants() {
    let (anna, boris) =
        (reader("email", &registration(), "en").await, reader("email", &registration(), "ru").await);
    anna.wants(&json!({"timeZone": "America/New_York"})).await;
    let body =
        |event: Value| json!({"version": "0", "source": "holdfast.orders", "detail": event}).to_string();
    let batch = sqs_batch(&[("m0", body(anna.placed())), ("m1", body(boris.placed()))]);
    let settings = [("MERCHANT_TIME_ZONE", "Europe/Samara")];
    run_with("NotifyCustomer", &batch, &settings).await;
    for (reader, time) in [(&anna, "2026-03-03 09:35 EST"), (&boris, "03.03.2026 18:35 UTC+04:00")] {
        let (email, text) = (reader.email().await, reader.text().await);
        assert!(text.contains(time) && email["text"].as_str().unwrap().contains(time), "{text}\n{email}");
    }
}

#[tokio::test]
async fn a_channel_that_is_not_wanted_is_not_used() {
    let anna = reader("email", &registration(), "en").await;
    anna.wants(&json!({"notifications": {"sms": false}})).await;
    assert!(tell(&[anna.paid(), anna.event("orders.order_shipped", &json!({}))]).await.is_empty());
    let sent = eventually("both emails", PATIENCE, || async {
        Some(emails(&anna.email).await).filter(|emails| emails.len() == 2)
    });
    sent.await;
    assert!(texts(&anna.phone).await.is_empty());
}

#[tokio::test]
async fn progress_may_be_done_without_and_what_is_necessary_may_not() {
    let anna = reader("email", &registration(), "en").await;
    anna.wants(&json!({"notifications": {"email": false, "sms": false, "orderProgress": false}})).await;
    let progress =
        ["orders.order_confirmed", "orders.order_shipped"].map(|kind| anna.event(kind, &json!({})));
    assert!(tell(&[progress.to_vec(), vec![anna.refunded()]].concat()).await.is_empty());
    assert_eq!(anna.email().await["template"], "order_refunded", "and nothing else");
    assert!(texts(&anna.phone).await.is_empty());
}

#[tokio::test]
async fn with_a_sender_letters_go_through_ses() {
    let anna = reader("email", &registration(), "ru").await;
    let body = json!({"version": "0", "source": "holdfast.orders", "detail": anna.paid()}).to_string();
    verify_sender("shop@holdfast.test").await;
    let settings = [("EMAIL_SENDER", "Shop <shop@holdfast.test>"), ("EMAIL_CONFIGURATION_SET", "")];
    let batch = sqs_batch(&[("m0", body)]);
    run_with("NotifyCustomer", &batch, &settings).await;
    let [email] = <[Value; 1]>::try_from(ses_emails(&anna.email).await).unwrap();
    assert_eq!(email["Source"], "Shop <shop@holdfast.test>");
    assert_eq!(email["Subject"], format!("Заказ {} оплачен", anna.number));
    assert!(email["BodyText"].as_str().unwrap().starts_with("Здравствуйте, Анна!"), "{email}");
    assert!(email["BodyHtml"].as_str().unwrap().contains("<p>Здравствуйте, Анна!</p>"), "{email}");
    assert!(emails(&anna.email).await.is_empty(), "and nothing to the topic");
    anna.text().await;
}

#[tokio::test]
async fn a_message_has_the_merchants_name_and_contact() {
    let anna = reader("email", &registration(), "en").await;
    let settings = [
        ("MERCHANT_NAME", "Tea & <Co>"),
        ("MERCHANT_ADDRESS", "1 Main Street"),
        ("SUPPORT_CONTACT", "help@tea.example"),
        ("ORDER_PAGE_URL", "https://tea.example/orders/{number}"),
    ];
    let body = json!({"version": "0", "source": "holdfast.orders", "detail": anna.paid()}).to_string();
    run_with("NotifyCustomer", &sqs_batch(&[("m0", body)]), &settings).await;
    let (email, text) = (anna.email().await, anna.text().await);
    assert!(text.starts_with("Tea & <Co>: order"), "{text}");
    let (letter, page) = (email["text"].as_str().unwrap(), email["html"].as_str().unwrap());
    let url = format!("https://tea.example/orders/{}", anna.number);
    let lines = format!("Your order: {url}\n\nTea & <Co>\n1 Main Street\nQuestions: help@tea.example");
    assert!(letter.ends_with(&lines), "{letter}");
    for part in ["<p>Tea &#38; &#60;Co&#62;<br>", "href=\"mailto:help@tea.example\"", &url] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Holdfast") && !letter.contains("Holdfast") && !text.contains("Holdfast"));
}

#[tokio::test]
async fn the_log_says_that_messages_were_sent_and_not_to_whom() {
    let anna = reader("email", &registration(), "en").await;
    let body = json!({"version": "0", "source": "holdfast.orders", "detail": anna.paid()}).to_string();
    let batch =
        sqs_batch(&[("m0", body), ("m1", json!({"to": anna.email, "channel": anna.phone}).to_string())]);
    let (answer, log) = invoke_and_read_log("NotifyCustomer", &batch).await;
    assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "m1"}]));
    anna.email().await;
    anna.text().await;
    assert!(log.contains("order_paid"), "{log}");
    for personal in [&anna.email, &anna.phone, "Анна"] {
        assert!(!log.contains(personal), "{personal}: {log}");
    }
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
