//! Single values: what newtypes accept is printed as what is read as the same value again.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use identity::contact::{Email, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, PersonName, Phone};
use kernel::ids::{NotificationId, WebhookEndpointId};
use kernel::money::MAX_AMOUNT;
use kernel::{
    CartId, Currency, Cursor, EncodedCursor, Event, Limit, Money, OrderId, OrderNumber, PaymentId, Quantity, RefundId,
    ReservationId, Sku, SnapshotId, Timestamp, Trace, UserId,
};
use loms::number::{Count, OrderRef, SkuNumber, User};
use orders::address::AddressBody;
use payments::method::CardToken;
use payments::yookassa::sources::Sources;
use platform::auth::Scopes;
use platform::http::read_json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stock::lanes::Lanes;
use stock::warehouse::Warehouse;
use webhooks::address::{AddressPolicy, is_public};
use webhooks::event_type::EventType;
use webhooks::target::Rules;

/// Reads one text as every value there is.
pub fn values(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    exact::<Sku>(text);
    exact_id(text);
    again::<Warehouse>(text);
    again::<Timestamp>(text);
    again::<Scopes>(text);
    in_json::<Quantity>(text);
    in_json::<Currency>(text);
    in_json::<OrderNumber>(text);
    in_json::<User>(text);
    in_json::<SkuNumber>(text);
    money(text);
    page(text);
    sku(text);
    if let Some(trace) = Trace::from_header(text) {
        assert_eq!(Trace::from_header(&trace.header()), Some(trace));
    }
    if let Some(id) = OrderId::from_reference(text) {
        assert_eq!(OrderId::from_reference(&id.to_string()), Some(id));
    }
    loms_numbers(text);
    let _ = (serde_json::from_str::<Lanes>(text), text.parse::<EventType>(), CardToken::parse(text));
    url(text);
    if let Ok(sources) = text.parse::<Sources>() {
        assert!(
            sources != "0.0.0.0/0 ::/0".parse().expect("ranges") || text.contains("/0"),
            "{text} lets everyone in"
        );
    }
}

/// Reads one text as names, addresses and numbers of people. Once normalised, they stay as they are.
pub fn contacts(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(email) = text.parse::<Email>() {
        let written = email.as_str();
        assert!(
            written.len() <= MAX_EMAIL_LENGTH && written.is_ascii() && !written.contains(char::is_whitespace),
            "{written:?}"
        );
        assert_eq!(written.parse(), Ok(email.clone()));
        assert_eq!(written.to_ascii_uppercase().parse(), Ok(email), "one address is two accounts");
    }
    if let Ok(phone) = text.parse::<Phone>() {
        let written = phone.as_str();
        let digits = written.strip_prefix('+').expect("E.164 begins with +");
        assert!(
            (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
            "{written}"
        );
        assert_eq!(written.parse(), Ok(phone), "one number is two accounts");
    }
    if let Ok(name) = text.parse::<PersonName>() {
        let written = name.as_str();
        assert!(
            (1..=MAX_NAME_LENGTH).contains(&written.chars().count()) && !written.contains(char::is_control),
            "{written:?}"
        );
        assert_eq!(written.parse(), Ok(name));
    }
    let mut parts = text.split('\n').map(|part| Some(part.to_owned()));
    let mut next = || parts.next().flatten();
    let body = AddressBody::new(next(), next(), next(), next());
    match body.parse() {
        Ok(Some(address)) => {
            let written = serde_json::to_string(&address).expect("an address is JSON");
            let read: orders::address::Address =
                serde_json::from_str(&written).expect("what was written can be read");
            assert_eq!(read, address);
        }
        Ok(None) => {}
        Err(problem) => assert!(!problem.errors.is_empty(), "{problem:?}"),
    }
}

/// Reads a body as JSON. It has one reading, and an event stays the same when it is written.
pub fn json(data: &[u8]) {
    match read_json::<Value>("body", data) {
        Ok(value) => {
            assert!(!value.is_array(), "an array stands for an object");
            let written = value.to_string();
            assert_eq!(read_json::<Value>("body", written.as_bytes()), Ok(value), "{written}");
        }
        Err(problem) => assert!(problem.kind != kernel::Kind::Internal, "{problem:?}"),
    }
    if let Ok(event) = serde_json::from_slice::<Event>(data) {
        let written = serde_json::to_string(&event).expect("an event is JSON");
        let read: Event = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(read, event);
        if let Some(context) = event.context() {
            assert!(event.detail_type().starts_with(context), "{}", event.detail_type());
        }
    }
}

/// Accepted text is printed as it was.
fn exact<T: FromStr + Display>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string(), text);
    }
}

/// What is printed is read as the same value.
fn again<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let written = value.to_string();
        match written.parse::<T>() {
            Ok(read) => assert_eq!(read, value, "{text:?} is printed as {written:?}"),
            Err(_) => panic!("{text:?} is accepted and printed as {written:?}, which is not"),
        }
    }
}

