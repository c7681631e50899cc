//! What sending and taking codes and reset tokens have in common.

use serde_json::{Value, json};
use uuid::Uuid;

use super::logging_in::try_password;
use super::registering::age;
use crate::harness::{
    Answer, PASSWORD, PATIENCE, Person, emails, eventually, post, post_from, set_number, texts, unique_email,
    unique_phone,
};

/// The pause before another code, in seconds.
const PAUSE_SECONDS: u64 = 60;

/// A way to verify.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// The member of the body.
    pub(super) by: &'static str,
    send: &'static str,
    confirm: &'static str,
}

/// By email.
pub(super) const EMAIL: Way = Way { by: "email", send: "SendEmailCode", confirm: "ConfirmEmail" };
/// By phone.
pub(super) const PHONE: Way = Way { by: "phone", send: "SendPhoneCode", confirm: "ConfirmPhone" };

/// An IPv6 network that no other test comes from, without the host's half.
pub(super) fn unique_network() -> String {
    let noise = Uuid::new_v4().as_u128();
    format!("2001:db8:{:x}:{:x}", noise & 0xffff, (noise >> 16) & 0xffff)
}

/// An address that no other test comes from.
pub(super) fn unique_address() -> String {
    format!("{}::1", unique_network())
}

impl Way {
    /// The login of `person` that is verified this way.
    pub(super) fn login(self, person: &Person) -> String {
        if self.by == "email" { person.email.clone() } else { person.phone.clone() }
    }

    /// A login that no account has.
    pub(super) fn nobodys(self) -> String {
        if self.by == "email" { unique_email() } else { unique_phone() }
    }

    pub(super) async fn send_from(self, address: &str, login: &str) -> Answer {
        let path = format!("/api/v1/auth/verify/{}/send", self.by);
        post_from(address, self.send, &path, &json!({self.by: login})).await
    }

    pub(super) async fn send(self, login: &str) -> Answer {
        self.send_from(&unique_address(), login).await
    }

    pub(super) async fn confirm(self, login: &str, code: &str) -> Answer {
        let path = format!("/api/v1/auth/verify/{}/confirm", self.by);
        post_from(&unique_address(), self.confirm, &path, &json!({self.by: login, "code": code})).await
    }

    /// The texts of what was sent to `login` for `template`, the oldest first.
    pub(super) async fn received(self, login: &str, template: &str) -> Vec<String> {
        if self.by == "phone" {
            // A text message has no template.
            let notice = |text: &String| text.contains("If it was not you");
            let meant = |text: &String| notice(text) == (template == "account_changed");
            return texts(login).await.into_iter().filter(meant).collect();
        }
        let emails = emails(login).await;
        let meant = emails.iter().filter(|email| email["template"] == template);
        meant.map(|email| email["text"].as_str().unwrap().to_owned()).collect()
    }

    /// The code in the newest of `count` messages to `login`.
    pub(super) async fn code(self, login: &str, count: usize) -> String {
        let text = self.message(login, "verification_code", count).await;
        let mut words = text.split(|letter: char| !letter.is_ascii_digit());
        words.find(|word| word.len() == 6).unwrap_or_else(|| panic!("no code: {text}")).to_owned()
    }

    /// The reset token in the newest of `count` messages to `login`.
    pub(super) async fn token(self, login: &str, count: usize) -> String {
        let text = self.message(login, "password_reset", count).await;
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        let mut words = text.split_whitespace();
        let token = words.find(|word| word.len() == 22 && word.chars().all(plain));
        token.unwrap_or_else(|| panic!("no token: {text}")).to_owned()
    }

    /// The newest of `count` messages to `login`.
    pub(super) async fn message(self, login: &str, template: &str, count: usize) -> String {
        eventually("a message to the owner", PATIENCE, || async {
            let mut received = self.received(login, template).await;
            (received.len() >= count).then(|| received.swap_remove(count - 1))
        })
        .await
    }

    /// Makes as if the pause after what was last sent for `purpose` were over.
    pub(super) async fn let_the_pause_pass(self, purpose: &str, login: &str) {
        let key = format!("CODE#{purpose}:{}:{login}", self.by);
        set_number("IDENTITY_TABLE", &key, "CODE", "sentAt", 0).await;
    }
}

/// Every answer to a request to send something looks like this one.
pub(super) fn accepted(answer: Answer) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .filter(|(name, _)| {
            !matches!(name.as_str(), "x-request-id" | "x-correlation-id" | "apigw-requestid" | "date")
        })
        .collect();
    headers.sort();
    headers.push(("body".to_owned(), answer.text.clone()));
    assert_eq!(answer.expect(202), json!({"status": "accepted"}));
    headers
}

/// A refusal because something was sent a moment ago.
#[track_caller]
pub(super) fn paused(answer: Answer) {
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=PAUSE_SECONDS + 1).contains(&wait), "{wait}");
    answer.problem(429, "too_many_attempts");
}

