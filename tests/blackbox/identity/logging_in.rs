//! What both logins have in common.

use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, PASSWORD, PATIENCE, Person, claims, eventually, get, members, names_the_member_at_fault, post,
    post_from, set_number, setting, token_header, wants_a_json_object,
};

/// How long an access token is good, in seconds.
const TOKEN_SECONDS: u64 = 900;
/// The stretch of time in which failures are counted, in seconds.
pub(super) const WINDOW_SECONDS: u64 = 900;
/// What a test that counts failures takes at most, in seconds.
const ROOM_SECONDS: u64 = 60;
/// Failures after which a login waits for the next window.
const FAILURES_PER_LOGIN: usize = 10;
/// Failures from all sources after which a login waits for the next hour.
const FAILURES_ANYWHERE: i64 = 100;
/// The stretch of time in which those are counted, in seconds.
const LOGIN_WINDOW_SECONDS: u64 = 3_600;
/// Failures after which a source address waits for the next window.
const FAILURES_PER_ADDRESS: usize = 100;
/// Seconds by which the clocks of the tests and the stack may differ.
const CLOCK_SKEW: u64 = 5;

/// Logs in by `email` or by `phone`.
pub(super) fn log_in(by: &str) -> RequestBuilder {
    post(&format!("/api/v1/auth/login/{by}"))
}

pub(super) async fn try_password(by: &str, login: &str, password: &str) -> Answer {
    Answer::to(log_in(by).json(&json!({by: login, "password": password}))).await
}

/// As [`try_password`], from `address`.
pub(super) async fn try_from(address: &str, by: &str, login: &str, password: &str) -> Answer {
    let function = if by == "email" { "LogInByEmail" } else { "LogInByPhone" };
    let body = json!({by: login, "password": password});
    post_from(address, function, &format!("/api/v1/auth/login/{by}"), &body).await
}

/// An IPv6 network that no other test comes from, without the host's half.
fn unique_network() -> String {
    let noise = Uuid::new_v4().as_u128();
    format!("2001:db8:{:x}:{:x}", noise & 0xffff, (noise >> 16) & 0xffff)
}

pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Waits for the next window where the current one may end before a test does: its counters begin again.
pub(super) async fn room_in_the_window() {
    eventually("the window to turn", PATIENCE * 2, || async {
        (WINDOW_SECONDS - now() % WINDOW_SECONDS > ROOM_SECONDS).then_some(())
    })
    .await;
}

/// A password that is wrong, time after time.
const WRONG: &str = "a wrong password";

/// The right password begins a session whose access token names `person`.
pub(super) async fn begins_a_session(by: &str, login: &str, person: &Person) {
    let before = now();
    let answer = try_password(by, login, PASSWORD).await;
    assert_eq!(
        (answer.header("content-type"), answer.header("cache-control")),
        ("application/json", "no-store")
    );
    let pair = answer.expect(200);
    assert_eq!(members(&pair), ["accessToken", "expiresIn", "refreshToken", "tokenType"]);
    assert_eq!((&pair["tokenType"], &pair["expiresIn"]), (&json!("Bearer"), &json!(TOKEN_SECONDS)));

    let token = pair["accessToken"].as_str().unwrap();
    let header = token_header(token);
    assert_eq!(header["alg"], "EdDSA");
    assert!(header["kid"].as_str().is_some_and(|kid| kid.len() == 43), "a SHA-256 thumbprint: {header}");
    let claims = claims(token);
    let expected = [
        ("iss", json!(setting("STACK_NAME"))),
        ("aud", json!("holdfast-api")),
        ("sub", json!(person.id)),
        ("scope", json!("")),
    ];
    for (name, value) in expected {
        assert_eq!(claims[name], value, "{name}");
    }
    let issued = claims["iat"].as_u64().unwrap();
    assert!((before - CLOCK_SKEW..=now() + CLOCK_SKEW).contains(&issued), "{claims}");
    assert_eq!(claims["exp"], issued + TOKEN_SECONDS);
    assert!(claims["jti"].as_str().unwrap().parse::<Uuid>().is_ok());
    assert_eq!(
        claims.as_object().unwrap().len(),
        7,
        "a token says no more of a person than their id: {claims}"
    );

    let me = Answer::to(get("/api/v1/users/me").bearer_auth(token)).await.expect(200);
    assert_eq!(me["id"], person.id);
    let another = try_password(by, login, PASSWORD).await.expect(200);
    assert_ne!(another["accessToken"], pair["accessToken"]);
    assert_ne!(another["refreshToken"], pair["refreshToken"]);
}

/// Who guesses learns nothing from the answer: not even whether there is such an account.
pub(super) async fn tells_nothing_to_who_guesses(by: &str, login: &str, nobodys: &str) {
    let told = async |login: &str| {
        let answer = try_password(by, login, WRONG).await;
        let mut problem = answer.problem(401, "invalid_credentials");
        for member in ["requestId", "instance"] {
            problem.as_object_mut().unwrap().remove(member);
        }
        problem
    };
    assert_eq!(told(login).await, told(nobodys).await);
}

