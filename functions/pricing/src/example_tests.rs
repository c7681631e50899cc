//! The worked examples of docs/pricing.md, and the sample settings of the local stack.

use std::path::PathBuf;

use kernel::Currency;
use serde_json::{Value, json};

use super::*;
use crate::tax::TaxRate;
use crate::testing::*;

fn read(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// The cells of the table under "Worked examples".
fn examples() -> Vec<Vec<String>> {
    let page = read("docs/pricing.md");
    let (_, section) = page.split_once("## Worked examples").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.skip(1).map(cells).collect()
}

/// The parts of a cell; a dash stands for nothing.
fn parts<'a>(cell: &'a str, separator: &'a str) -> impl Iterator<Item = &'a str> {
    cell.split(separator).map(str::trim).filter(|part| *part != "–")
}

/// Hundredths of a percent, from a number with up to two decimals.
fn permyriad(text: &str) -> i64 {
    let (percent, hundredths) = text.split_once('.').unwrap_or((text, "0"));
    percent.parse::<i64>().unwrap() * 100 + format!("{hundredths:0<2}").parse::<i64>().unwrap()
}

/// `2 × 1999 books`: the quantity, the unit price, and the category of the product and its tax.
fn basket_lines(cell: &str, code: &str) -> Vec<crate::basket::BasketLine> {
    let read = |(index, part): (usize, &str)| {
        let words: Vec<&str> = part.split(' ').collect();
        let mut line = line(&format!("S{index}"), words[0].parse().unwrap(), words[2].parse().unwrap(), code);
        if let Some(category) = words.get(3) {
            line.category = Some(category.parse().unwrap());
            line.tax_category = category.parse().unwrap();
        }
        line
    };
    parts(cell, ";").enumerate().map(read).collect()
}

/// `books 7 % included`: the tax category (left out: `standard`), the rate and the kind.
fn tax_rates(cell: &str) -> Vec<TaxRate> {
    let read = |part: &str| {
        let (left, kind) = part.split_once(" % ").unwrap();
        let (category, rate) = left.rsplit_once(' ').unwrap_or(("standard", left));
        let included = match kind {
            "included" => true,
            "added" => false,
            other => panic!("{other}"),
        };
        let draft = json!({
            "country": "DE", "taxCategory": category, "rate": permyriad(rate), "includedInPrices": included,
        });
        tax_rate(category, draft)
    };
    parts(cell, ";").map(read).collect()
}

/// `690, free from 5000`: the price, and the subtotal from which there is none.
fn methods(cell: &str, code: &str) -> Vec<ShippingMethod> {
    let read = |part: &str| {
        let (price, free_from) = part.split_once(", free from ").unwrap_or((part, ""));
        let rates = json!([{"price": price.parse::<i64>().unwrap()}]);
        let changes = json!({"currency": code, "rates": rates, "freeFrom": free_from.parse::<i64>().ok()});
        method("parcel", with(parcel(), changes))
    };
    parts(cell, ";").map(read).collect()
}

/// `10 % on books`, `amount 500`, `buy 2 get 1 at 50 %`, `free shipping`; with `alone` when it is not stackable.
fn offers(cell: &str, code: &str) -> Vec<Promotion> {
    let read = |(index, part): (usize, &str)| {
        let (part, stackable) = part.strip_suffix(" alone").map_or((part, true), |rest| (rest, false));
        let (part, category) =
            part.split_once(" on ").map_or((part, None), |(part, category)| (part, Some(category)));
        let words: Vec<&str> = part.split(' ').collect();
        let draft = match words.as_slice() {
            ["free", "shipping"] => json!({"kind": "free_shipping"}),
            ["amount", value] => {
                json!({"kind": "amount", "value": value.parse::<i64>().unwrap(), "currency": code})
            }
            [value, "%"] => json!({"kind": "percentage", "value": permyriad(value)}),
            ["buy", buy, "get", get, rest @ ..] => {
                let value = if let ["at", value, "%"] = rest { permyriad(value) } else { 10_000 };
                let (buy, get): (i64, i64) = (buy.parse().unwrap(), get.parse().unwrap());
                json!({"kind": "buy_x_get_y", "buyQuantity": buy, "getQuantity": get, "value": value})
            }
            other => panic!("{other:?}"),
        };
        let categories: Vec<&str> = category.into_iter().collect();
        let changes = json!({"stackable": stackable, "conditions": {"categories": categories}});
        promotion(&format!("p{index}"), with(draft, changes))
    };
    parts(cell, ";").enumerate().map(read).collect()
}

#[test]
fn the_worked_examples_are_right() {
    let examples = examples();
    assert!(examples.len() >= 12, "{}", examples.len());
    let mut exponents = std::collections::BTreeSet::new();
    for cells in examples {
        let [name, code, goods, tax, method, promotions, expected @ ..] = cells.as_slice() else { panic!() };
        let currency = Currency::from_code(code).unwrap();
        exponents.insert(currency.exponent());
        let mut basket = Basket { currency, ..basket(basket_lines(goods, code)) };
        let methods = methods(method, code);
        basket.shipping_method = methods.first().map(|method| method.id.to_string());
        let settings = settings(methods, tax_rates(tax), offers(promotions, code));
        let priced = price(&basket, &settings, now()).unwrap();
        let Totals { subtotal, discount, shipping, tax, total } = priced.totals;
        let mut figures: Vec<String> =
            [subtotal, discount, shipping, tax, total].iter().map(ToString::to_string).collect();
        let totals: Vec<String> = priced.lines.iter().map(|line| line.total.to_string()).collect();
        figures.push(totals.join("; "));
        assert_eq!(figures, expected, "{name}");
    }
    assert_eq!(exponents, [0, 2, 3].into());
}

/// The settings of `tests/stack/pricing.json`; each has its id beside the members of a body.
fn samples<T>(list: &Value, read: impl Fn(&str, Value) -> T) -> Vec<T> {
    let one = |entry: &Value| read(entry["id"].as_str().unwrap(), with(entry.clone(), json!({"id": null})));
    list.as_array().unwrap().iter().map(one).collect()
}

fn sample_settings() -> Settings {
    let sample: Value = serde_json::from_str(&read("tests/stack/pricing.json")).unwrap();
    settings(
        samples(&sample["shippingMethods"], method),
        samples(&sample["taxRates"], tax_rate),
        samples(&sample["promotions"], promotion),
    )
}

#[test]
fn the_sample_settings_price_a_basket_everywhere() {
    let settings = sample_settings();
    let total = |code: &str, (country, region): (&str, Option<&str>), method: &str, codes: &[&str]| {
        let destination = Destination::parse(country, region, None).unwrap();
        let basket = Basket {
            currency: currency(code),
            destination: Some(destination),
            shipping_method: Some(method.to_owned()),
            promotion_codes: codes.iter().map(ToString::to_string).collect(),
            ..basket(vec![line("A", 1, 10_000, code)])
        };
        let totals = price(&basket, &settings, now()).unwrap().totals;
        (totals.shipping, totals.tax, totals.total)
    };
    // 22/122 of 100.00 is 18.03, of 390.00 it is 70.33.
    assert_eq!(total("RUB", ("RU", None), "courier-ru", &[]), (39_000, 8_836, 49_000));
    // 15 % off the goods: 22/122 of 85.00 is 15.33.
    assert_eq!(total("RUB", ("RU", None), "courier-ru", &["welcome15"]), (39_000, 8_566, 47_500));
    // 19/119 of 106.90: 15.97 and 1.10.
    assert_eq!(total("EUR", ("DE", None), "parcel-eu", &[]), (690, 1_707, 10_690));
    assert_eq!(total("EUR", ("FR", None), "parcel-eu", &[]), (690, 1_782, 10_690));
    assert_eq!(total("EUR", ("EE", None), "parcel-eu", &[]), (690, 2_069, 10_690));
    // California taxes the goods alone, New York the shipping too.
    assert_eq!(total("USD", ("US", Some("CA")), "ground-us", &[]), (799, 725, 11_524));
    assert_eq!(total("USD", ("US", Some("NY")), "ground-us", &[]), (799, 432, 11_231));
}
