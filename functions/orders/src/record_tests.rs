//! Orders of every form and in every state are read as they were written.

use kernel::{PaymentId, PaymentStatus, Quantity};
use serde_json::{Value, json};

use super::*;
use crate::order::Placement;
use crate::payment::PaymentSummary;

/// An item of each form, as it stood in the table.
const FORMS: [&str; 2] = [include_str!("forms/order-1.json"), include_str!("forms/order-2.json")];
/// Form 1 as it was written before orders had annotations.
const BEFORE_NOTES: &str = include_str!("forms/order-1-before-notes.json");

pub(crate) const AT: i64 = 1_700_000_000_000;

pub(crate) fn placed() -> Order {
    let rub = Currency::from_code("RUB").unwrap();
    let line = PricedLine {
        sku: "A-1".parse().unwrap(),
        name: "Чайник".to_owned(),
        quantity: Quantity::new(2).unwrap(),
        unit_price: 1_500,
    };
    let placement = Placement {
        number: OrderNumber::try_from(42).unwrap(),
        user_id: UserId::derived("someone"),
        lines: vec![line],
        total: Money::new(3_000, rub).unwrap(),
        address: None,
        details: crate::Details::default(),
        cart_snapshot: Some(json!({"signature": "00ff", "weight": 1.50, "items": [{"sku": "A-1"}]})),
        holder: Some(Holder { source: Some("00ff".to_owned()), contact: None }),
        ends_at: None,
        from_cart: false,
        pricing: None,
        buyer: crate::buyer::Buyer::default(),
    };
    let payment = PaymentSummary {
        payment_id: PaymentId::derived("p"),
        status: PaymentStatus::Pending,
        payment_url: None,
    };
    let at = Timestamp::from_millis(AT);
    Order::place(placement, Some(payment), at, Timestamp::from_millis(AT + 600_000)).unwrap().0
}

/// The order as the table holds it.
pub(crate) fn kept(order: &Order) -> Value {
    serde_json::to_value(Record::of(order).unwrap()).unwrap()
}

#[test]
fn every_state_is_kept_and_read_back() {
    let at = Timestamp::from_millis(AT + 1);
    let paid = || placed().pay(at).unwrap().order;
    let address = Address {
        country: "RU".to_owned(),
        region: Some("Москва".to_owned()),
        city: "Москва".to_owned(),
        street: "ул. Тверская, 1".to_owned(),
        ..Address::default()
    };
    let confirmed = || Order { address: Some(address.clone()), ..paid().confirm(at).unwrap().order };
    let shipped = || confirmed().ship(at).unwrap().order;
    let plain = |order: Order| Order { payment: None, cart_snapshot: None, ..order };
    for order in [
        placed(),
        plain(placed()),
        paid(),
        confirmed(),
        shipped(),
        shipped().deliver(at).unwrap().order,
        placed().cancel(Some("why".to_owned()), at).unwrap().order,
        Order { state: State::New(crate::state::New {}), ..placed() },
        Order { state: State::Failed(crate::state::Failed {}), ..placed() },
    ] {
        let kept = kept(&order);
        assert_eq!(kept["status"], order.status().name());
        let read: Record = serde_json::from_value(kept).unwrap();
        assert_eq!(read.into_order().unwrap(), order);
    }
}

fn read(item: Value) -> Result<Order, Problem> {
    serde_json::from_value::<Record>(item).unwrap().into_order()
}

#[test]
fn every_form_that_was_ever_written_is_read_alike() {
    let forms = FORMS.iter().chain([&BEFORE_NOTES]);
    let orders: Vec<Order> = forms.map(|form| read(serde_json::from_str(form).unwrap()).unwrap()).collect();
    assert_eq!(orders[0].address.as_ref().unwrap().city, "Tver");
    assert_eq!((orders[0].status(), orders[0].version), (crate::Status::Paid, 2));
    assert!(orders.iter().all(|order| *order == orders[0]), "{orders:#?}");
}

#[test]
fn what_is_written_is_the_form_that_is_named() {
    let form: Value = serde_json::from_str(FORMS[ITEM_VERSION as usize - 1]).unwrap();
    let mut written = kept(&read(form.clone()).unwrap());
    let keys = json!({"PK": form["PK"], "SK": form["SK"]});
    written.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    assert_eq!(written, form);
}

#[test]
fn a_form_of_the_future_is_an_error() {
    let mut item: Value = serde_json::from_str(FORMS[FORMS.len() - 1]).unwrap();
    item["itemVersion"] = json!(ITEM_VERSION + 1);
    assert!(read(item).is_err());
}

/// A refund ends an order by an update that names the attributes to remove.
#[test]
fn the_attributes_that_an_update_removes_are_those_of_the_customer() {
    let mut order = placed();
    order.address = Some(Address {
        country: "RU".to_owned(),
        region: Some("Москва".to_owned()),
        city: "Москва".to_owned(),
        street: "ул. Тверская, 1".to_owned(),
        ..Address::default()
    });
    order.details = crate::Details {
        note: Some("At the door".to_owned()),
        metadata: [("campaign".to_owned(), "7".to_owned())].into(),
        return_url: Some("https://shop.example/".to_owned()),
    };
    let guest = crate::buyer::Guest { token_hashes: vec!["00ff".to_owned()], cart: None };
    order.buyer = crate::Buyer {
        contact: Some(kernel::contact::Contact::default()),
        billing_address: order.address.clone(),
        guest: Some(guest),
    };
    let mut order = order.pay(Timestamp::from_millis(AT + 1)).unwrap().order;
    order.account_deleted = true;
    let before = Record::of(&order).unwrap().attributes().unwrap();
    let payment = PaymentSummary { status: PaymentStatus::Refunded, ..order.payment.clone().unwrap() };
    let after = Record::of(&order.note_payment(payment)).unwrap().attributes().unwrap();
    let lost: Vec<&str> = before.difference(&after).map(String::as_str).collect();
    let mut personal = PERSONAL.to_vec();
    personal.sort_unstable();
    assert_eq!(lost, personal);
}
