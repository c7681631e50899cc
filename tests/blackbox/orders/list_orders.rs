//! `GET /api/v1/admin/orders`.

use serde_json::{Value, json};

use crate::harness::{
    Person, customer, customer_with, decide, get, place_order, post, product, wants_a_token, wants_the_scope,
};

const PATH: &str = "/api/v1/admin/orders";

/// Everything that `query` asks for, page by page.
async fn all(clerk: &Person, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = clerk.ask(get(&format!("{PATH}?{query}{cursor}"))).await.expect(200);
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["nextCursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

/// The export that `query` asks for, page by page, and how many pages that were.
async fn export(clerk: &Person, query: &str) -> (String, usize) {
    let (mut file, mut pages, mut address) = (String::new(), 0, format!("?{query}"));
    loop {
        let answer = clerk.ask(get(&format!("{PATH}{address}"))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        file.push_str(&answer.text);
        pages += 1;
        let Some(link) = answer.headers.get("link") else { return (file, pages) };
        let link = link.to_str().unwrap();
        let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
        assert!(next.starts_with('?'), "relative to the request: {next}");
        next.clone_into(&mut address);
    }
}

#[tokio::test]
async fn every_order_of_everyone_once_and_the_newest_first() {
    let (anna, boris) = (customer().await, customer().await);
    let clerk = customer_with(&["orders:read"]).await;
    let kettle = product(300, 9).await;
    let mut placed = Vec::new();
    for person in [&anna, &boris, &anna, &boris, &anna] {
        placed.push(place_order(person, &kettle, 1).await);
    }
    // Other tests place orders too, so that only these are looked for.
    let from = placed[0]["createdAt"].as_str().unwrap();
    let listed = all(&clerk, &format!("limit=3&from={from}")).await;
    let times: Vec<&str> = listed.iter().map(|line| line["createdAt"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let ours = |line: &&Value| placed.iter().any(|order| order["id"] == line["id"]);
    let found: Vec<&Value> = listed.iter().filter(ours).collect();
    let expected: Vec<Value> = placed
        .iter()
        .rev()
        .map(|order| {
            json!({
                "id": order["id"], "number": order["number"], "status": "awaiting_payment", "userId": order["userId"],
                "totalAmount": 300, "currency": "RUB", "createdAt": order["createdAt"],
            })
        })
        .collect();
    assert_eq!(found, expected.iter().collect::<Vec<_>>());
}

/// A typo must not answer everybody's orders.
#[tokio::test]
async fn a_parameter_that_the_list_does_not_know_is_refused_and_named() {
    let clerk = customer_with(&["orders:read"]).await;
    for format in ["json", "csv"] {
        for typo in ["userid", "user_id", "Status", "form"] {
            let path = format!("{PATH}?format={format}&{typo}=x&limit=1");
            clerk.ask(get(&path)).await.problem_at(400, "invalid_parameter", &format!("/query/{typo}"));
        }
    }
    let both = clerk.ask(get(&format!("{PATH}?b=1&a=2"))).await.problem(400, "invalid_parameter");
    assert_eq!(both["errors"].as_array().unwrap().len(), 2);
    clerk.ask(get("/api/v1/orders?userId=x")).await.problem_at(400, "invalid_parameter", "/query/userId");
}

#[tokio::test]
async fn orders_are_found_by_status_user_and_time() {
    let anna = customer().await;
    let clerk = customer_with(&["orders:read"]).await;
    let kettle = product(300, 9).await;
    let mut placed = Vec::new();
    for _ in 0..4 {
        placed.push(place_order(&anna, &kettle, 1).await);
    }
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", placed[1]["number"]))).await.expect(200);
    assert_eq!(decide(&placed[2], "pay").await.status, 303);
    let number = |index: usize| placed[index]["number"].clone();
    let numbers = |listed: Vec<Value>| listed.iter().map(|line| line["number"].clone()).collect::<Vec<_>>();
    let (user, from) = (format!("userId={}", anna.id), placed[0]["createdAt"].as_str().unwrap());

    let theirs = numbers(all(&clerk, &format!("{user}&limit=1")).await);
    assert_eq!(theirs, [number(3), number(2), number(1), number(0)]);
    assert_eq!(numbers(all(&clerk, &format!("{user}&status=paid")).await), [number(2)]);
    let to = placed[2]["createdAt"].as_str().unwrap();
    assert_eq!(numbers(all(&clerk, &format!("{user}&to={to}")).await), [number(1), number(0)]);
    // By status alone: those of others are there as well.
    for (status, index) in [("paid", 2), ("cancelled", 1), ("canceled", 1), ("awaiting_payment", 3)] {
        let listed = all(&clerk, &format!("status={status}&from={from}&limit=2")).await;
        let spelled = status.replace("canceled", "cancelled");
        assert!(listed.iter().all(|line| line["status"] == *spelled), "{status}");
        let listed = numbers(listed);
        for other in 0..4 {
            let there = listed.contains(&number(other));
            assert_eq!(
                there,
                other == index || (status == "awaiting_payment" && other == 0),
                "{status} {other}"
            );
        }
    }
}

#[tokio::test]
async fn the_pages_of_the_export_make_one_file() {
    let anna = customer().await;
    let clerk = customer_with(&["orders:read"]).await;
    let kettle = product(300, 9).await;
    let names = "id,number,status,userId,totalAmount,currency,createdAt,items,subtotal,discount,shipping,tax,shippingMethodId,promotionCodes,\
                 email,phone,firstName,lastName,recipientName,recipientPhone,country,region,city,street,street2,postalCode,\
                 billingRecipientName,billingRecipientPhone,billingCountry,billingRegion,billingCity,billingStreet,billingStreet2,billingPostalCode\r\n";
    let (mut rows, blanks) = (vec![names.to_owned()], ",".repeat(names.split(',').count() - 14));
    for quantity in 1..=3 {
        let order = place_order(&anna, &kettle, quantity).await;
        let text = |member: &str| order[member].as_str().unwrap().to_owned();
        let (id, number, at) = (text("id"), &order["number"], text("createdAt"));
        let (amount, tax) = (300 * quantity, &order["totals"]["tax"]);
        let listed = format!("{id},{number},awaiting_payment,{},{amount},RUB,{at}", anna.id);
        let goods = format!("{quantity} x {},{amount},0,0,{tax},,", kettle.sku);
        rows.insert(1, format!("{listed},{goods}{blanks}\r\n"));
    }
    let query = format!("format=csv&userId={}&from=2020-01-01T00:00:00%2B03:00", anna.id);
    assert_eq!(export(&clerk, &query).await, (rows.concat(), 1));
    let (file, pages) = export(&clerk, &format!("{query}&limit=2")).await;
    assert_eq!((file, pages), (rows.concat(), 2), "the line of names stands on the first page alone");
    let nothing = export(&clerk, &format!("{query}&status=delivered")).await;
    assert_eq!(nothing, (rows[0].clone(), 1));
}

#[tokio::test]
async fn only_readers_of_orders_may_look() {
    wants_a_token(|| get(PATH)).await;
    wants_the_scope("orders:read", || get(PATH)).await;
    let writer = customer_with(&["orders:write", "payments:write", "catalog:write"]).await;
    writer.ask(get(PATH)).await.problem(403, "insufficient_scope");
    writer.ask(get(&format!("{PATH}?format=csv"))).await.problem(403, "insufficient_scope");
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let clerk = customer_with(&["orders:read"]).await;
    for (query, name) in [
        ("format=xml", "format"),
        ("format=", "format"),
        ("userId=7", "userId"),
        ("status=lost", "status"),
        ("from=now", "from"),
        ("to=now", "to"),
        ("limit=101", "limit"),
        ("format=csv&limit=0", "limit"),
        ("cursor=x", "cursor"),
    ] {
        let answer = clerk.ask(get(&format!("{PATH}?{query}"))).await;
        answer.problem_at(400, "invalid_parameter", &format!("/query/{name}"));
    }
}
