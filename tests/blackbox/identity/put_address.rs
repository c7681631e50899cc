//! `PUT /api/v1/users/me/addresses/{id}`

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::list_addresses::{ADDRESSES, addresses, defaults};
use crate::harness::{
    Answer, Person, customer, delete, everything_in, item, journal_of, names_the_member_at_fault, put,
    wants_a_json_object, wants_a_token,
};

/// The most addresses of an account.
const MOST: usize = 20;

/// The path of an address that is not saved yet.
pub(super) fn new_path() -> String {
    format!("{ADDRESSES}/{}", Uuid::new_v4())
}

/// An address in Moscow, with these members changed.
pub(super) fn address(changes: Value) -> Value {
    let mut body = json!({
        "recipientName": "Анна Каренина", "recipientPhone": "+79991234567", "country": "RU", "region": "Москва",
        "city": "Москва", "street": "ул. Тверская, 1", "postalCode": "125009",
    });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body
}

/// The answer to saving `body` at `path` by `person`.
pub(super) async fn put_address(person: &Person, path: &str, body: &Value) -> Answer {
    person.ask(put(path).json(body)).await
}

/// Requests of one account at a time: enough to meet each other.
const AT_ONCE: usize = 5;

/// The statuses of saving `body` at each of `paths`, [`AT_ONCE`] at a time.
async fn saved_at_once(person: &Person, paths: &[String], body: &Value) -> Vec<u16> {
    let saved = |path: &String| {
        let path = path.clone();
        async move { person.ask_until_available(|| put(&path).json(body)).await.status }
    };
    let mut statuses = Vec::new();
    for paths in paths.chunks(AT_ONCE) {
        statuses.extend(join_all(paths.iter().map(saved)).await);
    }
    statuses
}

#[tokio::test]
async fn an_address_is_saved_in_its_form() {
    let anna = customer().await;
    let id = Uuid::new_v4();
    let body = address(json!({
        "recipientName": " Анна ", "recipientPhone": "8 (999) 123-45-67", "country": " ru ", "street2": " подъезд 3 ",
    }));
    let saved = put_address(&anna, &format!("{ADDRESSES}/{id}"), &body).await.expect(201);
    let mut expected = address(json!({
        "id": id, "recipientName": "Анна", "street2": "подъезд 3", "isDefault": true, "createdAt": saved["createdAt"],
    }));
    assert_eq!(saved, expected);
    assert_eq!(addresses(&anna).await, std::slice::from_ref(&saved));

    // What is left out of the next body is not there any more.
    let moved = put_address(&anna, &format!("{ADDRESSES}/{id}"), &address(json!({"city": "Химки"}))).await;
    expected["city"] = json!("Химки");
    expected["recipientName"] = json!("Анна Каренина");
    expected.as_object_mut().unwrap().remove("street2");
    assert_eq!(moved.expect(200), expected);
    assert_eq!(addresses(&anna).await, [expected]);
}

#[tokio::test]
async fn a_repeat_changes_nothing() {
    let anna = customer().await;
    let path = new_path();
    let saved = put_address(&anna, &path, &address(json!({}))).await.expect(201);
    let before = journal_of(&format!("user/{}", anna.id)).await.len();
    for again in
        [json!({}), json!({"isDefault": true}), json!({"isDefault": false}), json!({"street2": null})]
    {
        assert_eq!(put_address(&anna, &path, &address(again)).await.expect(200), saved);
    }
    assert_eq!(journal_of(&format!("user/{}", anna.id)).await.len(), before);
}

#[tokio::test]
async fn the_default_moves_to_the_address_that_is_chosen() {
    let anna = customer().await;
    let (one, other) = (new_path(), new_path());
    let first = put_address(&anna, &one, &address(json!({"isDefault": false}))).await.expect(201);
    assert_eq!(first["isDefault"], true, "there is one while there is any address");
    let second = put_address(&anna, &other, &address(json!({}))).await.expect(201);
    assert_eq!(second["isDefault"], false);
    let chosen = put_address(&anna, &other, &address(json!({"isDefault": true}))).await.expect(200);
    assert_eq!(chosen["isDefault"], true);
    assert_eq!(defaults(&addresses(&anna).await), [&second["id"]]);
    let edited = put_address(&anna, &other, &address(json!({"city": "Химки"}))).await.expect(200);
    assert_eq!(edited["isDefault"], true);
    assert_eq!(defaults(&addresses(&anna).await), [&second["id"]]);
}

#[tokio::test]
async fn of_many_defaults_at_once_one_is_left() {
    let anna = customer().await;
    let paths: Vec<String> = (0..MOST).map(|_| new_path()).collect();
    let body = address(json!({"isDefault": true}));
    let statuses = saved_at_once(&anna, &paths, &body).await;
    assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
    let listed = addresses(&anna).await;
    assert_eq!((listed.len(), defaults(&listed).len()), (MOST, 1));
    assert_eq!(listed[0]["isDefault"], true);
}

#[tokio::test]
async fn the_twenty_first_address_is_refused() {
    let anna = customer().await;
    let body = address(json!({}));
    for _ in 1..AT_ONCE {
        put_address(&anna, &new_path(), &body).await.expect(201);
    }
    // The last ones come at once, one more than there is room for.
    let paths: Vec<String> = (AT_ONCE..=MOST + 1).map(|_| new_path()).collect();
    let (before, last) = paths.split_at(paths.len() - AT_ONCE);
    saved_at_once(&anna, before, &body).await;
    let mut statuses = saved_at_once(&anna, last, &body).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 201, 201, 409]);
    put_address(&anna, &new_path(), &body).await.problem(409, "too_many_addresses");
    let listed = addresses(&anna).await;
    assert_eq!(listed.len(), MOST);
    // One that is there can be changed, and one more is saved in the place of a deleted one.
    let path = format!("{ADDRESSES}/{}", listed[0]["id"].as_str().unwrap());
    put_address(&anna, &path, &address(json!({"city": "Химки"}))).await.expect(200);
    anna.ask(delete(&path)).await.expect(204);
    put_address(&anna, &new_path(), &body).await.expect(201);
}

