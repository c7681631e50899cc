//! `PATCH /api/v1/users/me`

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{
    customer, everything_in, get, journal_of, names_the_member_at_fault, patch, wants_a_json_object,
    wants_a_token,
};

const ME: &str = "/api/v1/users/me";

#[tokio::test]
async fn what_is_given_changes_and_the_rest_stays() {
    let anna = customer().await;
    let before = anna.ask(get(ME)).await.expect(200);
    let mut expected = before.clone();
    expected["firstName"] = json!("Мария");
    assert_eq!(anna.ask(patch(ME).json(&json!({"firstName": " Мария "}))).await.expect(200), expected);
    expected["lastName"] = json!("Иванова");
    assert_eq!(anna.ask(patch(ME).json(&json!({"lastName": "Иванова"}))).await.expect(200), expected);
    assert_eq!(anna.ask(patch(ME).json(&json!({}))).await.expect(200), expected);
    assert_eq!(anna.ask(get(ME)).await.expect(200), expected);
}

#[tokio::test]
async fn many_changes_at_once_are_all_made() {
    let anna = customer().await;
    let names: Vec<String> = ('A'..='T').map(String::from).collect();
    let change = |name: &String| patch(ME).json(&json!({"firstName": name}));
    let answers = join_all(names.iter().map(|name| anna.ask_until_available(|| change(name)))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

/// As clients of an older service send it: the whole profile, with its id.
#[tokio::test]
async fn the_own_id_may_come_along() {
    let anna = customer().await;
    let body = json!({"id": anna.id, "firstName": "Мария", "lastName": "Иванова"});
    assert_eq!(anna.ask(patch(ME).json(&body)).await.expect(200)["firstName"], "Мария");
    let other = json!({"id": customer().await.id, "firstName": "Ева"});
    anna.ask(patch(ME).json(&other)).await.problem_at(422, "invalid_input", "/id");
    assert_eq!(anna.ask(get(ME)).await.expect(200)["firstName"], "Мария");
}

#[tokio::test]
async fn a_language_and_what_is_wanted_are_chosen_one_by_one() {
    let anna = customer().await;
    let mut expected = anna.ask(get(ME)).await.expect(200);
    assert_eq!(expected["locale"], "en");
    assert_eq!(expected["notifications"], json!({"email": true, "sms": true, "orderProgress": true}));
    for (change, member, value) in [
        (json!({"locale": "ru"}), "/locale", json!("ru")),
        (json!({"notifications": {"sms": false}}), "/notifications/sms", json!(false)),
        (json!({"notifications": {"orderProgress": false}}), "/notifications/orderProgress", json!(false)),
        (json!({"notifications": {"sms": true}, "locale": "en"}), "/notifications/sms", json!(true)),
    ] {
        *expected.pointer_mut(member).unwrap() = value;
        if change["locale"] == "en" {
            expected["locale"] = json!("en");
        }
        assert_eq!(anna.ask(patch(ME).json(&change)).await.expect(200), expected, "{change}");
    }
    assert_eq!(anna.ask(get(ME)).await.expect(200), expected);
    let told = journal_of(&format!("user/{}", anna.id)).await;
    let changed = told.iter().filter(|event| event["type"] == "identity.profile_changed");
    let changed: Vec<&Value> = changed.map(|event| &event["data"]["changed"]).collect();
    let expected = [
        json!(["locale"]),
        json!(["notifications"]),
        json!(["notifications"]),
        json!(["locale", "notifications"]),
    ];
    assert_eq!(changed, expected.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_time_zone_is_chosen_and_shown() {
    let anna = customer().await;
    assert_eq!(anna.ask(get(ME)).await.expect(200).get("timeZone"), None);
    for (given, name) in [("Europe/Moscow", "Europe/Moscow"), ("america/new_york", "America/New_York")] {
        let changed = anna.ask(patch(ME).json(&json!({"timeZone": given}))).await.expect(200);
        assert_eq!(changed["timeZone"], name);
        assert_eq!(anna.ask(get(ME)).await.expect(200), changed);
    }
    // What is set later does not take it away.
    let renamed = anna.ask(patch(ME).json(&json!({"firstName": "Мария"}))).await.expect(200);
    assert_eq!(renamed["timeZone"], "America/New_York");
    let export = anna.ask(get("/api/v1/users/me/export")).await.expect(200);
    assert_eq!(export["timeZone"], "America/New_York");
    let told = journal_of(&format!("user/{}", anna.id)).await;
    let changed = told.iter().filter(|event| event["type"] == "identity.profile_changed");
    let changed: Vec<&Value> = changed.map(|event| &event["data"]["changed"]).collect();
    assert_eq!(changed, [&json!(["timeZone"]), &json!(["timeZone"]), &json!(["firstName"])]);
}

#[tokio::test]
async fn the_journal_says_that_a_name_changed_and_not_to_what() {
    let anna = customer().await;
    let name = format!("Anna {}", uuid::Uuid::new_v4().simple());
    anna.ask(patch(ME).json(&json!({"firstName": name}))).await.expect(200);
    let journal = everything_in("JOURNAL_TABLE").await;
    assert!(journal.contains("identity.profile_changed") && !journal.contains(&name));
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let anna = customer().await;
    let send = || patch(ME).bearer_auth(&anna.token);
    let cases = [
        ("firstName", json!("")),
        ("firstName", json!(7)),
        ("lastName", json!("x".repeat(101))),
        ("lastName", json!("a\u{202e}b")),
        ("email", json!("other@example.com")),
        ("scopes", json!(["loms"])),
        ("locale", json!("de")),
        ("locale", json!(["ru"])),
        ("timeZone", json!("Moscow")),
        ("timeZone", json!("+03:00")),
        ("timeZone", json!("")),
        ("timeZone", json!(3)),
        ("notifications", json!(false)),
    ];
    names_the_member_at_fault(&json!({}), cases, send).await;
    for (member, value) in [("email", json!("no")), ("post", json!(true))] {
        let mut wishes = serde_json::Map::new();
        wishes.insert(member.to_owned(), value);
        let answer = anna.ask(patch(ME).json(&json!({"notifications": wishes}))).await;
        answer.problem_at(422, "invalid_input", &format!("/notifications/{member}"));
    }
    wants_a_json_object(send).await;
}

#[tokio::test]
async fn what_is_null_stays_as_it_is() {
    let anna = customer().await;
    let before = anna.ask(get(ME)).await.expect(200);
    let nulls = json!({"firstName": null, "lastName": null, "locale": null, "notifications": {"sms": null, "email": null, "orderProgress": null}});
    assert_eq!(anna.ask(patch(ME).json(&nulls)).await.expect(200), before);
    anna.ask(patch(ME).json(&json!({"notifications": null}))).await.expect(200);
}

#[tokio::test]
async fn nobody_is_renamed_without_a_token() {
    wants_a_token(|| patch(ME).json(&json!({}))).await;
}
