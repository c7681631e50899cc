//! What both registrations have in common.

use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, PASSWORD, Person, customer, get, journal_of, log_in, names_the_member_at_fault, post,
    registration, set_text, unique_email, unique_phone, wants_a_json_object, without,
};

/// Registers by `email` or by `phone`.
pub(super) fn register(by: &str) -> RequestBuilder {
    post(&format!("/api/v1/auth/register/{by}"))
}

pub(super) async fn send(by: &str, body: &Value) -> Answer {
    Answer::to(register(by).json(body)).await
}

/// The answer that `body` should get, apart from the id.
pub(super) fn user(body: &Value) -> Value {
    let mut user = body.clone();
    let members = user.as_object_mut().unwrap();
    members.remove("password");
    members.insert("emailVerified".to_owned(), json!(false));
    members.insert("phoneVerified".to_owned(), json!(false));
    members.insert("locale".to_owned(), json!("en"));
    let everything = json!({"email": true, "sms": true, "orderProgress": true});
    members.insert("notifications".to_owned(), everything);
    user
}

/// The answer with an id in it, which is taken out and has to be a UUID.
pub(super) fn without_id(mut answer: Value) -> Value {
    let id = answer.as_object_mut().unwrap().remove("id").unwrap();
    assert!(id.as_str().unwrap().parse::<Uuid>().is_ok(), "{id}");
    answer
}

/// Names, addresses and numbers have one form however they are spelt.
pub(super) async fn normalises(by: &str) {
    let (mut body, mut expected) = (registration(), registration());
    let (email, phone) = (unique_email(), unique_phone());
    body["email"] = json!(format!(" {} ", email.to_uppercase()));
    body["phone"] =
        json!(format!("8 ({}) {}-{}-{}", &phone[2..5], &phone[5..8], &phone[8..10], &phone[10..]));
    body["firstName"] = json!("  Зоя-Мария О’Нил 李 ");
    expected["firstName"] = json!("Зоя-Мария О’Нил 李");
    body["lastName"] = json!("ы".repeat(100));
    expected["lastName"] = body["lastName"].clone();
    expected["email"] = json!(email);
    expected["phone"] = json!(phone);
    assert_eq!(without_id(send(by, &body).await.expect(201)), user(&expected));
}

/// A time zone may be named, and is spelt as in the IANA database.
pub(super) async fn takes_a_time_zone(by: &str) {
    for (given, name) in [(json!("europe/moscow"), Some("Europe/Moscow")), (Value::Null, None)] {
        let mut body = registration();
        body["timeZone"] = given;
        let answer = without_id(send(by, &body).await.expect(201));
        assert_eq!(answer.get("timeZone").and_then(Value::as_str), name);
    }
}

/// Too short, or guessed first.
const WEAK_PASSWORDS: [&str; 7] =
    ["", "        ", "eleven chrs", "12345679", "password1234", "PassWord1234", "123456789012"];

/// A member that breaks a rule is named, whichever it is.
pub(super) async fn names_members(by: &str) {
    let mut cases =
        vec![("isAdmin", json!(true)), ("scopes", json!(["orders:write"])), ("id", json!(Uuid::nil()))];
    let names = ["", "   ", "...", "A\nB", "A\u{0}", "A\u{202e}B", "\u{200b}", &"я".repeat(101)];
    for member in ["firstName", "lastName"] {
        cases.extend(names.map(|name| (member, json!(name))));
        cases.extend([(member, Value::Null), (member, json!(7)), (member, json!(["Анна"]))]);
    }
    let long = format!("{}@{}.example.com", "a".repeat(64), "b".repeat(63).repeat(3));
    let emails = [
        "",
        "@",
        "anna",
        "anna@localhost",
        "anna@@example.com",
        "Anna <anna@example.com>",
        "a b@example.com",
        "anna@example.com\r\nBcc: b@example.com",
        "имя@example.com",
        "anna@пример.рф",
        &long,
    ];
    cases.extend(emails.map(|email| ("email", json!(email))));
    let phones = [
        "",
        "+",
        "112",
        "+7 999 123",
        "+7 999 123 45 67 89",
        "+999 123 456 789",
        "+1 800 FLOWERS",
        "seven",
        "tel:+79991234567",
        "٨٩٩٩١٢٣٤٥٦٧",
    ];
    cases.extend(phones.map(|phone| ("phone", json!(phone))));
    cases.push(("phone", json!(79_161_234_567_u64)));
    cases.extend([("timeZone", json!("Moscow")), ("timeZone", json!(3))]);
    cases.extend(WEAK_PASSWORDS.map(|password| ("password", json!(password))));
    cases.push(("password", json!("x".repeat(129))));
    cases.extend([("password", Value::Null), ("password", json!(12_345_678))]);
    names_the_member_at_fault(&registration(), cases, || register(by)).await;
}

