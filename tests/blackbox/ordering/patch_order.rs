//! `PATCH /api/v1/orders/{id}`, `PATCH /orders/{id}` and `PATCH /api/orders/{id}`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Person, address, customer, customer_with, decide, get, journal_of, operator, order_directly,
    patch, pay_for, place_order, post, product, put_stock, stock_of, wants_a_json_object, wants_a_token,
};

const PREFIXES: [&str; 3] = ["/api/v1/orders", "/orders", "/api/orders"];

fn path(order: &Value) -> String {
    format!("/api/v1/orders/{}", order["number"])
}

async fn edit(person: &Person, order: &Value, body: &Value) -> Answer {
    person.ask(patch(&path(order)).json(body)).await
}

async fn reload(person: &Person, order: &Value) -> Value {
    person.ask(get(&path(order))).await.expect(200)
}

#[tokio::test]
async fn operators_move_an_order_to_its_customer() {
    let (anna, operator) = (customer().await, operator().await);
    let paid = pay_for(&anna, &product(500, 3).await, 1).await;
    let mut version = 2;
    for (status, time) in
        [("confirmed", "confirmedAt"), ("shipped", "shippedAt"), ("delivered", "deliveredAt")]
    {
        version += 1;
        let answer = edit(&operator, &paid, &json!({"status": status})).await;
        let etag = answer.header("etag").to_owned();
        let order = answer.expect(200);
        assert_eq!((&order["status"], &order["version"]), (&json!(status), &json!(version)));
        assert!(order[time].is_string(), "{order}");
        let read = anna.ask(get(&path(&paid))).await;
        assert_eq!(read.header("etag"), etag);
        assert_eq!(read.expect(200), order);
    }
}

/// Every edge that operators may take, from every status that can be reached, and no other.
#[tokio::test]
async fn what_is_no_edge_is_refused_with_the_order_as_it_is() {
    let (anna, operator) = (customer().await, operator().await);
    let all = ["new", "awaiting_payment", "paid", "confirmed", "shipped", "delivered", "cancelled", "failed"];
    let cases: [(&str, Value, &[&str], &[&str]); 7] = [
        ("new", json!({"reserve": false}), &[], &["awaiting_payment", "cancelled"]),
        ("awaiting_payment", json!({}), &[], &["cancelled"]),
        ("paid", json!({"card": "tok_success"}), &[], &["confirmed", "cancelled"]),
        ("confirmed", json!({"card": "tok_success"}), &["confirmed"], &["shipped", "cancelled"]),
        ("shipped", json!({"card": "tok_success"}), &["confirmed", "shipped"], &["delivered"]),
        ("delivered", json!({"card": "tok_success"}), &["confirmed", "shipped", "delivered"], &[]),
        ("cancelled", json!({"card": "tok_declined"}), &[], &[]),
    ];
    for (status, more, way, edges) in cases {
        let kettle = product(500, 3).await;
        let placed = order_directly(&anna, &kettle, 1, &more).await;
        for step in way {
            edit(&operator, &placed, &json!({"status": step})).await.expect(200);
        }
        let order = reload(&anna, &placed).await;
        assert_eq!(order["status"], status);
        for target in all.iter().filter(|target| !edges.contains(*target)) {
            let told = edit(&operator, &placed, &json!({"status": target})).await;
            let code =
                if *target == "cancelled" { "order_already_finalized" } else { "transition_not_allowed" };
            assert_eq!(told.problem(409, code)["order"], order, "{status} to {target}");
        }
        assert_eq!(reload(&anna, &placed).await, order, "nothing has changed");
        if let Some(edge) = edges.first() {
            let moved = edit(&operator, &placed, &json!({"status": edge})).await.expect(200);
            assert_eq!(moved["status"], *edge);
        }
    }
}

#[tokio::test]
async fn a_failed_order_is_reserved_when_there_is_enough() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 1).await;
    let placed = order_directly(&anna, &kettle, 2, &json!({"reserve": false})).await;
    let body = json!({"status": "awaiting_payment"});
    let told = edit(&operator, &placed, &body).await.problem(409, "insufficient_stock");
    assert_eq!(told["order"]["status"], "failed");
    put_stock(&kettle.sku, &json!({"warehouse": "msk-1", "delta": 1})).await;
    assert_eq!(edit(&operator, &placed, &body).await.expect(200)["status"], "awaiting_payment");
    assert_eq!(stock_of(&kettle.sku).await, 0);
}

#[tokio::test]
async fn cancelling_by_its_status_is_cancelling() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 3).await;
    for (more, spelled) in [(json!({}), "cancelled"), (json!({"card": "tok_success"}), "canceled")] {
        let placed = order_directly(&anna, &kettle, 1, &more).await;
        let body = json!({"status": spelled, "reason": "damaged in the warehouse"});
        let order = edit(&operator, &placed, &body).await.expect(200);
        assert_eq!(order["status"], "cancelled");
        assert_eq!(order["cancellationReason"], "damaged in the warehouse");
        let paid = more.get("card").is_some();
        assert_eq!(order["payment"]["status"] == "refunded", paid);
        assert_eq!(stock_of(&kettle.sku).await, 3);
    }
}

