//! One line of an import, read into a product and its opening stock by the rules of a single product.

use kernel::{Currency, Kind, Problem, Sku};
use platform::http::read_json_as;
use pricing::TaxCategory;
use pricing::text::Category;
use serde::Deserialize;
use serde_json::{Map, Value};
use stock::Opening;
use stock::warehouse::Warehouse;

use super::{Numbered, Raw};
use crate::factors::{NamedFactors, Weight};
use crate::product::{Details, is_active_unless_said};
use crate::refusal::ImportRefusal;

/// A line as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    id: Sku,
    name: String,
    #[serde(default)]
    description: String,
    price: i64,
    currency: Currency,
    #[serde(default)]
    attributes: Map<String, Value>,
    category: Option<Category>,
    #[serde(rename = "weightGrams")]
    weight: Option<Weight>,
    tax_category: Option<TaxCategory>,
    requires_shipping: Option<bool>,
    #[serde(default = "is_active_unless_said")]
    is_active: bool,
    warehouse: Option<Warehouse>,
    available: Option<i64>,
}

/// The command of a line; every rule about it has been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The key of the product.
    pub sku: Sku,
    /// The values that the product is to have.
    pub details: Details,
    /// The stock with which a warehouse is to begin.
    pub opening: Option<Opening>,
}

/// The reason for which a line is not imported.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The product that the line is about, as far as that can be read.
    pub sku: Option<Sku>,
    pub problem: Problem,
}

/// Reads a line.
pub fn parse(raw: Raw<'_>) -> Numbered<Result<Wanted, Fault>> {
    let Numbered { line, content } = raw;
    let content = match content {
        Ok(text) => wanted(&text).map_err(|problem| Fault { sku: sku_of(&text), problem }),
        Err(problem) => Err(Fault { sku: None, problem }),
    };
    Numbered { line, content }
}

fn wanted(text: &str) -> Result<Wanted, Problem> {
    read_json_as("line", text.as_bytes(), checked).map_err(|problem| match problem.kind {
        Kind::Malformed => ImportRefusal::MalformedLine { detail: problem.detail }.into(),
        _ => problem,
    })
}

fn checked(line: Line) -> Result<Wanted, Problem> {
    let Line { category, weight, tax_category, requires_shipping, .. } = line;
    let factors = NamedFactors { category, weight, tax_category, requires_shipping };
    let price = (line.price, line.currency);
    let details =
        Details::parse(line.name, line.description, price, line.attributes, factors, line.is_active);
    let (details, opening) = Problem::both(details, Opening::parse(line.warehouse, line.available))?;
    Ok(Wanted { sku: line.id, details, opening })
}

/// The SKU on a line that is otherwise wrong.
fn sku_of(text: &str) -> Option<Sku> {
    #[derive(Deserialize)]
    struct Named {
        id: Sku,
    }
    serde_json::from_str::<Named>(text).ok().map(|named| named.id)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn read(text: &str) -> Result<Wanted, Fault> {
        parse(Numbered { line: 7, content: Ok(Cow::Borrowed(text)) }).content
    }

    #[test]
    fn a_line_is_a_product_and_perhaps_its_opening_stock() {
        let bare = read(r#"{"id": "A-1", "name": "Tea", "price": 100, "currency": "RUB"}"#).unwrap();
        assert_eq!((bare.sku.as_str(), bare.opening), ("A-1", None));
        let stocked = r#"{"id": "1", "name": "Tea", "price": 1, "currency": "RUB", "warehouse": "w-1", "available": 5}"#;
        let opening = Opening::parse(Some("w-1".parse().unwrap()), Some(5)).unwrap();
        assert_eq!(read(stocked).unwrap().opening, opening);
    }

    /// A good line of the product `A-1` with `more` members at its end.
    fn tea(more: &str) -> String {
        format!(r#"{{"id": "A-1", "name": "Tea", "price": 1, "currency": "RUB"{more}}}"#)
    }

    #[test]
    fn what_is_wrong_is_named_with_the_product() {
        for (more, pointer) in [
            (r#", "stock": 1"#, "/stock"),
            (r#", "available": 1"#, "/warehouse"),
            (r#", "warehouse": "w""#, "/available"),
            (r#", "warehouse": "W", "available": 1"#, "/warehouse"),
            (r#", "isActive": "yes""#, "/isActive"),
            (r#", "category": " tea""#, "/category"),
            (r#", "weightGrams": -1"#, "/weightGrams"),
            (r#", "taxCategory": "Food""#, "/taxCategory"),
            (r#", "requiresShipping": "no""#, "/requiresShipping"),
            (r#", "price": 2"#, "/price"),
            (r#", "attributes": {"a": [{"b": 1, "b": 2}]}"#, "/attributes/a/0/b"),
        ] {
            let Fault { sku, problem } = read(&tea(more)).unwrap_err();
            assert_eq!(
                (problem.code, problem.errors[0].pointer.as_str()),
                ("invalid_input", pointer),
                "{more}"
            );
            assert_eq!(sku, Some("A-1".parse().unwrap()), "{more}");
        }
    }

    #[test]
    fn text_that_was_not_utf8_is_never_imported() {
        let text = r#"{"id": "A-1", "name": "\ufffd\ufffd", "price": -1, "currency": "RUB", "attributes": {"a": "x\ufffd"}}"#;
        let Fault { sku, problem } = read(text).unwrap_err();
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/attributes/a", "/price"]);
        assert!(problem.errors[0].detail.contains("UTF-8"), "{problem:?}");
        assert_eq!(sku, Some("A-1".parse().unwrap()));
    }

    #[test]
    fn a_member_that_is_null_is_left_out() {
        let nulls = r#", "description": null, "attributes": null, "category": null, "weightGrams": null, "taxCategory": null,
            "requiresShipping": null, "isActive": null, "warehouse": null, "available": null"#;
        assert_eq!(read(&tea(nulls)), read(&tea("")));
    }

    #[test]
    fn a_line_without_a_product_is_about_none() {
        let without = r#"{"name": "Tea", "price": 1, "currency": "RUB"}"#;
        let not_a_sku = r#"{"id": "a b", "name": "Tea", "price": 1, "currency": "RUB"}"#;
        for (text, pointer) in [(without, "/id"), (not_a_sku, "/id"), ("[1]", ""), ("7", "")] {
            let Fault { sku, problem } = read(text).unwrap_err();
            let found = (problem.code, problem.errors[0].pointer.as_str(), sku);
            assert_eq!(found, ("invalid_input", pointer, None), "{text}");
        }
        for text in ["{", &format!("{} x", tea("")), "nope", r#"{"id": "A-1", "name": "Tea""#] {
            assert_eq!(read(text).unwrap_err().problem.code, "malformed_line", "{text}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let text = r#"{"id": "A-1", "name": "", "price": -1, "currency": "RUB", "category": "", "weightGrams": 1.5,
            "taxCategory": "", "requiresShipping": 1, "warehouse": "w", "available": -1}"#;
        let problem = read(text).unwrap_err().problem;
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        let shapes = ["/category", "/weightGrams", "/taxCategory", "/requiresShipping"];
        assert_eq!(pointers, [&shapes[..], &["/name", "/price", "/available"]].concat());
    }
}
