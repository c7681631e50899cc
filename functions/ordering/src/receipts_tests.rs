use kernel::{Currency, Timestamp};
use orders::draft::PricedLine;
use orders::order_pricing::Pricing;
use serde_json::json;

use super::*;
use crate::settlement::fixtures::order;

const TERMS: ReceiptTerms = ReceiptTerms { tax_system: None, default_vat: VatCode::NONE };

fn line(sku: &str, quantity: u32, unit_price: i64) -> PricedLine {
    let quantity = Quantity::new(quantity).unwrap();
    PricedLine { sku: sku.parse().unwrap(), name: format!("Name of {sku}"), quantity, unit_price }
}

/// An order of two products, of which the first is discounted and has a tax on top, with delivery.
fn priced_order() -> Order {
    let priced = json!({
        "currency": "RUB", "taxIncluded": false, "promotions": [], "pricedAt": Timestamp::from_millis(0).to_string(),
        "lines": [
            {"sku": "A-1", "quantity": 3, "unitPrice": 400, "subtotal": 1_200, "discount": 200, "tax": 100,
             "total": 1_100, "receiptVatCode": 3, "derivation": []},
            {"sku": "B-2", "quantity": 2, "unitPrice": 50, "subtotal": 100, "discount": 100, "tax": 0, "total": 0, "derivation": []},
            {"sku": "C-3", "quantity": 1, "unitPrice": 70, "subtotal": 70, "discount": 0, "tax": 0, "total": 70, "derivation": []},
        ],
        "shipping": {"methodId": "post", "methodVersion": 1, "price": 300, "discount": 0, "tax": 0, "total": 300,
                     "receiptVatCode": 11, "derivation": []},
        "totals": {"subtotal": 1_370, "discount": 300, "shipping": 300, "tax": 100, "total": 1_470},
    });
    let pricing =
        Pricing { settings_version: 1, priced: serde_json::from_value(priced).unwrap(), uses: None };
    let lines = vec![line("A-1", 3, 400), line("B-2", 2, 50), line("C-3", 1, 70)];
    let total = Money::new(1_470, Currency::from_code("RUB").unwrap()).unwrap();
    Order { lines, total, pricing: Some(pricing), ..order() }
}

fn rows(order: &Order) -> Vec<(String, u32, i64, u8, Subject)> {
    let row = |line: ReceiptLine| (line.name, line.quantity.get(), line.price, line.vat.get(), line.subject);
    TERMS.lines(order).into_iter().map(row).collect()
}

#[test]
fn a_receipt_has_what_is_paid_for_each_line() {
    let expected = [
        ("Name of A-1", 1, 366, 3, Subject::Commodity),
        ("Name of A-1", 2, 367, 3, Subject::Commodity),
        ("Name of C-3", 1, 70, 1, Subject::Commodity),
        ("Доставка", 1, 300, 11, Subject::Service),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(name, count, price, vat, of)| (name.to_owned(), count, price, vat, of))
        .collect();
    assert_eq!(rows(&priced_order()), expected);
    let customer = Customer { email: Some("a@example.com".to_owned()), ..Customer::default() };
    assert!(TERMS.receipt(&priced_order()).of_payment(customer, priced_order().total).is_ok());
}

#[test]
fn an_order_of_goods_alone_has_them_at_their_prices() {
    let order = Order { lines: vec![line("A-1", 3, 400)], pricing: None, ..order() };
    assert_eq!(rows(&order), [("Name of A-1".to_owned(), 3, 400, 1, Subject::Commodity)]);
}

/// The law knows no others.
#[test]
fn receipts_are_for_payments_in_roubles() {
    let money = |code: &str, amount| Money::new(amount, Currency::from_code(code).unwrap()).unwrap();
    assert!(has_receipt(money("RUB", 1)));
    assert!(!has_receipt(money("RUB", 0)) && !has_receipt(money("USD", 100)));
}

#[test]
fn a_customer_has_an_address_or_digits() {
    let email: Email = "anna@example.com".parse().unwrap();
    let phone: Phone = "+79991234567".parse().unwrap();
    assert_eq!(customer(None, None), None);
    assert_eq!(customer(None, Some(&phone)).unwrap().phone.as_deref(), Some("79991234567"));
    assert_eq!(customer(Some(&email), None).unwrap().email.as_deref(), Some("anna@example.com"));
}