/// The password is compared letter for letter.
pub(super) async fn compares_exactly(by: &str, login: &str) {
    let address = format!("{}::1", unique_network());
    let longer = format!("{PASSWORD} ");
    for password in [&PASSWORD.to_uppercase(), &longer, &PASSWORD[1..], "x"] {
        try_from(&address, by, login, password).await.problem(401, "invalid_credentials");
    }
}

/// After ten failures from one place the right password does not open the account from there either, and does from anywhere else.
pub(super) async fn waits_after_failures(by: &str, login: &str) -> String {
    room_in_the_window().await;
    let theirs = format!("{}::1", unique_network());
    for _ in 0..FAILURES_PER_LOGIN {
        try_from(&theirs, by, login, WRONG).await.problem(401, "invalid_credentials");
    }
    let refused = try_from(&theirs, by, login, WRONG).await;
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=WINDOW_SECONDS).contains(&wait), "{wait}");
    refused.problem(429, "too_many_attempts");
    try_from(&theirs, by, login, PASSWORD).await.problem(429, "too_many_attempts");
    let fresh = format!("{}::1", unique_network());
    try_from(&fresh, by, login, PASSWORD).await.expect(200);
    theirs
}

/// Guesses from very many places stop at a hundred in an hour; they lock out no source from which the login was used before.
pub(super) async fn lets_known_sources_through(by: &str, login: &str) {
    room_in_the_window().await;
    let home = format!("{}::1", unique_network());
    try_from(&home, by, login, PASSWORD).await.expect(200);
    let stranger = format!("{}::1", unique_network());
    try_from(&stranger, by, login, WRONG).await.problem(401, "invalid_credentials");
    let window = format!("WINDOW#{}#all", now() / LOGIN_WINDOW_SECONDS * LOGIN_WINDOW_SECONDS);
    let key = format!("THROTTLE#login:{by}:{login}");
    for counter in ["attempts", "failures"] {
        set_number("IDENTITY_TABLE", &key, &window, counter, FAILURES_ANYWHERE).await;
    }
    try_from(&stranger, by, login, PASSWORD).await.problem(429, "too_many_attempts");
    try_from(&home, by, login, PASSWORD).await.expect(200);
    for _ in 0..FAILURES_PER_LOGIN {
        try_from(&home, by, login, WRONG).await.problem(401, "invalid_credentials");
    }
    try_from(&home, by, login, PASSWORD).await.problem(429, "too_many_attempts");
}

/// Guesses that come all at once are counted like any others.
pub(super) async fn counts_a_burst(by: &str, login: &str) {
    room_in_the_window().await;
    let address = format!("{}::1", unique_network());
    let answers = join_all((0..16).map(|_| try_from(&address, by, login, WRONG))).await;
    let (tried, refused): (Vec<Answer>, Vec<Answer>) =
        answers.into_iter().partition(|answer| answer.status == 401);
    assert_eq!(tried.len(), FAILURES_PER_LOGIN);
    for answer in refused {
        answer.problem(429, "too_many_attempts");
    }
    try_from(&address, by, login, PASSWORD).await.problem(429, "too_many_attempts");
}

/// A caller that knows the password may use it any number of times.
pub(super) async fn does_not_count_who_knows_the_password(by: &str, login: &str) {
    let address = format!("{}::1", unique_network());
    for _ in 0..=FAILURES_PER_LOGIN {
        try_from(&address, by, login, PASSWORD).await.expect(200);
    }
}

/// A network from which many logins are tried is stopped, and no other network is.
pub(super) async fn stops_a_network_that_tries_many(by: &str, login: &str, nobodys: impl Fn() -> String) {
    room_in_the_window().await;
    let network = unique_network();
    let mut failures = 0;
    loop {
        // Each from an address of its own in the network that one household is given.
        let guesses = (0..5).map(|index| {
            let (address, login) = (format!("{network}::{:x}", failures + index), nobodys());
            async move { try_from(&address, by, &login, WRONG).await }
        });
        let tried = join_all(guesses).await.into_iter().filter(|answer| answer.status == 401).count();
        failures += tried;
        if tried < 5 {
            break;
        }
    }
    assert_eq!(failures, FAILURES_PER_ADDRESS);
    let stopped = try_from(&format!("{network}:ffff::1"), by, login, PASSWORD).await;
    stopped.problem(429, "too_many_attempts");
    try_from(&format!("{}::1", unique_network()), by, login, PASSWORD).await.expect(200);
}

/// A member that breaks a rule is named, and only a JSON object is read.
pub(super) async fn names_members(by: &'static str, login: &str, wrong: &[&str]) {
    let mut cases: Vec<(&str, Value)> = wrong.iter().map(|wrong| (by, json!(wrong))).collect();
    cases.extend([(by, Value::Null), (by, json!(7)), ("password", Value::Null), ("password", json!(""))]);
    cases.extend([
        ("password", json!("x".repeat(129))),
        ("password", json!(12_345_678)),
        ("scope", json!("loms")),
    ]);
    names_the_member_at_fault(&json!({by: login, "password": PASSWORD}), cases, || log_in(by)).await;
    wants_a_json_object(|| log_in(by)).await;
}