/// The problem without what differs from request to request.
pub(super) fn told(answer: Answer, status: u16, code: &str) -> Value {
    let mut problem = answer.problem(status, code);
    for member in ["requestId", "instance"] {
        problem.as_object_mut().unwrap().remove(member);
    }
    problem
}

/// Whether the code's way to its owner is the whole journey: sent, received, taken, and seen in the profile.
pub(super) async fn verifies(way: Way) {
    let anna = crate::harness::customer().await;
    let login = way.login(&anna);
    let me = async || anna.ask(crate::harness::get("/api/v1/users/me")).await.expect(200);
    let member = format!("{}Verified", way.by);
    assert_eq!(me().await[&member], false);
    accepted(way.send(&login).await);
    let code = way.code(&login, 1).await;
    let answer = way.confirm(&login, &code).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(me().await[&member], true);
    let other = if way.by == "email" { "phoneVerified" } else { "emailVerified" };
    let profile = me().await;
    assert_eq!(profile[other], false, "the other login is not");
    let gone = if way.by == "email" { "phone" } else { "email" };
    assert!(profile.get(gone).is_none(), "and opens the account no longer: {profile}");
    way.confirm(&login, &code).await.problem_at(422, "invalid_code", "/code");
}

/// The response is the same for a verified login, an unverified one and one that no account has.
pub(super) async fn tells_nothing(way: Way) {
    let (anna, boris) = (crate::harness::customer().await, crate::harness::customer().await);
    let (verified, open, nobodys) = (way.login(&anna), way.login(&boris), way.nobodys());
    accepted(way.send(&verified).await);
    way.confirm(&verified, &way.code(&verified, 1).await).await.expect(204);
    let answers = [way.send(&verified).await, way.send(&open).await, way.send(&nobodys).await].map(accepted);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1], answers[2]);
    let wrong = [way.confirm(&verified, "000000").await, way.confirm(&nobodys, "000000").await];
    let [one, other] = wrong.map(|answer| told(answer, 422, "invalid_code"));
    assert_eq!(one, other);
    way.code(&open, 1).await;
    assert_eq!(way.received(&nobodys, "verification_code").await.len(), 0);
    let sent = if way.by == "email" { way.received(&verified, "verification_code").await.len() } else { 1 };
    assert_eq!(sent, 1, "nothing is sent where nothing is left to verify");
}

/// Another code has to wait a moment, and takes the place of the one before.
pub(super) async fn waits_between_codes(way: Way) {
    let anna = crate::harness::customer().await;
    for login in [way.login(&anna), way.nobodys()] {
        accepted(way.send(&login).await);
        paused(way.send(&login).await);
    }
    let login = way.login(&anna);
    let first = way.code(&login, 1).await;
    way.let_the_pause_pass("verify", &login).await;
    accepted(way.send(&login).await);
    let second = way.code(&login, 2).await;
    if first != second {
        way.confirm(&login, &first).await.problem(422, "invalid_code");
    }
    way.confirm(&login, &second).await.expect(204);
}

/// No mailbox is flooded: five messages in an hour, wherever they are requested.
pub(super) async fn is_bounded_by_login(way: Way) {
    let login = way.nobodys();
    let mut sent = 0;
    let refused = loop {
        let answer = way.send(&login).await;
        if answer.status != 202 {
            break answer;
        }
        sent += 1;
        way.let_the_pause_pass("verify", &login).await;
    };
    // The hour may have turned in between.
    assert!((5..10).contains(&sent), "{sent}");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=3_600).contains(&wait), "{wait}");
    refused.problem(429, "too_many_attempts");
}

/// Past the grace period, the right password is refused with the missing proof, a wrong one as before; the proof opens the account, and takes
/// the other, unverified login off it.
pub(super) async fn waits_for_a_proof(way: Way) {
    let anna = crate::harness::customer().await;
    let login = way.login(&anna);
    age(&anna).await;
    try_password(way.by, &login, PASSWORD).await.problem(403, "verification_required");
    let form = [("grant_type", "password"), ("username", &login), ("password", PASSWORD)];
    let refused = Answer::to(post("/token").form(&form)).await;
    assert_eq!(refused.expect(400)["error"], "invalid_grant");
    let wrong = try_password(way.by, &login, "a wrong password").await;
    wrong.problem(401, "invalid_credentials");
    accepted(way.send(&login).await);
    way.confirm(&login, &way.code(&login, 1).await).await.expect(204);
    try_password(way.by, &login, PASSWORD).await.expect(200);
    let (by, other) =
        if way.by == "email" { ("phone", anna.phone.as_str()) } else { ("email", anna.email.as_str()) };
    try_password(by, other, PASSWORD).await.problem(401, "invalid_credentials");
}