/// All faults of a body are named in one response, regardless of their kind.
pub(super) async fn names_all_members_at_once(by: &str) {
    let mut body = without(&registration(), "firstName");
    body["email"] = json!("anna");
    body["phone"] = json!("seven");
    body["password"] = json!("short");
    body["isAdmin"] = json!(true);
    let problem = send(by, &body).await.problem(422, "invalid_input");
    let mut pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/email", "/firstName", "/isAdmin", "/password", "/phone"], "{problem}");
    let empty = send(by, &json!({})).await.problem(422, "invalid_input");
    assert!(empty["errors"].as_array().unwrap().len() >= 3, "{empty}");
}

/// A number is taken as it is copied from a page or a list of contacts, with marks of direction and other spaces and dashes.
pub(super) async fn takes_pasted_numbers(by: &str) {
    let mut body = registration();
    let plain = body["phone"].as_str().unwrap().to_owned();
    let (head, tail) = plain.split_at(plain.len() - 4);
    body["phone"] = json!(format!("\u{202a}{head}\u{2011}{}\u{2009}{}\u{202c}", &tail[..2], &tail[2..]));
    assert_eq!(send(by, &body).await.expect(201)["phone"], plain);
}

/// What is 12 to 128 characters long and not guessed first may be a password, and opens the account exactly as it was given.
pub(super) async fn takes_any_password(by: &str) {
    let longest: String = "Мой дядя самых честных правил, ".chars().cycle().take(128).collect();
    for password in ["zq8!kwp3 vu2", " p a d d e d ", &longest, "\u{1f9c0}\u{1f9c1} \u{1f9c0} и кот\u{0} он"]
    {
        let mut body = registration();
        body["password"] = json!(password);
        let answer = send(by, &body).await;
        assert!(!answer.text.contains(password), "a password is never repeated");
        answer.expect(201);
        let login = json!({"email": body["email"], "password": password});
        Answer::to(post("/api/v1/auth/login/email").json(&login)).await.expect(200);
    }
}

/// What a person is called is no password of theirs: it is refused by name, and nothing is registered.
pub(super) async fn refuses_ones_own_names(by: &str) {
    let body = registration();
    let (email, phone) = (body["email"].as_str().unwrap(), body["phone"].as_str().unwrap());
    for password in [email, &email.to_uppercase(), phone, "Анна Каренина 1", "каренинаанна"]
    {
        let mut own = body.clone();
        own["password"] = json!(password);
        send(by, &own).await.problem_at(422, "invalid_input", "/password");
    }
    send(by, &body).await.expect(201);
}

/// A login that an account has is refused to another, and named; of two taken logins only the first is named, so that one request can not probe two.
pub(super) async fn refuses_what_is_taken(by: &str) {
    let first = registration();
    send(by, &first).await.expect(201);
    for (members, code) in [
        (vec!["email"], "email_taken"),
        (vec!["phone"], "phone_taken"),
        (vec!["email", "phone"], "email_taken"),
    ] {
        let mut second = registration();
        for member in &members {
            second[*member] = first[*member].clone();
        }
        second["email"] = json!(second["email"].as_str().unwrap().to_uppercase());
        let problem = send(by, &second).await.problem(409, code);
        let errors = problem["errors"].as_array().unwrap();
        let pointers: Vec<&str> =
            errors.iter().map(|error| &error["pointer"].as_str().unwrap()[1..]).collect();
        assert_eq!(pointers, members[..1]);
    }
    // What was refused took nothing: the login that was free stays free.
    let mut half = registration();
    half["email"] = first["email"].clone();
    send(by, &half).await.problem(409, "email_taken");
    half["email"] = json!(unique_email());
    send(by, &half).await.expect(201);
}