#[tokio::test]
async fn every_member_at_fault_is_named_at_once() {
    let anna = customer().await;
    let bad = json!({
        "recipientName": "...", "recipientPhone": "112", "country": "RU", "city": "", "street": "a\u{202e}b",
        "street2": "x".repeat(201), "postalCode": "12500", "isDefault": "yes", "planet": "Earth",
    });
    let problem = put_address(&anna, &new_path(), &bad).await.problem(422, "invalid_input");
    let errors = problem["errors"].as_array().unwrap();
    let mut named: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    named.sort_unstable();
    let all = [
        "/city",
        "/isDefault",
        "/planet",
        "/postalCode",
        "/recipientName",
        "/recipientPhone",
        "/region",
        "/street",
        "/street2",
    ];
    assert_eq!(named, all);
    assert_eq!(addresses(&anna).await, Vec::<Value>::new(), "nothing is half-written");
    let problem = put_address(&anna, &new_path(), &json!({})).await.problem(422, "invalid_input");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 5, "{problem}");
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let anna = customer().await;
    let path = new_path();
    let send = || put(&path).bearer_auth(&anna.token);
    let cases = [
        ("recipientName", json!(null)),
        ("recipientName", json!(7)),
        ("recipientName", json!("x".repeat(101))),
        ("recipientPhone", json!(null)),
        ("recipientPhone", json!("+44 909 879 0879")),
        ("country", json!(null)),
        ("country", json!("Russia")),
        ("country", json!("XX")),
        ("region", json!(null)),
        ("region", json!("")),
        ("region", json!("x".repeat(61))),
        ("city", json!(["Москва"])),
        ("street", json!(null)),
        ("street2", json!("")),
        ("postalCode", json!(null)),
        ("postalCode", json!(125_009)),
        ("postalCode", json!("12500A")),
        ("postalCode", json!("125--009")),
        ("isDefault", json!(1)),
        ("id", json!(Uuid::new_v4())),
    ];
    names_the_member_at_fault(&address(json!({})), cases, send).await;
    wants_a_json_object(send).await;
    for id in ["7", "home", "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"] {
        let answer = put_address(&anna, &format!("{ADDRESSES}/{id}"), &address(json!({}))).await;
        answer.problem_at(400, "invalid_parameter", "/path/id");
    }
    assert_eq!(addresses(&anna).await, Vec::<Value>::new());
}

#[tokio::test]
async fn countries_decide_what_is_needed() {
    let anna = customer().await;
    let german = json!({
        "recipientName": "Ada", "recipientPhone": "+4930123456", "country": "DE", "city": "Berlin",
        "street": "Unter den Linden 1",
    });
    let path = new_path();
    put_address(&anna, &path, &german).await.problem_at(422, "invalid_input", "/postalCode");
    let mut whole = german.clone();
    whole["postalCode"] = json!("10117");
    let saved = put_address(&anna, &path, &whole).await.expect(201);
    assert_eq!((saved.get("region"), &saved["postalCode"]), (None, &json!("10117")));
    let british = address(json!({"country": "GB", "region": null, "postalCode": "ec1y 8sy"}));
    assert_eq!(put_address(&anna, &path, &british).await.expect(200)["postalCode"], "EC1Y 8SY");
}

#[tokio::test]
async fn the_journal_has_ids_and_nothing_of_an_address() {
    let anna = customer().await;
    let id = Uuid::new_v4();
    let path = format!("{ADDRESSES}/{id}");
    let street = format!("Street {}", Uuid::new_v4().simple());
    put_address(&anna, &path, &address(json!({"street": street}))).await.expect(201);
    anna.ask(delete(&path)).await.expect(204);
    let told = journal_of(&format!("user/{}", anna.id)).await;
    let data = json!({"userId": anna.id, "addressId": id});
    let [.., changed, removed] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&changed["type"], &changed["data"]), (&json!("identity.address_changed"), &data));
    assert_eq!((&removed["type"], &removed["data"]), (&json!("identity.address_removed"), &data));
    for table in ["JOURNAL_TABLE", "IDENTITY_TABLE"] {
        assert!(!everything_in(table).await.contains(&street), "{table}");
    }
}

#[tokio::test]
async fn nothing_is_left_of_an_address_of_a_deleted_account() {
    let anna = customer().await;
    let id = Uuid::new_v4();
    let path = format!("{ADDRESSES}/{id}");
    put_address(&anna, &path, &address(json!({}))).await.expect(201);
    let (user, sort) = (format!("USER#{}", anna.id), format!("ADDRESS#{id}"));
    assert!(item("IDENTITY_TABLE", &user, &sort).await.is_some());
    anna.ask(delete("/api/v1/users/me")).await.expect(204);
    assert_eq!(item("IDENTITY_TABLE", &user, &sort).await, None);
    put_address(&anna, &path, &address(json!({}))).await.problem(401, "invalid_token");
    assert_eq!(item("IDENTITY_TABLE", &user, &sort).await, None);
}

#[tokio::test]
async fn nobody_saves_an_address_without_a_token() {
    let path = new_path();
    wants_a_token(|| put(&path).json(&address(json!({})))).await;
}
