//! docs/migrating.md names what there is: routes of the template, tests of this suite, and every row of the older contracts.

use std::collections::BTreeSet;

use regex::Regex;

use super::template::{root, routes};

/// The rows of the contract of the oldest orders module.
const OLDEST: [&str; 5] = [
    "POST /api/v1/orders/checkout",
    "GET /api/v1/orders/",
    "GET /api/v1/orders/{order_id}",
    "POST /api/v1/orders/{order_id}/cancel",
    "POST /api/v1/webhooks/payment/yookassa",
];
/// The rows of the contract of orders-service and orders-management clients.
const ORDERS_SERVICES: [&str; 11] = [
    "POST /register",
    "POST /token",
    "POST /api/orders",
    "POST /orders",
    "GET /api/orders/{id}",
    "GET /orders/{id}",
    "POST /api/orders/{id}/cancel",
    "POST /orders/{id}/cancel",
    "PATCH /orders/{id}",
    "GET /orders/user/{userId}",
    "POST /api/v1/cart/snapshot",
];
/// The rows of the contract of LOMS clients.
const LOMS: [&str; 15] = [
    "POST /loms/order/create",
    "POST /loms/order/info",
    "POST /loms/order/pay",
    "POST /loms/order/cancel",
    "POST /loms/stocks",
    "POST /stocks",
    "POST /cart/item/add",
    "POST /cart/item/delete",
    "POST /cart/list",
    "POST /cart/clear",
    "POST /cart/checkout",
    "POST /get_product",
    "POST /product/get_product",
    "POST /list_skus",
    "POST /product/list_skus",
];
/// The sections that have a client in `tests/older`.
const SECTIONS: [&str; 5] = [
    "## The oldest orders module",
    "## The marketplace",
    "## orders-management",
    "## orders-service",
    "## LOMS, cart and product service",
];

/// A row of the page.
struct Row {
    contract: String,
    served: String,
    differs: String,
    tests: Vec<String>,
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/migrating.md")).unwrap()
}

/// What stands in backticks in `cell`.
fn quoted(cell: &str) -> Vec<String> {
    let between = Regex::new("`([^`]+)`").unwrap();
    between.captures_iter(cell).map(|found| found[1].to_owned()).collect()
}

/// The rows of the tables whose first column is headed `contract`. The other tables list differences, which `tests/stack/older.py` reads.
fn rows() -> Vec<Row> {
    let page = page();
    let mut rows = Vec::new();
    let mut header = None;
    for line in page.lines() {
        if !line.starts_with('|') {
            header = None;
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let first = *header.get_or_insert(cells[0]);
        if first != "contract" || cells[0] == "contract" || cells[0].starts_with("---") {
            continue;
        }
        assert_eq!(cells.len(), 4, "{line}");
        rows.push(Row {
            contract: cells[0].to_owned(),
            served: cells[1].to_owned(),
            differs: cells[2].to_owned(),
            tests: quoted(cells[3]),
        });
    }
    rows
}

#[test]
fn every_route_that_is_named_is_the_functions() {
    let declared: BTreeSet<(String, String)> = routes().into_iter().collect();
    for row in rows() {
        let mut named = quoted(&row.served);
        let Some(function) = named.pop() else {
            assert_eq!(row.served, "every route above", "{}", row.contract);
            continue;
        };
        assert!(!named.is_empty(), "{} has no route", row.contract);
        for route in named {
            assert!(declared.contains(&(route.clone(), function.clone())), "{route} is not {function}'s");
        }
    }
}

#[test]
fn every_test_that_is_named_is_there() {
    for row in rows() {
        assert!(!row.tests.is_empty() && !row.differs.is_empty(), "{}", row.contract);
        for test in row.tests {
            let (module, name) = test.rsplit_once("::").unwrap();
            let file = root().join(format!("tests/blackbox/{}.rs", module.replace("::", "/")));
            let source =
                std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let declared = Regex::new(&format!(r"#\[(tokio::)?test\]\n(async )?fn {name}\(")).unwrap();
            assert!(declared.is_match(&source), "{test} is no test");
        }
    }
}

#[test]
fn every_row_of_the_older_contracts_is_there() {
    let named: BTreeSet<String> =
        rows().iter().flat_map(|row| quoted(&row.contract).into_iter().chain(quoted(&row.served))).collect();
    for route in OLDEST.into_iter().chain(ORDERS_SERVICES).chain(LOMS) {
        assert!(named.contains(route), "{route} is missing");
    }
}

#[test]
fn every_older_contract_has_its_section() {
    let page = page();
    for section in SECTIONS {
        assert!(page.lines().any(|line| line == section), "{section} is missing");
    }
}

/// The canonical contract goes on; a route that is new there has no older client.
#[test]
fn every_route_of_the_older_surfaces_has_its_row() {
    let named: BTreeSet<String> = rows().iter().flat_map(|row| quoted(&row.served)).collect();
    let older = routes().into_keys().filter(|route| {
        let Some((_, path)) = route.split_once(' ') else { return false };
        let first = path.trim_start_matches("/api/").trim_start_matches('/').split('/').next().unwrap();
        ["register", "token", "orders", "loms", "stocks", "cart", "product", "get_product", "list_skus"]
            .contains(&first)
    });
    for route in older {
        assert!(named.contains(&route), "{route} has no row");
    }
}