/// A login that stays unverified for a day is its owner's to register: the account that claimed it gives it up, its sessions end, and it is
/// closed when no other login opens it.
pub(super) async fn takes_over_what_was_never_proved(by: &str) {
    let (squatter, other) = (customer().await, customer().await);
    let session = log_in(&squatter.email, PASSWORD).await;
    let mut owner = registration();
    owner["email"] = json!(squatter.email);
    send(by, &owner).await.problem(409, "email_taken");
    for person in [&squatter, &other] {
        age(person).await;
    }
    let opened = send(by, &owner).await.expect(201);
    assert_ne!(opened["id"], squatter.id);
    log_in(&squatter.email, PASSWORD).await;
    let refresh = json!({"refreshToken": session["refreshToken"]});
    Answer::to(post("/api/v1/auth/refresh").json(&refresh)).await.problem(401, "invalid_refresh_token");
    let me = squatter.ask(get("/api/v1/users/me")).await.expect(200);
    assert!(me.get("email").is_none(), "the number is left: {me}");
    // Nothing is left of an account whose both logins are taken.
    let mut both = registration();
    (both["email"], both["phone"]) = (json!(other.email), json!(other.phone));
    send(by, &both).await.expect(201);
    other.ask(get("/api/v1/users/me")).await.problem(401, "invalid_token");
    let told = journal_of(&format!("user/{}", other.id)).await;
    assert_eq!(told.last().unwrap()["type"], "identity.user_deleted");
}

/// Makes as if `person` had registered more than a day ago.
pub(super) async fn age(person: &Person) {
    let key = format!("USER#{}", person.id);
    set_text("IDENTITY_TABLE", &key, "PROFILE", "createdAt", "2026-01-01T00:00:00.000Z").await;
}

/// Of registrations of one login at the same instant one wins.
pub(super) async fn lets_one_of_many_win(by: &str) {
    let body = registration();
    let answers = join_all((0..5).map(|_| send(by, &body))).await;
    let (won, lost): (Vec<Answer>, Vec<Answer>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(won.len(), 1);
    for answer in lost {
        answer.problem(409, "email_taken");
    }
    let login = json!({"email": body["email"], "password": PASSWORD});
    Answer::to(post("/api/v1/auth/login/email").json(&login)).await.expect(200);
}

/// The same request with the same key is one registration with one answer.
pub(super) async fn heeds_the_idempotency_key(by: &str) {
    let body = registration();
    let key = Uuid::new_v4().to_string();
    let keyed = |key: &str, body: &Value| Answer::to(register(by).header("idempotency-key", key).json(body));
    let first = keyed(&key, &body).await;
    assert_eq!(first.header("x-idempotent-replay"), "");
    let first = first.expect(201);
    // A key may be quoted, as the draft has it, or bare.
    for key in [key.clone(), format!("\"{key}\"")] {
        let again = keyed(&key, &body).await;
        assert_eq!(again.header("x-idempotent-replay"), "true");
        assert_eq!(again.expect(200), first);
    }
    for (member, value) in [("firstName", json!("Мария")), ("password", json!("another password"))] {
        let mut other = body.clone();
        other[member] = value;
        keyed(&key, &other).await.problem(422, "idempotency_key_reused");
    }
    keyed(&Uuid::new_v4().to_string(), &body).await.problem(409, "email_taken");
    for key in ["", "\"\"", &"k".repeat(256), "two words"] {
        keyed(key, &registration()).await.problem(400, "invalid_idempotency_key");
    }
    keyed(&format!("{key:k<255}"), &registration()).await.expect(201);
}

/// Concurrent requests with one key create one account; none of them is refused because its login is taken.
pub(super) async fn makes_one_account_of_parallel_repeats(by: &str) {
    let body = registration();
    let key = Uuid::new_v4().to_string();
    let answers =
        join_all((0..4).map(|_| Answer::to(register(by).header("idempotency-key", &key).json(&body)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        match answer.status {
            200 => assert_eq!(answer.header("x-idempotent-replay"), "true"),
            _ => drop(answer.problem(409, "idempotency_in_progress")),
        }
    }
}

/// Only a JSON object is read.
pub(super) async fn reads_a_json_object(by: &str) {
    wants_a_json_object(|| register(by)).await;
}