fn in_json<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str) {
    if let Ok(value) = serde_json::from_str::<T>(text) {
        let written = serde_json::to_string(&value).expect("a value is JSON");
        assert_eq!(
            serde_json::from_str::<T>(&written).ok(),
            Some(value),
            "{text:?} is written as {written:?}"
        );
    }
}

/// A UUID has one spelling but for its case, and an id of one kind is read as that of any.
fn exact_id(text: &str) {
    macro_rules! ids {
        ($($id:ty),+) => {$(
            match text.parse::<$id>() {
                Ok(id) => assert_eq!(id.to_string(), text.to_ascii_lowercase()),
                Err(_) => assert!(text.parse::<UserId>().is_err()),
            }
            in_json::<$id>(text);
        )+};
    }
    ids!(
        UserId,
        CartId,
        SnapshotId,
        OrderId,
        PaymentId,
        RefundId,
        ReservationId,
        NotificationId,
        WebhookEndpointId
    );
    if let Ok(user) = text.parse::<UserId>()
        && let Some(number) = user.number()
    {
        assert_eq!(UserId::numbered(number), user);
    }
}

/// `<text> <currency>`: sums and products stay within what an amount can be, and are exact.
fn money(text: &str) {
    let (amount, code) = text.split_once(' ').unwrap_or((text, "RUB"));
    let Some(currency) = Currency::from_code(code) else { return };
    let Some(money) = Money::from_decimal(amount, currency) else { return };
    assert!((0..=MAX_AMOUNT).contains(&money.amount()));
    assert_eq!(Money::from_decimal(&money.decimal(), currency), Some(money), "{text}");
    for quantity in [Quantity::ONE, Quantity::MAX] {
        let exact = i128::from(money.amount()) * i128::from(quantity.get());
        match money.times(quantity) {
            Some(product) => assert_eq!(i128::from(product.amount()), exact),
            None => assert!(exact > i128::from(MAX_AMOUNT)),
        }
    }
    match money.plus(money) {
        Some(sum) => assert_eq!(sum.amount(), 2 * money.amount()),
        None => assert!(2 * money.amount() > MAX_AMOUNT),
    }
}

fn page(text: &str) {
    if let Ok(limit) = Limit::parse(Some(text)) {
        assert_eq!(limit.get().to_string(), text);
    }
    // A cursor is of one list only.
    let open = |text: &str, list| EncodedCursor::read(Some(text)).and_then(|cursor| cursor.decode(list));
    if let Ok(Some(cursor)) = open(text, "list") {
        assert_eq!(open(&cursor.encode("list"), "list"), Ok(Some(cursor)));
        assert!(open(text, "another").is_err());
    }
    let cursor = Cursor::after(text);
    if let Ok(opened) = open(&cursor.encode("list"), "list") {
        assert_eq!(opened, Some(cursor));
    }
}

/// SKUs are listed in one order, and each has its own place in it.
fn sku(text: &str) {
    let (one, other) = text.split_once(' ').unwrap_or((text, "1001"));
    if let (Ok(one), Ok(other)) = (one.parse::<Sku>(), other.parse::<Sku>()) {
        assert_eq!(one.listing_sort() == other.listing_sort(), one == other, "{one} and {other}");
    }
}

fn loms_numbers(text: &str) {
    if let Ok(count) = serde_json::from_str::<Count>(text) {
        assert_eq!(serde_json::from_str::<Count>(&count.get().to_string()).ok(), Some(count));
    }
    if let Some(number) = serde_json::from_str::<OrderRef>(text).ok().and_then(OrderRef::number) {
        assert_eq!(
            serde_json::from_str::<OrderRef>(&number.to_string()).ok().and_then(OrderRef::number),
            Some(number)
        );
    }
    if let Ok(user) = serde_json::from_str::<User>(text) {
        assert_eq!(User::of(user.id()), Some(user));
    }
    if let Ok(number) = serde_json::from_str::<SkuNumber>(text) {
        assert_eq!(number.sku().ok().as_ref().and_then(SkuNumber::of), Some(number));
    }
    if let Some(number) = text.parse::<Sku>().ok().as_ref().and_then(SkuNumber::of) {
        assert_eq!(number.sku().map(|sku| sku.to_string()).ok().as_deref(), Some(text));
    }
}

/// What is sent to is written out, and no address of this network.
fn url(text: &str) {
    let rules = Rules { reach: AddressPolicy::Public };
    let Ok(url) = rules.read(text) else { return };
    assert_eq!(url.scheme(), "https");
    assert!(url.username().is_empty() && url.password().is_none());
    let host = url.host_str().expect("a host");
    if let Ok(address) = host.trim_matches(['[', ']']).parse() {
        assert!(is_public(address), "{text} is sent to {address}");
    }
    assert_eq!(rules.read(url.as_str()).ok(), Some(url));
}
