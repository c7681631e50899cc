//! The members of products that prices of orders depend on, in `PUT /api/v1/products/{id}` and `POST /api/v1/products/import`.

use serde_json::{Value, json};

use super::import_products::{CSV, JSON, NDJSON, counts, import, ndjson, seen};
use crate::harness::{
    Answer, details, get, item, journal_of, names_the_member_at_fault, operator, put, put_back, put_product,
    unique_sku, with_default_factors,
};

/// The members of a product that prices depend on.
const FACTORS: [&str; 4] = ["category", "weightGrams", "taxCategory", "requiresShipping"];

/// What is seen of [`FACTORS`].
async fn factors(sku: &str) -> [Value; 4] {
    let product = seen(sku).await;
    FACTORS.map(|member| product[member].clone())
}

/// [`FACTORS`] of a product that was given none.
fn defaults() -> [Value; 4] {
    let product = with_default_factors(json!({}));
    FACTORS.map(|member| product[member].clone())
}

/// The details of a product with every member that prices depend on.
pub(super) fn book(price: i64) -> Value {
    let mut book = details(price);
    book["category"] = json!("Книги о чае");
    book["weightGrams"] = json!(450);
    book["taxCategory"] = json!("books");
    book["requiresShipping"] = json!(false);
    book
}

/// A table with the factors `cells` of `sku`, in the order of [`FACTORS`].
fn table_of_factors(sku: &str, cells: &str) -> String {
    format!("id,name,price,currency,{}\n{sku},Tea,100,RUB,{cells}\n", FACTORS.join(","))
}

#[tokio::test]
async fn what_prices_depend_on_is_answered_kept_and_published() {
    let sku = unique_sku();
    let answered = put_product(&sku, &book(7_500)).await;
    let mut expected = book(7_500);
    expected["id"] = json!(sku);
    expected["stock"] = json!(0);
    assert_eq!(answered, expected);
    assert_eq!(seen(&sku).await, expected);
    assert_eq!(put_product(&sku, &book(7_500)).await, expected, "a repeat changes nothing");
    let mut heavier = book(7_500);
    heavier["weightGrams"] = json!(451);
    put_product(&sku, &heavier).await;

    let journal = journal_of(&format!("product/{sku}")).await;
    let weights: Vec<&Value> = journal.iter().map(|event| &event["data"]["weightGrams"]).collect();
    assert_eq!(weights, [&json!(450), &json!(451)]);
    let data = &journal[0]["data"];
    for member in ["category", "taxCategory", "requiresShipping"] {
        assert_eq!(data[member], expected[member], "{member}");
    }
}

