//! `PUT /api/v1/cart/items/{sku}`

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::market::plainly_priced;
use super::visitor::{CART_TOKEN, Visitor, lines, put_request, refuses_malformed_tokens};
use crate::harness::{
    Answer, PATIENCE, Person, Product, cart_of, customer, details, eventually, everything_in, invoke,
    names_the_member_at_fault, operator, product, put, put_in_cart, put_product, put_stock, request_event,
    set_number, tampered, unique_sku, variables, wants_a_json_object,
};

/// The most lines of a cart.
const MAX_LINES: usize = 40;
/// The most pieces of one product that may be asked for.
const MAX_QUANTITY: u32 = 65_535;
/// The largest amount that is taken, in minor units.
const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

fn item(sku: &str) -> RequestBuilder {
    put(&format!("/api/v1/cart/items/{sku}"))
}

async fn ask(person: &Person, sku: &str, quantity: u32) -> Answer {
    person.ask(item(sku).json(&json!({"quantity": quantity}))).await
}

/// So many new products, of each of which there is enough.
async fn products(count: usize) -> Vec<Product> {
    operator().await;
    let mut products = Vec::new();
    // A few at a time: each request keeps a function busy.
    while products.len() < count {
        let batch = (count - products.len()).min(4);
        products.extend(join_all((0..batch).map(|_| product(10, 1_000))).await);
    }
    products
}

async fn priced_in(currency: &str, price: i64) -> String {
    let sku = unique_sku();
    let mut body = details(price);
    body["currency"] = json!(currency);
    put_product(&sku, &body).await;
    put_stock(&sku, &json!({"warehouse": "msk-1", "available": 100})).await;
    sku
}

#[tokio::test]
async fn the_line_says_what_was_said_last() {
    let anna = customer().await;
    let kettle = product(150, 5).await;
    assert_eq!(put_in_cart(&anna, &kettle.sku, 3).await["items"][0]["quantity"], 3);
    let cart = put_in_cart(&anna, &kettle.sku, 2).await;
    let line = json!({
        "sku": kettle.sku, "name": "Самовар ☕", "quantity": 2, "price": 150, "currency": "RUB", "available": 5,
        "purchasable": true,
    });
    let totals = json!({"itemCount": 1, "totalQuantity": 2, "subtotal": 300, "currency": "RUB"});
    assert_eq!(cart, plainly_priced(json!({"items": [line], "totals": totals, "version": 2})));
    assert_eq!(cart_of(&anna).await, cart);
}

#[tokio::test]
async fn the_last_piece_can_be_wanted_and_one_more_can_not() {
    let anna = customer().await;
    let kettle = product(150, 2).await;
    put_stock(&kettle.sku, &json!({"warehouse": "spb-1", "available": 3})).await;
    put_in_cart(&anna, &kettle.sku, 5).await;
    let problem = ask(&anna, &kettle.sku, 6).await.problem(409, "insufficient_stock");
    assert_eq!((&problem["sku"], &problem["wanted"]), (&json!(kettle.sku), &json!(6)));
    assert_eq!(problem["available"], 5);
    let cart = cart_of(&anna).await;
    assert_eq!(
        (&cart["items"][0]["quantity"], &cart["version"]),
        (&json!(5), &json!(1)),
        "the cart is as it was"
    );
}

#[tokio::test]
async fn nothing_can_be_had_of_what_is_not_stocked() {
    let anna = customer().await;
    let sku = unique_sku();
    put_product(&sku, &details(100)).await;
    assert_eq!(ask(&anna, &sku, 1).await.problem(409, "insufficient_stock")["available"], 0);
}

#[tokio::test]
async fn what_is_not_sold_can_not_be_wanted() {
    let anna = customer().await;
    ask(&anna, &unique_sku(), 1).await.problem(404, "not_found");
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let mut withdrawn = details(100);
    withdrawn["isActive"] = json!(false);
    put_product(&kettle.sku, &withdrawn).await;
    ask(&anna, &kettle.sku, 2).await.problem(404, "not_found");
    let cart = cart_of(&anna).await;
    assert_eq!(cart["items"][0]["quantity"], 1, "{cart}");
    let uncatalogued = unique_sku();
    put_stock(&uncatalogued, &json!({"warehouse": "msk-1", "available": 5})).await;
    ask(&anna, &uncatalogued, 1).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_cart_is_in_one_currency() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let foreign = priced_in("USD", 100).await;
    let problem = ask(&anna, &foreign, 1).await.problem(409, "mixed_currencies");
    assert_eq!((&problem["sku"], &problem["currency"]), (&json!(foreign), &json!("USD")));
    assert_eq!(problem["cartCurrency"], "RUB");
    assert_eq!(cart_of(&anna).await["items"].as_array().unwrap().len(), 1);
    let boris = customer().await;
    assert_eq!(put_in_cart(&boris, &foreign, 1).await["totals"]["currency"], "USD");
}

