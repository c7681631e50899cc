//! `POST /api/v1/orders`, `POST /orders` and `POST /api/orders`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, Person, Product, address, customer, decide, details, get, names_the_member_at_fault, operator,
    order_directly, post, product, put_product, put_stock, reload, stock_of, unique_sku, wants_a_json_object,
    wants_a_token,
};

const PATHS: [&str; 3] = ["/api/v1/orders", "/orders", "/api/orders"];

fn body(items: &Value) -> Value {
    let mut body = address();
    body["items"] = items.clone();
    body
}

fn items(product: &Product, quantity: u32) -> Value {
    json!([{"productId": product.sku, "quantity": quantity}])
}

async fn order_count(person: &Person) -> usize {
    person.ask(get("/api/v1/orders")).await.expect(200)["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_order_is_placed_and_waits_for_its_payment() {
    let anna = customer().await;
    let (kettle, cup) = (product(1_500, 5).await, product(250, 20).await);
    let lines = json!([
        {"productId": kettle.sku, "quantity": 1},
        {"productId": cup.sku, "quantity": 6},
        {"productId": kettle.sku, "quantity": 2},
    ]);
    let placed = anna.ask(post(PATHS[0]).json(&body(&lines))).await.expect(201);
    assert_eq!(placed["status"], "awaiting_payment");
    assert_eq!((&placed["totalAmount"], &placed["currency"]), (&json!(6_000), &json!("RUB")));
    let mut ordered: Vec<(&str, &Value)> = placed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["productId"].as_str().unwrap(), &item["quantity"]))
        .collect();
    ordered.sort_unstable_by_key(|item| item.0);
    let mut expected = [(&*kettle.sku, &json!(3)), (&*cup.sku, &json!(6))];
    expected.sort_unstable_by_key(|item| item.0);
    assert_eq!(ordered, expected, "lines of one product are one line");
    assert!(placed["createdAt"].is_string());
    assert_eq!(placed.get("paymentUrl"), None, "there is no payment yet");
    assert_eq!((stock_of(&kettle.sku).await, stock_of(&cup.sku).await), (2, 14));
    let order = reload(&anna, &placed).await;
    assert_eq!((&order["id"], &order["payment"]), (&placed["orderId"], &Value::Null));
    assert_eq!(order["street"], address()["street"]);
    assert!(order["expiresAt"].is_string());
}

#[tokio::test]
async fn one_product_needs_no_list() {
    let anna = customer().await;
    let kettle = product(1_500, 5).await;
    for (more, left) in [(json!({}), 4), (json!({"quantity": 3}), 1)] {
        let mut body = address();
        body["productId"] = json!(kettle.sku);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        anna.ask(post(PATHS[0]).json(&body)).await.expect(201);
        assert_eq!(stock_of(&kettle.sku).await, left);
    }
}

#[tokio::test]
async fn a_card_or_a_phone_begins_the_payment_at_once() {
    let anna = customer().await;
    let kettle = product(1_500, 9).await;
    let cases = [
        (json!({"card": "tok_success"}), "paid", 8),
        (json!({"card": "tok_declined"}), "cancelled", 8),
        (json!({"phone": "+7 999 123-45-60"}), "paid", 7),
        (json!({"card": "tok_pending"}), "awaiting_payment", 6),
    ];
    for (more, status, left) in cases {
        let placed = order_directly(&anna, &kettle, 1, &more).await;
        assert_eq!(placed["status"], status, "{more}");
        assert_eq!(stock_of(&kettle.sku).await, left, "{more}");
        assert_eq!(placed.get("paymentUrl").is_some(), status == "awaiting_payment", "{more}");
        if status == "awaiting_payment" {
            assert_eq!(decide(&placed, "pay").await.status, 303);
            assert_eq!(reload(&anna, &placed).await["status"], "paid");
        }
    }
}