#[tokio::test]
async fn a_member_that_prices_depend_on_and_that_breaks_a_rule_is_named() {
    let path = format!("/api/v1/products/{}", unique_sku());
    let operator = operator().await;
    let cases = [
        ("category", json!("")),
        ("category", json!(" tea")),
        ("category", json!("two\nlines")),
        ("category", json!("ы".repeat(101))),
        ("category", json!(7)),
        ("category", json!(["tea"])),
        ("weightGrams", json!(-1)),
        ("weightGrams", json!(1_000_001)),
        ("weightGrams", json!(0.5)),
        ("weightGrams", json!(u64::MAX)),
        ("weightGrams", json!("250")),
        ("taxCategory", json!("")),
        ("taxCategory", json!("Books")),
        ("taxCategory", json!("книги")),
        ("taxCategory", json!("x".repeat(41))),
        ("taxCategory", json!(1)),
        ("requiresShipping", json!("yes")),
        ("requiresShipping", json!(1)),
    ];
    names_the_member_at_fault(&book(100), cases, || put(&path).bearer_auth(&operator.token)).await;
    operator.ask(get(&path)).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_product_of_before_has_the_defaults_and_takes_others() {
    let sku = unique_sku();
    put_product(&sku, &book(100)).await;
    let mut stored = item("CATALOG_TABLE", &format!("PRODUCT#{sku}"), "PRODUCT").await.unwrap();
    for attribute in FACTORS {
        assert!(stored.remove(attribute).is_some(), "{attribute}");
    }
    put_back("CATALOG_TABLE", stored).await;
    assert_eq!(factors(&sku).await, defaults());
    put_product(&sku, &book(100)).await;
    assert_eq!(factors(&sku).await, FACTORS.map(|member| book(100)[member].clone()));
}

#[tokio::test]
async fn what_prices_depend_on_is_imported_in_every_format() {
    let skus = [(); 3].map(|()| unique_sku());
    let book = |sku: &str| {
        let mut book = book(100);
        book["id"] = json!(sku);
        book
    };
    for (kind, body) in [
        (NDJSON, book(&skus[0]).to_string()),
        (JSON, json!([book(&skus[1])]).to_string()),
        (CSV, table_of_factors(&skus[2], "Книги о чае,450,books,No")),
    ] {
        assert_eq!(counts(&import(kind, body).await), [1, 1, 0, 0, 0, 0], "{kind}");
    }
    for sku in &skus {
        assert_eq!(factors(sku).await, FACTORS.map(|member| book(sku)[member].clone()));
    }
    for (cell, flag) in [("TRUE", true), ("no", false), ("Yes", true), ("False", false)] {
        import(CSV, table_of_factors(&skus[0], &format!(",,,{cell}"))).await;
        assert_eq!(seen(&skus[0]).await["requiresShipping"], flag, "{cell}");
    }
}

#[tokio::test]
async fn what_prices_depend_on_is_kept_where_it_is_left_out() {
    let (sku, new) = (unique_sku(), unique_sku());
    import(CSV, table_of_factors(&sku, "tea,250,food,false")).await;
    let kept = [json!("tea"), json!(250), json!("food"), json!(false)];

    // Without the columns, and with empty cells in them.
    let bare = format!("id,name,price,currency\n{sku},Tea,100,RUB\n{new},Tea,100,RUB\n");
    assert_eq!(counts(&import(CSV, bare).await), [2, 1, 0, 1, 0, 0]);
    assert_eq!(counts(&import(CSV, table_of_factors(&sku, ",,,")).await), [1, 0, 0, 1, 0, 0]);
    let dearer = ndjson(&[json!({"id": sku, "name": "Tea", "price": 200, "currency": "RUB"})]);
    assert_eq!(counts(&import(NDJSON, dearer).await), [1, 0, 1, 0, 0, 0]);
    assert_eq!((factors(&sku).await, factors(&new).await), (kept, defaults()));

    // One column alone changes one member alone.
    let heavier = format!("id,name,price,currency,weightGrams\n{sku},Tea,200,RUB,300\n");
    assert_eq!(counts(&import(CSV, heavier).await), [1, 0, 1, 0, 0, 0]);
    assert_eq!(factors(&sku).await, [json!("tea"), json!(300), json!("food"), json!(false)]);
}

#[tokio::test]
async fn each_member_at_fault_that_prices_depend_on_is_named_with_its_line() {
    let skus = [(); 2].map(|()| unique_sku());
    let table = table_of_factors(&skus[0], "\" tea\",1.5,Food,maybe");
    let bad = json!({"id": skus[1], "name": "Tea", "price": 100, "currency": "RUB", "category": 7, "weightGrams": 1_000_001,
        "taxCategory": "", "requiresShipping": "no"});
    for (kind, body, number, sku) in [(CSV, table, 2, &skus[0]), (NDJSON, bad.to_string(), 1, &skus[1])] {
        let report = import(kind, body).await;
        assert_eq!(counts(&report), [1, 0, 0, 0, 0, 1], "{kind}");
        let error = &report["errors"][0];
        assert_eq!((&error["line"], &error["id"]), (&json!(number), &json!(sku)), "{kind}");
        let named = |member: &str| {
            let pointer = json!(format!("/{member}"));
            error["errors"].as_array().unwrap().iter().any(|fault| fault["pointer"] == pointer)
        };
        assert!(FACTORS.iter().all(|member| named(member)), "{kind}: {report}");
        Answer::to(get(&format!("/api/v1/products/{sku}"))).await.problem(404, "not_found");
    }
}
