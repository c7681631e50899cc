//! The variables that each template takes, and those that it refuses.

use serde_json::json;

use super::*;

/// A good set of variables for each template; each has all that the template takes.
pub(crate) fn complete(template: Template) -> Map<String, Value> {
    let order = |more: Value| {
        let mut all = json!({"firstName": "Анна", "number": 42, "totalAmount": 7_500, "currency": "RUB"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let variables = match template {
        Template::OrderPlaced => order(json!({
            "expiresAt": "2026-03-03T14:35:00.000Z", "paymentUrl": "https://pay.example/p/7",
            "items": [{"name": "Tea", "quantity": 2, "unitPrice": 3_750}],
        })),
        Template::OrderPaid => order(json!({"paymentId": "11111111-1111-4111-8111-111111111111"})),
        Template::OrderConfirmed | Template::OrderShipped | Template::OrderLink => order(json!({})),
        Template::OrderCanceled => order(json!({"cause": "shop", "reason": "out of paint"})),
        Template::OrderRefunded => {
            json!({"firstName": "Анна", "number": 42, "amount": 2_500, "currency": "RUB"})
        }
        Template::VerificationCode | Template::PasswordReset => {
            json!({"firstName": "Анна", "code": "012345", "minutes": 10})
        }
        Template::AccountChanged => json!({"firstName": "Анна", "change": "password_changed"}),
    };
    variables.as_object().unwrap().clone()
}

/// The optional variables of a template.
const OPTIONAL: [&str; 5] = ["firstName", "paymentUrl", "paymentId", "cause", "reason"];

/// The pointer and the detail of the one error of `template` with `variables`.
fn fault(template: Template, variables: &Map<String, Value>) -> (String, String) {
    let problem = read(template, variables).err().unwrap_or_else(|| panic!("{template} takes {variables:?}"));
    assert_eq!(problem.kind, kernel::Kind::Invalid);
    let [error] = problem.errors.as_slice() else { panic!("{problem:?}") };
    (error.pointer.clone(), error.detail.clone())
}

#[test]
fn every_template_takes_what_it_needs_and_names_what_is_missing_or_unknown() {
    for template in Template::ALL {
        let complete = complete(template);
        let filled = read(template, &complete).ok().unwrap();
        assert_eq!(filled.content.template(), template);
        assert_eq!(filled.first_name.unwrap().as_str(), "Анна");
        for name in complete.keys() {
            let mut less = complete.clone();
            less.remove(name);
            if OPTIONAL.contains(&name.as_str()) {
                assert!(read(template, &less).is_ok(), "{template} without {name}");
            } else {
                let missing = (format!("/variables/{name}"), "is required".to_owned());
                assert_eq!(fault(template, &less), missing, "{template}");
            }
            let mut wrong = complete.clone();
            wrong.insert(name.clone(), json!([7]));
            let (pointer, detail) = fault(template, &wrong);
            assert!(pointer.starts_with(&format!("/variables/{name}")), "{template} {pointer}");
            assert!(!detail.contains("struct"), "{template} {name}: {detail}");
        }
        let mut more = complete;
        more.insert("color".to_owned(), json!("green"));
        let unknown = ("/variables/color".to_owned(), "is not a member of this body".to_owned());
        assert_eq!(fault(template, &more), unknown, "{template}");
    }
}

#[test]
fn what_breaks_a_rule_is_named() {
    use Template::{OrderCanceled, OrderPaid, OrderPlaced, OrderRefunded, VerificationCode};
    let line = |name: &str, value: Value| {
        let mut line = json!({"name": "Tea", "quantity": 2, "unitPrice": 3_750});
        line[name] = value;
        json!([line])
    };
    for (template, name, value, pointer) in [
        (OrderPaid, "number", json!(0), "/number"),
        (OrderPaid, "number", json!(1_u64 << 53), "/number"),
        (OrderPaid, "totalAmount", json!(-1), "/totalAmount"),
        (OrderPaid, "totalAmount", json!(7.5), "/totalAmount"),
        (OrderPaid, "currency", json!("XXX"), "/currency"),
        (OrderPaid, "firstName", json!(""), "/firstName"),
        (OrderPlaced, "expiresAt", json!("tomorrow"), "/expiresAt"),
        (OrderPlaced, "items", json!([]), "/items"),
        (OrderPlaced, "items", json!(vec![line("name", json!("Tea"))[0].clone(); MAX_ITEMS + 1]), "/items"),
        (OrderPlaced, "items", line("unitPrice", json!(-1)), "/items/0/unitPrice"),
        (OrderPlaced, "items", line("sku", json!("TEA-1")), "/items/0/sku"),
        (OrderPlaced, "paymentUrl", json!("javascript:alert(1)"), "/paymentUrl"),
        (OrderCanceled, "cause", json!("eaten"), "/cause"),
        (OrderRefunded, "amount", json!(-1), "/amount"),
        (VerificationCode, "code", json!(""), "/code"),
        (VerificationCode, "code", json!("x".repeat(MAX_CODE_LENGTH + 1)), "/code"),
        (VerificationCode, "code", json!("12 34"), "/code"),
        (VerificationCode, "minutes", json!(0), "/minutes"),
        (VerificationCode, "minutes", json!(MAX_CODE_MINUTES + 1), "/minutes"),
    ] {
        let mut variables = complete(template);
        variables.insert(name.to_owned(), value);
        assert_eq!(fault(template, &variables).0, format!("/variables{pointer}"), "{template} {name}");
    }
}
