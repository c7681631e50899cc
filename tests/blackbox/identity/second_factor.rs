//! What the routes of the second factor have in common: an authenticator app, and people who have one.

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use ring::hmac;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Person, customer_with, post, set_number};

/// An authenticator app with one entry (RFC 6238), written apart from the functions.
pub(super) struct App(Vec<u8>);

impl App {
    pub(super) fn new(secret: &str) -> Self {
        Self(BASE32_NOPAD.decode(secret.as_bytes()).unwrap())
    }

    /// The code of the step that is `ahead` of the current one.
    pub(super) fn code(&self, ahead: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let step = (now / 30).checked_add_signed(ahead).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let offset = usize::from(tag.as_ref()[19] & 0xf);
        let number = u32::from_be_bytes(tag.as_ref()[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

/// An operator with a second factor.
pub(super) struct Operator {
    pub(super) person: Person,
    pub(super) app: App,
    pub(super) recovery: Vec<String>,
    /// The code that confirmed the enrolment.
    pub(super) used: String,
}

pub(super) async fn enrol(person: &Person, password: &str) -> Answer {
    person.ask(post("/api/v1/users/me/second-factor").json(&json!({"password": password}))).await
}

pub(super) async fn confirm(person: &Person, code: &str) -> Answer {
    person.ask(post("/api/v1/users/me/second-factor/confirm").json(&json!({"code": code}))).await
}

pub(super) async fn remove(person: &Person, password: &str, code: &str) -> Answer {
    let body = json!({"password": password, "code": code});
    person.ask(post("/api/v1/users/me/second-factor/remove").json(&body)).await
}

/// The app that was set up with an enrolment.
pub(super) fn app_of(enrolled: &Value) -> App {
    App::new(enrolled["secret"].as_str().unwrap())
}

/// A new operator with a second factor.
pub(super) async fn operator_with_app() -> Operator {
    let person = customer_with(&["orders:read"]).await;
    let app = app_of(&enrol(&person, PASSWORD).await.expect(201));
    let used = app.code(0);
    let codes = confirm(&person, &used).await.expect(200);
    let recovery =
        codes["recoveryCodes"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
    Operator { recovery: recovery.collect(), person, app, used }
}

/// Logs in by email with `code`.
pub(super) async fn log_in_with(person: &Person, code: Option<&str>) -> Answer {
    let mut body = json!({"email": person.email, "password": PASSWORD});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    Answer::to(post("/api/v1/auth/login/email").json(&body)).await
}

/// Lets codes that were used be used again, as if as many steps had gone by.
pub(super) async fn forget_used_codes(person: &Person) {
    set_number("IDENTITY_TABLE", &format!("USER#{}", person.id), "SECOND_FACTOR", "lastStep", 0).await;
}
