//! The variables of a requested message, read and checked for its template. Pure.

use identity::PersonName;
use identity::delivery::{AccountChange, Template as SecretKind};
use kernel::text::{LINES_RULE, ONE_LINE_RULE, is_lines, is_one_line};
use kernel::{Currency, Money, OrderNumber, PaymentId, Problem, Timestamp};
use platform::http::read_json_as;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::notice::{Canceled, Cause, Change, Content, Item, Notice, Paid, Placed, Secret};
use crate::template::Template;
use crate::views::MAX_ITEMS;
use crate::wording;

/// The longest code or token in a message, in characters: with it an SMS has at most two parts.
pub const MAX_CODE_LENGTH: usize = 40;
/// The longest validity of a code, in minutes: a day.
pub const MAX_CODE_MINUTES: u64 = 24 * 60;
/// The variables that are web addresses.
pub(crate) const LINKS: [&str; 1] = ["paymentUrl"];
/// The JSON Pointer of the variables in a request.
const VARIABLES: &str = "/variables";

/// The content of a message, and the name in its greeting.
pub struct Filled {
    /// The content.
    pub content: Content,
    /// The name in the greeting, if one was given.
    pub first_name: Option<PersonName>,
}

/// Fills `template` in with `variables`. One that is missing, unknown or breaks a rule is named by its JSON Pointer.
pub fn read(template: Template, variables: &Map<String, Value>) -> Result<Filled, Problem> {
    match template {
        Template::OrderPlaced => parse_as(variables, placed),
        Template::OrderPaid => {
            let paid = |given: PaidVariables| {
                let PaidVariables { first_name, number, total_amount, currency, payment_id } = given;
                order(first_name, number, total_amount, currency, Change::Paid(Paid { payment_id }))
            };
            parse_as(variables, paid)
        }
        Template::OrderConfirmed => parse_as(variables, |given| step(given, Change::Confirmed)),
        Template::OrderShipped => parse_as(variables, |given| step(given, Change::Shipped)),
        Template::OrderLink => parse_as(variables, |given| step(given, Change::Link)),
        Template::OrderCanceled => parse_as(variables, canceled),
        Template::OrderRefunded => {
            let refunded = |given: RefundedVariables| {
                let RefundedVariables { first_name, number, amount, currency } = given;
                let total = money("/amount", amount, currency)?;
                Ok(notice(first_name, number, total, Change::Refunded))
            };
            parse_as(variables, refunded)
        }
        Template::VerificationCode => {
            parse_as(variables, |given| secret(given, SecretKind::VerificationCode))
        }
        Template::PasswordReset => parse_as(variables, |given| secret(given, SecretKind::PasswordReset)),
        Template::AccountChanged => parse_as(variables, |given: AccountVariables| {
            let AccountVariables { first_name, change } = given;
            Ok(Filled { content: Content::Account(change), first_name })
        }),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PlacedVariables {
    first_name: Option<PersonName>,
    #[serde(deserialize_with = "number")]
    number: OrderNumber,
    total_amount: i64,
    currency: Currency,
    #[serde(deserialize_with = "time")]
    expires_at: Timestamp,
    items: Vec<ItemVariables>,
    payment_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemVariables {
    name: String,
    quantity: u32,
    unit_price: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PaidVariables {
    first_name: Option<PersonName>,
    #[serde(deserialize_with = "number")]
    number: OrderNumber,
    total_amount: i64,
    currency: Currency,
    payment_id: Option<PaymentId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StepVariables {
    first_name: Option<PersonName>,
    #[serde(deserialize_with = "number")]
    number: OrderNumber,
    total_amount: i64,
    currency: Currency,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CanceledVariables {
    first_name: Option<PersonName>,
    #[serde(deserialize_with = "number")]
    number: OrderNumber,
    total_amount: i64,
    currency: Currency,
    #[serde(default)]
    cause: CauseVariable,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RefundedVariables {
    first_name: Option<PersonName>,
    #[serde(deserialize_with = "number")]
    number: OrderNumber,
    amount: i64,
    currency: Currency,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SecretVariables {
    first_name: Option<PersonName>,
    code: String,
    minutes: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccountVariables {
    first_name: Option<PersonName>,
    change: AccountChange,
}

/// The party or event that cancelled an order.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct CauseVariable(Cause);

impl Default for CauseVariable {
    /// The cause is not stated.
    fn default() -> Self {
        Self(Cause::Other)
    }
}

impl TryFrom<String> for CauseVariable {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "customer" => Ok(Self(Cause::Customer)),
            "shop" => Ok(Self(Cause::Shop)),
            "declined" => Ok(Self(Cause::Declined)),
            "expired" => Ok(Self(Cause::Expired)),
            _ => Err("must be customer, shop, declined or expired"),
        }
    }
}

fn placed(given: PlacedVariables) -> Result<Filled, Problem> {
    let miscounted = given.items.is_empty() || given.items.len() > MAX_ITEMS;
    let mut found =
        vec![miscounted.then(|| Problem::invalid("/items", format!("must have 1 to {MAX_ITEMS} items")))];
    let mut items = Vec::new();
    // Of too many, none is read.
    for (index, item) in given.items.into_iter().take(MAX_ITEMS).enumerate() {
        let wrong = !is_one_line(&item.name);
        found.push(wrong.then(|| Problem::invalid(&format!("/items/{index}/name"), ONE_LINE_RULE)));
        match money(&format!("/items/{index}/unitPrice"), item.unit_price, given.currency) {
            Ok(unit_price) => items.push(Item { name: item.name, quantity: item.quantity, unit_price }),
            Err(problem) => found.push(Some(problem)),
        }
    }
    if given.payment_url.as_deref().is_some_and(|url| wording::web_address(url).is_none()) {
        let rule = "must be a web address that begins with https:// or http://";
        found.push(Some(Problem::invalid("/paymentUrl", rule)));
    }
    let change =
        Change::Placed(Placed { expires_at: given.expires_at, items, payment_url: given.payment_url });
    let order = order(given.first_name, given.number, given.total_amount, given.currency, change);
    found.push(order.as_ref().err().cloned());
    Problem::joined(found).map_or(order, Err)
}

fn canceled(given: CanceledVariables) -> Result<Filled, Problem> {
    let reason =
        (!given.reason.as_deref().is_none_or(is_lines)).then(|| Problem::invalid("/reason", LINES_RULE));
    let change = Change::Canceled(Canceled { cause: given.cause.0, reason: given.reason });
    let order = order(given.first_name, given.number, given.total_amount, given.currency, change);
    Problem::joined([reason, order.as_ref().err().cloned()]).map_or(order, Err)
}

fn step(given: StepVariables, change: Change) -> Result<Filled, Problem> {
    order(given.first_name, given.number, given.total_amount, given.currency, change)
}

fn secret(given: SecretVariables, kind: SecretKind) -> Result<Filled, Problem> {
    let SecretVariables { first_name, code, minutes } = given;
    let visible = code.bytes().all(|byte| byte.is_ascii_graphic());
    let bad_code = (!visible || !(1..=MAX_CODE_LENGTH).contains(&code.len())).then(|| {
        let rule = format!("must be 1 to {MAX_CODE_LENGTH} visible ASCII characters");
        Problem::invalid("/code", rule)
    });
    let bad_minutes = (!(1..=MAX_CODE_MINUTES).contains(&minutes)).then(|| {
        let rule = format!("must be a whole number from 1 to {MAX_CODE_MINUTES}");
        Problem::invalid("/minutes", rule)
    });
    if let Some(problem) = Problem::joined([bad_code, bad_minutes]) {
        return Err(problem);
    }
    Ok(Filled { content: Content::Secret(Secret { kind, code, minutes }), first_name })
}

fn order(
    first_name: Option<PersonName>,
    number: OrderNumber,
    total_amount: i64,
    currency: Currency,
    change: Change,
) -> Result<Filled, Problem> {
    Ok(notice(first_name, number, money("/totalAmount", total_amount, currency)?, change))
}

fn notice(first_name: Option<PersonName>, number: OrderNumber, total: Money, change: Change) -> Filled {
    Filled { content: Content::Order(Notice { number, total, change }), first_name }
}

fn money(pointer: &str, amount: i64, currency: Currency) -> Result<Money, Problem> {
    let rule = "must be an amount in minor units, from 0 to 1000000000000000";
    Money::new(amount, currency).ok_or_else(|| Problem::invalid(pointer, rule))
}

/// Reads variables, and passes the result to `then`.
fn parse_as<T: DeserializeOwned>(
    variables: &Map<String, Value>,
    then: impl FnOnce(T) -> Result<Filled, Problem>,
) -> Result<Filled, Problem> {
    let text = serde_json::to_vec(variables).map_err(Problem::internal)?;
    read_json_as("variables", &text, then).map_err(|mut problem| {
        for error in &mut problem.errors {
            error.pointer = format!("{VARIABLES}{}", error.pointer);
        }
        problem
    })
}

/// Serde takes any integer for a transparent number.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OrderNumber, D::Error> {
    let number = u64::deserialize(deserializer)?;
    OrderNumber::try_from(number).map_err(|_| de::Error::custom("must be an order's number"))
}

/// The library's error for an invalid time is not meant for API clients.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom("must be a time as RFC 3339 writes it"))
}

#[cfg(test)]
#[path = "variables_tests.rs"]
pub(crate) mod tests;