#[tokio::test]
async fn nothing_is_set_aside_when_nothing_is_to_be() {
    let anna = customer().await;
    let kettle = product(1_500, 1).await;
    // The quantity exceeds the stock, which is not checked without a reservation.
    let placed = order_directly(&anna, &kettle, 3, &json!({"reserve": false})).await;
    assert_eq!((&placed["status"], &placed["totalAmount"]), (&json!("new"), &json!(4_500)));
    assert_eq!(stock_of(&kettle.sku).await, 1);
    assert_eq!(reload(&anna, &placed).await.get("expiresAt"), None);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_ordered() {
    let anna = customer().await;
    let kettle = product(1_500, 5).await;
    wants_a_token(|| post(PATHS[0]).json(&body(&json!([])))).await;
    wants_a_json_object(|| post(PATHS[0]).bearer_auth(&anna.token)).await;
    let good = body(&items(&kettle, 1));
    let long = "x".repeat(201);
    let cases = [
        ("items", Value::Null),
        ("items", json!({})),
        ("items", json!([])),
        ("country", Value::Null),
        ("region", json!(7)),
        ("city", json!("")),
        ("street", json!(long)),
        ("productId", json!(kettle.sku)),
        ("quantity", json!(1)),
        ("card", json!("4111 1111 1111 1111")),
        ("phone", json!("12")),
        ("reserve", json!("no")),
        ("coupon", json!("FREE")),
    ];
    names_the_member_at_fault(&good, cases, || post(PATHS[0]).bearer_auth(&anna.token)).await;
    let more = [
        (json!({"card": "tok_success", "phone": "+79991234560"}), "/phone"),
        (json!({"card": "tok_success", "reserve": false}), "/reserve"),
        (json!({"items": [{"productId": kettle.sku}]}), "/items/0/quantity"),
        (json!({"items": [{"productId": kettle.sku, "quantity": 0}]}), "/items/0/quantity"),
        (json!({"items": [{"productId": "a b", "quantity": 1}]}), "/items/0/productId"),
        (json!({"items": [{"productId": kettle.sku, "quantity": 1, "price": 1}]}), "/items/0/price"),
    ];
    for (change, pointer) in more {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        anna.ask(post(PATHS[0]).json(&body)).await.problem_at(422, "invalid_input", pointer);
    }
    let over =
        json!([{"productId": kettle.sku, "quantity": 65_535}, {"productId": kettle.sku, "quantity": 1}]);
    anna.ask(post(PATHS[0]).json(&body(&over))).await.problem_at(422, "invalid_input", "/items/1/quantity");
    let many: Vec<Value> =
        (0..41).map(|index| json!({"productId": format!("X-{index}"), "quantity": 1})).collect();
    let problem = anna.ask(post(PATHS[0]).json(&body(&json!(many)))).await.problem(422, "too_many_lines");
    assert_eq!(problem["limit"], 40);
    assert_eq!(order_count(&anna).await, 0);
    assert_eq!(stock_of(&kettle.sku).await, 5);
}

/// A caller receives all faults of a body at once.
#[tokio::test]
async fn everything_that_is_wrong_is_named_together() {
    let anna = customer().await;
    let cases = [
        (
            r#"{"items": [], "expectedTotal": -1, "country": "", "reserve": false, "card": "tok_success"}"#,
            "/city /country /expectedTotal /items /region /reserve /street",
        ),
        (
            r#"{"items": [], "productId": "A", "sku": "A", "quantity": 2, "expectedTotal": -1}"#,
            "/city /country /expectedTotal /region /sku /street",
        ),
        (
            r#"{"items": [], "quantity": 2, "productId": "A", "country": "a", "region": "b", "city": "c", "street": "d"}"#,
            "/items /productId /quantity",
        ),
        (
            r#"{"items": [{"sku": "\ud800", "quantity": 1e400}, {"sku": "A"}], "city": "c", "city": "c", "coupon": 1}"#,
            "/city /country /coupon /items/0/quantity /items/0/sku /items/1/quantity /region /street",
        ),
        (
            r#"{"cartSnapshot": {}, "expectedTotal": -1, "items": [], "sku": "A"}"#,
            "/expectedTotal /items /sku",
        ),
        (
            r#"{"cartSnapshot": {"a": 1, "a": 1}, "coupon": 1, "phone": "\udc00"}"#,
            "/cartSnapshot/a /coupon /phone",
        ),
    ];
    for path in PATHS {
        for (body, pointers) in cases {
            let request = post(path).header("content-type", "application/json");
            let request = request.header("idempotency-key", Uuid::new_v4().to_string());
            let problem = anna.ask(request.body(body)).await.problem(422, "invalid_input");
            let errors = problem["errors"].as_array().unwrap();
            let mut named: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
            named.sort_unstable();
            assert_eq!(named.join(" "), pointers, "{body}");
        }
    }
}

#[tokio::test]
async fn lines_that_cannot_be_ordered_are_named_as_the_caller_has_them() {
    let anna = customer().await;
    let (kettle, withdrawn, abroad) = (product(100, 5).await, product(100, 5).await, unique_sku());
    let mut hidden = details(100);
    hidden["isActive"] = json!(false);
    put_product(&withdrawn.sku, &hidden).await;
    let mut euro = details(100);
    euro["currency"] = json!("EUR");
    put_product(&abroad, &euro).await;
    put_stock(&abroad, &json!({"warehouse": "msk-1", "available": 5})).await;
    // In an order that is not that of the SKUs.
    let mut lines: Vec<Value> = [&*kettle.sku, "Z-nowhere", &withdrawn.sku, &kettle.sku, &abroad]
        .iter()
        .map(|sku| json!({"productId": sku, "quantity": 1}))
        .collect();
    let problem = anna.ask(post(PATHS[0]).json(&body(&json!(lines)))).await;
    let problem = problem.problem(422, "product_not_orderable");
    let pointers = |problem: &Value| -> Vec<String> {
        let errors = problem["errors"].as_array().unwrap();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(pointers(&problem), ["/items/1", "/items/2", "/items/4"]);
    lines.reverse();
    let problem = anna.ask(post(PATHS[0]).json(&body(&json!(lines)))).await;
    let problem = problem.problem(422, "product_not_orderable");
    assert_eq!(pointers(&problem), ["/items/1", "/items/2", "/items/3", "/items/4"], "{problem}");
    let mut one = address();
    one["productId"] = json!(withdrawn.sku);
    anna.ask(post(PATHS[0]).json(&one)).await.problem_at(422, "product_not_orderable", "/productId");
    one["sku"] = one["productId"].take();
    anna.ask(post(PATHS[0]).json(&one)).await.problem_at(422, "product_not_orderable", "/sku");
    assert_eq!(order_count(&anna).await, 0);
}

#[tokio::test]
async fn what_is_short_is_kept_as_a_failed_order() {
    let anna = customer().await;
    let kettle = product(100, 2).await;
    let problem = anna.ask(post(PATHS[0]).json(&body(&items(&kettle, 3)))).await;
    let problem = problem.problem(409, "insufficient_stock");
    assert_eq!((&problem["wanted"], &problem["available"]), (&json!(3), &json!(2)));
    let order = reload(&anna, &problem).await;
    assert_eq!((&order["status"], &order["totalAmount"]), (&json!("failed"), &json!(300)));
    assert_eq!(order["id"], problem["orderId"]);
    assert_eq!(stock_of(&kettle.sku).await, 2);
}

#[tokio::test]
async fn one_key_is_one_order() {
    let anna = customer().await;
    let kettle = product(100, 9).await;
    for (path, more) in [(PATHS[0], json!({})), (PATHS[1], json!({"card": "tok_success"}))] {
        let mut body = body(&items(&kettle, 1));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let key = Uuid::new_v4().to_string();
        let ask = || anna.ask(post(path).header("idempotency-key", &key).json(&body));
        let first = ask().await.expect(201);
        let again = ask().await;
        assert_eq!(again.header("x-idempotent-replay"), "true");
        assert_eq!(again.expect(200), first);
        let mut other = body.clone();
        other["items"] = items(&kettle, 2);
        let other = anna.ask(post(path).header("idempotency-key", &key).json(&other)).await;
        other.problem(422, "idempotency_key_reused");
    }
    assert_eq!(order_count(&anna).await, 2);
    assert_eq!(stock_of(&kettle.sku).await, 7);
}

#[tokio::test]
async fn one_key_at_one_instant_is_one_order() {
    for (stocked, ordered, more) in
        [(9, 1, json!({})), (9, 1, json!({"card": "tok_success"})), (1, 1, json!({})), (1, 2, json!({}))]
    {
        let anna = customer().await;
        let kettle = product(100, stocked).await;
        let mut body = body(&items(&kettle, ordered));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let key = Uuid::new_v4().to_string();
        let ask = || anna.ask(post(PATHS[0]).header("idempotency-key", &key).json(&body));
        let answers = join_all((0..6).map(|_| ask())).await;
        let short = u64::from(ordered) > stocked;
        let first = |answer: &Answer| {
            let replayed = answer.header("x-idempotent-replay") == "true";
            !replayed && (answer.status == 201 || answer.body["code"] == "insufficient_stock")
        };
        assert_eq!(answers.iter().filter(|answer| first(answer)).count(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| !first(answer)) {
            let replayed = answer.header("x-idempotent-replay") == "true";
            let running = answer.status == 409 && answer.body["code"] == "idempotency_in_progress";
            assert!(replayed || running, "{answer:?}");
        }
        assert_eq!(order_count(&anna).await, 1);
        let left = if short { stocked } else { stocked - u64::from(ordered) };
        assert_eq!(stock_of(&kettle.sku).await, left);
    }
}

#[tokio::test]
async fn the_last_units_are_sold_once() {
    let kettle = product(100, 4).await;
    let buyers = join_all((0..10).map(|_| customer())).await;
    let body = body(&items(&kettle, 1));
    let answers = join_all(buyers.iter().map(|buyer| buyer.ask(post(PATHS[0]).json(&body)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 4);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.problem(409, "insufficient_stock");
    }
    assert_eq!(stock_of(&kettle.sku).await, 0);
}

#[tokio::test]
async fn clients_of_order_services_are_told_in_their_terms() {
    let anna = customer().await;
    let kettle = product(100, 1).await;
    for path in &PATHS[1..] {
        let problem = anna.ask(post(path).json(&body(&items(&kettle, 2)))).await;
        assert_eq!(problem.problem(409, "insufficient_stock")["error"], "Insufficient stock");
        Answer::to(post(path).json(&json!({}))).await.problem(401, "token_required");
        let mut declined = body(&items(&kettle, 1));
        declined["card"] = json!("tok_declined");
        assert_eq!(anna.ask(post(path).json(&declined)).await.expect(201)["status"], "canceled");
    }
}

/// One operation has three paths, and a body is what it says, however it is written.
#[tokio::test]
async fn a_key_goes_by_operation_and_value() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let key = Uuid::new_v4().to_string();
    let send = |path: &str, body: String| {
        let request = post(path).header("idempotency-key", &key).header("content-type", "application/json");
        anna.ask(request.body(body))
    };
    let sku = &kettle.sku;
    let first = format!(
        r#"{{"items": [{{"productId": "{sku}", "quantity": 2}}], "country": "RU", "region": "a", "city": "b", "street": "c", "card": "tok_success"}}"#
    );
    let other = format!(
        r#"{{"card":"tok_success","street":"c","city":"b","region":"a","country":"RU","items":[{{"quantity":2,"productId":"{sku}"}}]}}"#
    );
    let placed = send("/api/v1/orders", first.clone()).await.expect(201);
    for (path, body) in [("/orders", &first), ("/api/orders", &other), ("/api/v1/orders", &other)] {
        let again = send(path, body.clone()).await;
        assert_eq!(again.header("x-idempotent-replay"), "true", "{path}");
        assert_eq!(again.expect(200), placed);
    }
    for same in [
        other.replace("productId", "sku"),
        other.replace(r#""card""#, r#""phone":null,"expectedTotal":null,"card""#),
    ] {
        assert_eq!(send("/api/v1/orders", same).await.expect(200), placed);
    }
    send("/orders", first.replace("\"quantity\": 2", "\"quantity\": 3"))
        .await
        .problem(422, "idempotency_key_reused");
    assert_eq!(stock_of(sku).await, 7, "one order");
    // An order is the same by its number and by its UUID.
    let waiting = order_directly(&anna, &kettle, 1, &json!({})).await;
    let key = Uuid::new_v4().to_string();
    let pay = |id: &serde_json::Value| {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let body = json!({"method": "card", "cardToken": "tok_success"});
        anna.ask(post(&format!("/api/v1/orders/{id}/pay")).header("idempotency-key", &key).json(&body))
    };
    let paid = pay(&waiting["number"]).await.expect(201);
    assert_eq!(pay(&waiting["orderId"]).await.expect(200), paid);
}

/// A repeat is answered in the form of its own path, whichever path the first request used.
#[tokio::test]
async fn a_repeat_at_another_path_is_told_in_its_terms() {
    let anna = customer().await;
    let kettle = product(100, 9).await;
    let mut declined = body(&items(&kettle, 1));
    declined["card"] = json!("tok_declined");
    let short = body(&items(&kettle, 99));
    for (first, second) in [(PATHS[0], PATHS[1]), (PATHS[2], PATHS[0])] {
        let told = |path: &str| {
            if path == PATHS[0] { ("cancelled", None) } else { ("canceled", Some("Insufficient stock")) }
        };
        let (key, other) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
        let mut ids = Vec::new();
        for (path, status) in [(first, 201), (second, 200), (first, 200)] {
            let order =
                anna.ask(post(path).header("idempotency-key", &key).json(&declined)).await.expect(status);
            assert_eq!(
                (order["status"].as_str(), &order["id"]),
                (Some(told(path).0), &order["orderId"]),
                "{path}"
            );
            ids.push(order["id"].clone());
            let problem = anna.ask(post(path).header("idempotency-key", &other).json(&short)).await;
            let problem = problem.problem(409, "insufficient_stock");
            assert_eq!(problem.get("error").and_then(Value::as_str), told(path).1, "{path}");
        }
        assert!(ids.iter().all(|id| *id == ids[0]));
    }
}

#[tokio::test]
async fn a_note_and_metadata_are_shown_with_the_order_and_are_in_no_event() {
    let (anna, operator) = (customer().await, operator().await);
    let mut wanted = body(&items(&product(100, 9).await, 1));
    wanted["note"] = json!("  Leave it\nwith the porter. ");
    wanted["metadata"] = json!({"campaign": "autumn-7", "source": "телеграм"});
    let placed = anna.ask(post(PATHS[0]).json(&wanted)).await.expect(201);
    let path = format!("/api/v1/orders/{}", placed["orderId"].as_str().unwrap());
    for reader in [&anna, &operator] {
        let order = reader.ask(get(&path)).await.expect(200);
        assert_eq!(order["note"], "Leave it\nwith the porter.");
        assert_eq!(order["metadata"], wanted["metadata"]);
        let history = reader.ask(get(&format!("{path}/events"))).await.expect(200).to_string();
        assert!(!history.contains("porter") && !history.contains("autumn"), "{history}");
    }
    let plain = anna.ask(post(PATHS[0]).json(&body(&items(&product(100, 9).await, 1)))).await.expect(201);
    let plain = reload(&anna, &plain).await;
    assert!(plain.get("note").is_none() && plain.get("metadata").is_none(), "{plain}");
}

#[tokio::test]
async fn every_fault_of_the_details_is_named_with_the_others() {
    let anna = customer().await;
    let kettle = product(100, 9).await;
    let mut wanted = body(&items(&kettle, 1));
    wanted["city"] = json!(" ");
    wanted["note"] = json!("x".repeat(501));
    wanted["metadata"] = json!({"a b": "1", "long": "x".repeat(201), "fine": "x"});
    wanted["returnUrl"] = json!("https://evil.example/");
    wanted["expectedTotal"] = json!(-1);
    for path in PATHS {
        let problem = anna.ask(post(path).json(&wanted)).await.problem(422, "invalid_input");
        let errors = problem["errors"].as_array().unwrap();
        let mut named: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        named.sort_unstable();
        let all = ["/city", "/expectedTotal", "/metadata/a b", "/metadata/long", "/note", "/returnUrl"];
        assert_eq!(named, all, "{path}");
    }
    let many: serde_json::Map<_, _> = (0..21).map(|number| (number.to_string(), json!("x"))).collect();
    let mut wanted = body(&items(&kettle, 1));
    wanted["metadata"] = json!(many);
    anna.ask(post(PATHS[0]).json(&wanted)).await.problem_at(422, "invalid_input", "/metadata");
    assert_eq!((order_count(&anna).await, stock_of(&kettle.sku).await), (0, 9));
}