#[tokio::test]
async fn owners_send_an_order_elsewhere_while_it_waits() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    for more in [json!({}), json!({"reserve": false}), json!({"card": "tok_pending"})] {
        let placed = order_directly(&anna, &kettle, 1, &more).await;
        let before = reload(&anna, &placed).await;
        let order =
            edit(&anna, &placed, &json!({"city": " Тверь ", "street": "пр. Мира, 5"})).await.expect(200);
        assert_eq!((&order["city"], &order["street"]), (&json!("Тверь"), &json!("пр. Мира, 5")));
        assert_eq!((&order["country"], &order["region"]), (&address()["country"], &address()["region"]));
        assert_eq!((&order["status"], &order["version"]), (&before["status"], &json!(2)));
        assert_eq!(order["payment"], before["payment"], "nothing else is lost");
        let again = edit(&anna, &placed, &json!({"city": "Тверь"})).await.expect(200);
        assert_eq!(again, order, "what changes nothing is no change");
    }
    // An order without an address takes a whole one.
    crate::harness::put_in_cart(&anna, &kettle.sku, 1).await;
    let bare = anna.ask(post("/api/v1/orders/checkout")).await.expect(201);
    let part = edit(&anna, &bare, &json!({"city": "Тверь"})).await;
    part.problem_at(422, "invalid_input", "/country");
    assert_eq!(edit(&anna, &bare, &address()).await.expect(200)["street"], address()["street"]);
}

/// Paid from a cart without an address: owner and operator can add one, and nothing is shipped without.
#[tokio::test]
async fn an_order_without_an_address_gets_one_before_it_is_shipped() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 9).await;
    for editor in [&anna, &operator] {
        crate::harness::put_in_cart(&anna, &kettle.sku, 1).await;
        let card = json!({"method": "card", "cardToken": "tok_success"});
        let paid = anna.ask(post("/api/v1/orders/checkout").json(&card)).await.expect(201);
        assert_eq!((&paid["status"], &paid["country"]), (&json!("paid"), &Value::Null));
        edit(&operator, &paid, &json!({"status": "confirmed"})).await.expect(200);
        for prefix in PREFIXES {
            let shipping = patch(&format!("{prefix}/{}", paid["number"])).json(&json!({"status": "shipped"}));
            operator.ask(shipping).await.problem(409, "address_missing");
        }
        edit(editor, &paid, &json!({"city": "Тверь"})).await.problem_at(422, "invalid_input", "/country");
        let order = edit(editor, &paid, &address()).await.expect(200);
        assert_eq!((&order["street"], &order["status"]), (&address()["street"], &json!("confirmed")));
        edit(&anna, &paid, &json!({"city": "Клин"})).await.problem(409, "transition_not_allowed");
        let order = edit(&operator, &paid, &json!({"city": "Клин"})).await.expect(200);
        assert_eq!(order["city"], "Клин");
        let told = journal_of(&format!("order/{}", paid["id"].as_str().unwrap())).await;
        let last = told.last().unwrap();
        assert_eq!(
            (&last["type"], &last["actor"]["kind"]),
            (&json!("orders.address_changed"), &json!("operator"))
        );
        assert!(!last.to_string().contains("Клин"), "no address in an event: {last}");
        edit(&operator, &paid, &json!({"status": "shipped"})).await.expect(200);
        edit(&operator, &paid, &json!({"city": "Химки"})).await.problem(409, "transition_not_allowed");
    }
}

#[tokio::test]
async fn an_order_that_was_paid_goes_where_it_was_to_go() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    for more in [json!({"card": "tok_success"}), json!({"card": "tok_declined"})] {
        let placed = order_directly(&anna, &kettle, 1, &more).await;
        for body in [json!({"city": "Тверь"}), address()] {
            let told = edit(&anna, &placed, &body).await.problem(409, "transition_not_allowed");
            assert_eq!(told["order"], reload(&anna, &placed).await);
        }
    }
}