#[tokio::test]
async fn changes_made_on_two_devices_at_once_are_all_there_afterwards() {
    let phone = customer().await;
    let laptop = phone.elsewhere().await;
    let products = products(20).await;
    let puts = products.iter().enumerate().map(|(index, product)| {
        let device = if index % 2 == 0 { &phone } else { &laptop };
        ask(device, &product.sku, u32::try_from(index).unwrap() + 1)
    });
    for answer in join_all(puts).await {
        answer.expect(200);
    }
    let cart = cart_of(&phone).await;
    assert_eq!(cart["version"], 20, "each change counts once");
    let lines = cart["items"].as_array().unwrap();
    let quantity = |product: &Product| {
        lines.iter().find(|line| line["sku"] == product.sku).map(|line| line["quantity"].as_u64().unwrap())
    };
    let kept: Vec<Option<u64>> = products.iter().map(quantity).collect();
    assert_eq!(kept, (1..=20).map(Some).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cart_holds_40_different_products_and_more_of_each() {
    let anna = customer().await;
    let products = products(MAX_LINES + 1).await;
    let (last, most) = products.split_last().unwrap();
    for product in most {
        put_in_cart(&anna, &product.sku, 1).await;
    }
    assert_eq!(ask(&anna, &last.sku, 1).await.problem(422, "too_many_lines")["limit"], MAX_LINES);
    let cart = put_in_cart(&anna, &most[0].sku, 9).await;
    assert_eq!(cart["totals"]["itemCount"], MAX_LINES);
    assert_eq!(cart["totals"]["totalQuantity"], MAX_LINES + 8);
}

#[tokio::test]
async fn a_quantity_is_from_0_to_65535() {
    let anna = customer().await;
    let kettle = product(1, 100_000).await;
    let cart = put_in_cart(&anna, &kettle.sku, MAX_QUANTITY).await;
    assert_eq!(cart["totals"]["subtotal"], MAX_QUANTITY);
    let wrong = [json!(-1), json!(MAX_QUANTITY + 1), json!(1.5), json!("2"), json!([1]), Value::Null];
    let mut cases: Vec<(&str, Value)> = wrong.into_iter().map(|wrong| ("quantity", wrong)).collect();
    cases.extend([("quantity", json!(u64::MAX)), ("quantity", json!(true)), ("price", json!(1))]);
    let request = || item(&kettle.sku).bearer_auth(&anna.token);
    names_the_member_at_fault(&json!({"quantity": 1}), cases, request).await;
    assert_eq!(cart_of(&anna).await["items"][0]["quantity"], MAX_QUANTITY);
}

#[tokio::test]
async fn quantity_0_removes_the_line() {
    let anna = customer().await;
    let (kettle, cup) = (product(150, 5).await, product(50, 5).await);
    put_in_cart(&anna, &kettle.sku, 3).await;
    put_in_cart(&anna, &cup.sku, 1).await;
    let cart = ask(&anna, &kettle.sku, 0).await.expect(200);
    let skus: Vec<&Value> = cart["items"].as_array().unwrap().iter().map(|item| &item["sku"]).collect();
    assert_eq!((skus, &cart["version"]), (vec![&json!(cup.sku)], &json!(3)));
    assert_eq!(cart_of(&anna).await, cart);
    // What is not in the cart can be left out of it, whether or not it is sold.
    for sku in [&kettle.sku, &unique_sku()] {
        assert_eq!(ask(&anna, sku, 0).await.expect(200), cart, "{sku}");
    }
    // Nor is a cart begun to hold nothing.
    let answer = Answer::to(item(&kettle.sku).json(&json!({"quantity": 0}))).await;
    assert!(!answer.headers.contains_key("x-cart-token"));
    assert_eq!(answer.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn a_cart_never_costs_more_than_can_be_written_down() {
    let anna = customer().await;
    let dear = priced_in("RUB", MAX_AMOUNT).await;
    assert_eq!(put_in_cart(&anna, &dear, 1).await["totals"]["subtotal"], MAX_AMOUNT);
    ask(&anna, &dear, 2).await.problem_at(422, "invalid_input", "/quantity");
    let kopeck = priced_in("RUB", 1).await;
    ask(&anna, &kopeck, 1).await.problem_at(422, "invalid_input", "/quantity");
    assert_eq!(cart_of(&anna).await["version"], 1);
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    wants_a_json_object(|| item(&kettle.sku).bearer_auth(&anna.token)).await;
}

#[tokio::test]
async fn a_sku_that_no_product_can_have_is_named() {
    let anna = customer().await;
    for sku in ["x".repeat(65).as_str(), "two%20words", "%D1%8B", "a@b"] {
        ask(&anna, sku, 1).await.problem_at(400, "invalid_parameter", "/path/sku");
    }
}

#[tokio::test]
async fn a_wrong_access_token_is_refused_and_makes_no_anonymous_cart() {
    let kettle = product(100, 5).await;
    let visitor = Visitor::with(&kettle.sku, 1).await;
    let stranger = format!("Bearer {}", tampered(&customer().await.token));
    for authorization in ["Basic YTpi", "Bearer", "Bearer x", &stranger] {
        let request = || put_request(&kettle.sku, 2).header("authorization", authorization);
        let answer = Answer::to(request()).await;
        assert_eq!(answer.header(CART_TOKEN), "");
        answer.problem(401, "invalid_token");
        visitor.ask(request()).await.problem(401, "invalid_token");
    }
    assert_eq!(visitor.cart().await["version"], 1);
}

#[tokio::test]
async fn who_is_nobody_gets_a_cart_and_its_token_once() {
    let kettle = product(150, 5).await;
    let answer = Answer::to(put_request(&kettle.sku, 2)).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let visitor = Visitor { token: answer.header(CART_TOKEN).to_owned() };
    let cart = answer.expect(200);
    assert_eq!(cart["cartToken"], visitor.token);
    assert_eq!((lines(&cart), &cart["version"]), (vec![(kettle.sku.clone(), 2)], &json!(1)));

    let again = visitor.ask(put_request(&kettle.sku, 3)).await;
    assert_eq!(again.header(CART_TOKEN), "");
    let again = again.expect(200);
    assert_eq!((again.get("cartToken"), &again["version"]), (None, &json!(2)));
    let other = Visitor::with(&kettle.sku, 1).await;
    assert_ne!(other.token, visitor.token);
    assert_eq!(lines(&visitor.cart().await), [(kettle.sku, 3)]);
    refuses_malformed_tokens(|| put_request("kettle", 1)).await;
}

#[tokio::test]
async fn a_cart_token_is_kept_nowhere() {
    let kettle = product(150, 5).await;
    let visitor = Visitor::with(&kettle.sku, 2).await;
    assert!(visitor.is_kept().await);
    assert!(!everything_in("CARTS_TABLE").await.contains(&visitor.token));
}

#[tokio::test]
async fn what_is_refused_makes_no_cart() {
    let kettle = product(150, 5).await;
    let refused = Answer::to(put_request(&kettle.sku, 6)).await;
    assert_eq!(refused.header(CART_TOKEN), "");
    refused.problem(409, "insufficient_stock");
    Answer::to(put_request(&unique_sku(), 1)).await.problem(404, "not_found");
    let visitor = Visitor::with(&kettle.sku, 1).await;
    let foreign = priced_in("USD", 100).await;
    visitor.ask(put_request(&foreign, 1)).await.problem(409, "mixed_currencies");
    assert_eq!(visitor.cart().await["version"], 1);
}

#[tokio::test]
async fn a_token_that_outlived_its_cart_finds_the_next_one() {
    let kettle = product(150, 5).await;
    let visitor = Visitor {
        token: URL_SAFE_NO_PAD.encode([Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes).concat()),
    };
    assert_eq!(visitor.put(&kettle.sku, 2).await["version"], 1);
    assert_eq!(lines(&visitor.cart().await), [(kettle.sku, 2)]);
}

#[tokio::test]
async fn an_anonymous_cart_that_two_devices_change_at_once_loses_nothing() {
    let products = products(10).await;
    let phone = Visitor::with(&product(1, 5).await.sku, 5).await;
    let tablet = phone.clone();
    let puts = products.iter().enumerate().map(|(index, product)| {
        let device = if index % 2 == 0 { &phone } else { &tablet };
        device.put(&product.sku, u32::try_from(index).unwrap() + 1)
    });
    join_all(puts).await;
    let cart = phone.cart().await;
    assert_eq!(cart["version"], 11, "each change counts once");
    for (index, product) in products.iter().enumerate() {
        let line = (product.sku.clone(), u64::try_from(index).unwrap() + 1);
        assert!(lines(&cart).contains(&line), "{line:?}: {cart}");
    }
}

/// Puts one of `sku` into the cart that `headers` name, as the gateway would hand it over when it came from `address`; answers the status and the problem
/// or cart, and the wait that is asked for.
async fn put_from(address: &str, sku: &str, headers: &Value) -> (u64, Value, Option<u64>) {
    let mut event = request_event("PUT /api/v1/cart/items/{id}", sku, headers, &json!({"quantity": 1}));
    for place in ["/routeKey", "/requestContext/routeKey"] {
        *event.pointer_mut(place).unwrap() = json!("PUT /api/v1/cart/items/{sku}");
    }
    event["pathParameters"] = json!({"sku": sku});
    event["requestContext"]["http"]["sourceIp"] = json!(address);
    let answer = invoke("PutCartItem", &event).await.unwrap();
    let wait = answer["headers"]["retry-after"].as_str().map(|wait| wait.parse().unwrap());
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    (answer["statusCode"].as_u64().unwrap(), body, wait)
}

/// Who needs no account could have any number of carts written, each of which is kept for a month.
#[tokio::test]
async fn one_address_begins_so_many_anonymous_carts() {
    const WINDOW_SECONDS: i64 = 15 * 60;
    // For all that is done in one window.
    const ROOM_SECONDS: i64 = 60;
    let kettle = product(100, 100).await;
    let address = format!("2001:db8:{:x}::1", Uuid::new_v4().as_u128() & 0xffff | 1);
    let limit: i64 = variables("PutCartItem").await["ANONYMOUS_CARTS_PER_ADDRESS"].parse().unwrap();
    let now = || jiff::Timestamp::now().as_second();
    eventually("room in the window", PATIENCE * 2, || async {
        (WINDOW_SECONDS - now() % WINDOW_SECONDS > ROOM_SECONDS).then_some(())
    })
    .await;
    let (status, begun, _) = put_from(&address, &kettle.sku, &json!({})).await;
    assert_eq!(status, 200, "{begun}");
    let key = format!("THROTTLE#cart:address:{}", address.replace("::1", "::/64"));
    let window = format!("WINDOW#{}", now() / WINDOW_SECONDS * WINDOW_SECONDS);
    set_number("CARTS_TABLE", &key, &window, "attempts", limit).await;

    // A token that the client made up begins a cart as well.
    let invented =
        URL_SAFE_NO_PAD.encode([Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat());
    for headers in [json!({}), json!({CART_TOKEN: invented})] {
        let (status, problem, wait) = put_from(&address, &kettle.sku, &headers).await;
        assert_eq!((status, &problem["code"]), (429, &json!("too_many_anonymous_carts")), "{problem}");
        assert_eq!(problem["limit"], limit);
        assert!(wait.is_some_and(|wait| (1..=WINDOW_SECONDS.unsigned_abs()).contains(&wait)), "{wait:?}");
    }
    let own = json!({CART_TOKEN: begun["cartToken"]});
    assert_eq!(put_from(&address, &kettle.sku, &own).await.0, 200, "the cart that exists is changed");
    let anna = json!({"authorization": format!("Bearer {}", customer().await.token)});
    assert_eq!(put_from(&address, &kettle.sku, &anna).await.0, 200, "an account has its own");
    let elsewhere = address.replace("2001:db8:", "2001:db9:");
    assert_eq!(put_from(&elsewhere, &kettle.sku, &json!({})).await.0, 200, "and others are not held up");
}