#[tokio::test]
async fn only_the_order_that_was_seen_is_changed() {
    let (anna, operator) = (customer().await, operator().await);
    let placed = order_directly(&anna, &product(500, 9).await, 1, &json!({})).await;
    let seen = anna.ask(get(&path(&placed))).await.header("etag").to_owned();
    let ask = |tag: String, city: &'static str| {
        let request = patch(&path(&placed)).header("if-match", tag).json(&json!({"city": city}));
        let anna = &anna;
        async move { anna.ask(request).await }
    };
    for tag in ["\"0-0\"".to_owned(), format!("W/{seen}"), "nonsense".to_owned()] {
        let stale = ask(tag, "Тверь").await;
        assert_eq!(stale.header("etag"), seen, "the current tag");
        stale.problem(412, "etag_mismatch");
    }
    // Of edits of one reading at one instant one is made.
    let answers = join_all((0..5).map(|_| ask(seen.clone(), "Тверь"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.problem(412, "etag_mismatch");
    }
    ask("*".to_owned(), "Клин").await.expect(200);
    let current = anna.ask(get(&path(&placed))).await.header("etag").to_owned();
    ask(format!("\"0-0\", {current}"), "Химки").await.expect(200);
    // A payment that begins is another order than was seen.
    let current = anna.ask(get(&path(&placed))).await.header("etag").to_owned();
    anna.ask(post(&format!("{}/pay", path(&placed)))).await.expect(201);
    ask(current.clone(), "Тверь").await.problem(412, "etag_mismatch");
    let cancel = patch(&path(&placed)).header("if-match", current).json(&json!({"status": "cancelled"}));
    operator.ask(cancel).await.problem(412, "etag_mismatch");
    assert_eq!(reload(&anna, &placed).await["status"], "awaiting_payment");
}

#[tokio::test]
async fn everybody_changes_what_is_theirs_to_change() {
    let anna = customer().await;
    let placed = order_directly(&anna, &product(500, 9).await, 1, &json!({})).await;
    let (status, street) = (json!({"status": "cancelled"}), json!({"street": "x"}));
    wants_a_token(|| patch(&path(&placed)).json(&status)).await;
    let told = edit(&anna, &placed, &status).await.problem(403, "insufficient_scope");
    assert_eq!(told["scope"], "orders:write");
    for body in [&status, &street] {
        edit(&customer().await, &placed, body).await.problem(403, "not_your_order");
        edit(&customer_with(&["orders:read"]).await, &placed, body).await.problem(403, "not_your_order");
    }
    edit(&anna, &json!({"number": 77}), &street).await.problem(404, "not_found");
    assert_eq!(reload(&anna, &placed).await["version"], 1);
    assert_eq!(edit(&operator().await, &placed, &street).await.expect(200)["street"], "x");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let anna = customer().await;
    let placed = order_directly(&anna, &product(500, 9).await, 1, &json!({})).await;
    wants_a_json_object(|| patch(&path(&placed)).bearer_auth(&anna.token)).await;
    for (body, pointer) in [
        (json!({}), ""),
        (json!({"status": "sold"}), "/status"),
        (json!({"status": "shipped", "city": "Тверь"}), "/status"),
        (json!({"status": "shipped", "reason": "x"}), "/reason"),
        (json!({"city": "Тверь", "reason": "x"}), "/reason"),
        (json!({"status": "cancelled", "reason": "я".repeat(501)}), "/reason"),
        (json!({"city": " "}), "/city"),
        (json!({"street": "x".repeat(201)}), "/street"),
        (json!({"price": 1}), "/price"),
    ] {
        edit(&anna, &placed, &body).await.problem_at(422, "invalid_input", pointer);
    }
    let all = json!({"status": "sold", "country": "", "city": "x".repeat(201), "street": 7, "price": 1, "reason": 7});
    let problem = edit(&anna, &placed, &all).await.problem(422, "invalid_input");
    let errors = problem["errors"].as_array().unwrap();
    let mut named: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    named.sort_unstable();
    assert_eq!(named, ["/city", "/country", "/price", "/reason", "/status", "/street"], "{problem}");
    let both = json!({"status": "shipped", "reason": "\u{1}", "city": " "});
    let problem = edit(&anna, &placed, &both).await.problem(422, "invalid_input");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 4, "{problem}");
}

/// The word of another system that the money came is not taken while a payment is open here.
#[tokio::test]
async fn an_order_whose_payment_is_open_is_not_declared_paid() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 9).await;
    let placed = place_order(&anna, &kettle, 1).await;
    let path = format!("/api/orders/{}", placed["id"].as_str().unwrap());
    let ask = |body: Value| operator.ask(patch(&path).json(&body));
    ask(json!({"status": "paid"})).await.problem(409, "payment_in_progress");
    assert_eq!(decide(&placed, "pay").await.status, 303);
    assert_eq!(ask(json!({"status": "paid"})).await.expect(200)["status"], "paid");
    operator.ask(post(&format!("/api/v1/orders/{}/confirm", placed["number"]))).await.expect(200);
    ask(json!({"status": "paid"})).await.problem(409, "transition_not_allowed");
}

#[tokio::test]
async fn clients_of_order_services_are_told_in_their_terms() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 9).await;
    for prefix in &PREFIXES[1..] {
        let placed = order_directly(&anna, &kettle, 1, &json!({})).await;
        let path = format!("{prefix}/{}", placed["orderId"].as_str().unwrap());
        let ask = |body: Value| operator.ask(patch(&path).json(&body));
        let told = ask(json!({"status": "shipped"})).await.problem(409, "transition_not_allowed");
        assert_eq!(told["error"], "Transition not allowed");
        assert_eq!(told["order"]["totals"]["subtotalCents"], 500);
        let order = ask(json!({"status": "canceled"})).await.expect(200);
        assert_eq!(order["status"], "canceled");
        assert!(order["canceledAt"].is_string() && order["items"].is_array(), "{order}");
        assert_eq!(anna.ask(patch(&path).json(&json!({"city": "x"}))).await.status, 409);
    }
}
