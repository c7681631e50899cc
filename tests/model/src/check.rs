//! The properties. docs/reliability-model.md names them; the letters and numbers are its.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::Timestamp;
use ordering::payment_window::DEFAULT_WINDOW_SECONDS;
use orders::Status;
use orders::edges::EDGES;
use platform::idempotency::RESUMABLE_FOR;
use serde_json::Value;

use crate::provider::PaymentStatus;
use crate::scenario::Scenario;
use crate::world::World;

/// Statuses of an order whose money and goods have changed hands.
const PAID: [&str; 4] = ["paid", "confirmed", "shipped", "delivered"];

/// What has to hold after every step. Returns what does not.
pub fn always(world: &World, scenario: &Scenario) -> Vec<String> {
    let mut broken = Broken(world.defects.clone());
    stock_is_conserved(world, scenario, &mut broken);
    goods_follow_orders(world, &mut broken);
    a_request_makes_one_order(world, scenario, &mut broken);
    histories_are_lawful(world, &mut broken);
    payments_are_sound(world, &mut broken);
    provider_takes_what_was_asked(world, &mut broken);
    paid_in_time_is_kept(world, &mut broken);
    broken.0
}

/// What has to hold once everything is calm. Returns what does not.
pub fn finally(world: &World, scenario: &Scenario) -> Vec<String> {
    let mut broken = Broken(always(world, scenario));
    nothing_is_open(world, &mut broken);
    for order in world.orders() {
        money_is_where_it_belongs(world, order, &mut broken);
    }
    answers_are_kept(world, &mut broken);
    broken.0
}

struct Broken(Vec<String>);

impl Broken {
    fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_default()
}

/// Reservations by id: the status and the units.
fn reservations(world: &World) -> BTreeMap<String, (String, i64)> {
    let reservations = world.tables.of("StockTable").filter_map(|((_, pk, _), item)| {
        let id = pk.strip_prefix("RESERVATION#")?;
        let takes = item["takes"].as_array().into_iter().flatten();
        let units = takes.map(|take| number(take, "quantity")).sum();
        Some((id.to_owned(), (text(item, "status").to_owned(), units)))
    });
    reservations.collect()
}

/// S1: no unit is lost, made or promised twice.
fn stock_is_conserved(world: &World, scenario: &Scenario, broken: &mut Broken) {
    let rows = || world.tables.of("StockTable").filter(|((_, _, sk), _)| sk.starts_with("LOC#"));
    let available: i64 = rows().map(|(_, row)| number(row, "available")).sum();
    let reserved: i64 = rows().map(|(_, row)| number(row, "reserved")).sum();
    let below = rows().any(|(_, row)| number(row, "available") < 0 || number(row, "reserved") < 0);
    broken
        .unless(!below, || format!("S1: a row is below nothing: {available} available, {reserved} reserved"));
    let reservations = reservations(world);
    let of = |status: &str| -> i64 {
        reservations.values().filter(|(known, _)| known == status).map(|(_, units)| units).sum()
    };
    let (live, sold) = (of("reserved"), of("confirmed"));
    broken.unless(reserved == live, || format!("S1: rows have {reserved} reserved, reservations {live}"));
    let units = i64::try_from(scenario.units).unwrap_or(i64::MAX);
    broken.unless(available + reserved + sold == units, || {
        format!("S1: {available} available + {reserved} reserved + {sold} sold are not {units}")
    });
}

/// S2: an order that waits has its goods reserved, a paid one has them sold, any other has none.
fn goods_follow_orders(world: &World, broken: &mut Broken) {
    let mut reservations = reservations(world);
    for order in world.orders() {
        let (status, id) = (text(order, "status"), text(order, "reservationId"));
        let expected = match status {
            "awaiting_payment" => "reserved",
            paid if PAID.contains(&paid) => "confirmed",
            _ => continue,
        };
        let found = reservations.remove(id);
        broken.unless(found.as_ref().is_some_and(|(status, _)| status == expected), || {
            format!("S2: the goods of an order that is {status} are {found:?}")
        });
    }
    let left = reservations.values().find(|(status, _)| status == "reserved" || status == "confirmed");
    broken.unless(left.is_none(), || format!("S2: goods are {left:?} for no order"));
}

/// S3: a request makes one order, and an order has one payment that may take money.
fn a_request_makes_one_order(world: &World, scenario: &Scenario, broken: &mut Broken) {
    let mut orders: BTreeMap<&str, usize> = BTreeMap::new();
    for order in world.orders().filter(|order| text(order, "status") != "failed") {
        *orders.entry(text(order, "userId")).or_default() += 1;
    }
    let most = orders.values().max().copied().unwrap_or_default();
    let again = if scenario.is_keyless { world.unheard } else { 0 };
    broken.unless(most <= 1 + again, || format!("S3: one request made {most} orders"));
    for order in world.orders() {
        let own = world.payments().filter(|payment| payment["orderId"] == order["id"]);
        let live = own.filter(|payment| text(payment, "status") != "failed").count();
        broken.unless(live <= 1, || format!("S3: an order has {live} payments"));
    }
}

/// S4: an order's history has no gaps, and each status follows from the one before by an edge of the order's life.
fn histories_are_lawful(world: &World, broken: &mut Broken) {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut statuses: BTreeMap<&str, &str> = BTreeMap::new();
    for ((_, aggregate, _), event) in world.journal() {
        let sequence = event["sequence"].as_u64().unwrap_or_default();
        let before = last.insert(aggregate, sequence).unwrap_or_default();
        broken.unless(sequence == before + 1, || {
            format!("S4: {} follows {before} with {sequence}", text(event, "type"))
        });
        let status = text(&event["data"], "status");
        if !aggregate.starts_with("order/") || status.is_empty() {
            continue;
        }
        if let Some(before) = statuses.insert(aggregate, status) {
            broken.unless(before == status || is_edge(before, status), || {
                format!("S4: {before} became {status}")
            });
        }
    }
    for order in world.orders() {
        let history = format!("order/{}", text(order, "id"));
        let written = last.get(history.as_str()).copied().unwrap_or_default();
        broken.unless(order["version"].as_u64() == Some(written), || {
            format!("S4: version {} of an order has {written} events", order["version"])
        });
    }
}

fn is_edge(from: &str, to: &str) -> bool {
    let named = |status: Status, name: &str| status.name() == name;
    EDGES.iter().any(|edge| named(edge.from, from) && named(edge.to, to))
}

/// S5: refunds of a payment never come to more than was captured.
fn payments_are_sound(world: &World, broken: &mut Broken) {
    for payment in world.payments() {
        let captured = number(payment, "captured");
        let refunds = payment["refunds"].as_array().into_iter().flatten();
        let live = refunds.filter(|refund| text(refund, "status") != "failed");
        let sum: i64 = live.map(|refund| number(refund, "amount")).sum();
        let excused = world.operator.contains(text(payment, "id"));
        broken.unless(sum <= captured || excused, || format!("S5: refunds of {sum} from {captured}"));
    }
}

/// S6: the provider takes no more than the merchant asked for, once for an order, and sends no more back.
fn provider_takes_what_was_asked(world: &World, broken: &mut Broken) {
    for entry in &world.provider.payments {
        broken.unless(entry.captured <= entry.asked, || {
            format!("S6: {} was taken where {} was asked for", entry.captured, entry.asked)
        });
        let sent = world.provider.sent(&entry.id);
        broken.unless(sent <= entry.captured, || format!("S6: {sent} went back of {}", entry.captured));
    }
    for order in world.orders() {
        let charged = charged(world, order);
        let times = charged.iter().filter(|entry| entry.1 > 0).count();
        let excused = payments_of(world, order).any(|id| world.operator.contains(id));
        broken.unless(times <= 1 || excused, || {
            format!("S6: a customer was charged {times} times for one order")
        });
    }
}

/// S11: an order that was paid in time does not expire. The provider is asked before.
fn paid_in_time_is_kept(world: &World, broken: &mut Broken) {
    for order in world.orders().filter(|order| text(order, "cause") == "expired") {
        let number = order["number"].to_string();
        let placed = text(order, "createdAt").parse::<Timestamp>().ok();
        let due = placed.map(|placed| placed.plus(Duration::from_secs(DEFAULT_WINDOW_SECONDS)));
        let in_time = |at: Timestamp| due.is_some_and(|due| at < due);
        let own = world.provider.payments.iter().filter(|entry| entry.order_number == number);
        let paid = own.filter(|entry| entry.status == PaymentStatus::Succeeded);
        broken.unless(!paid.filter_map(|entry| entry.decided_at).any(in_time), || {
            "S11: an order that was paid in time expired".to_owned()
        });
    }
}

/// The captures for an order at the provider: the provider's id, and the amount.
fn charged(world: &World, order: &Value) -> Vec<(String, i64)> {
    let number = order["number"].to_string();
    let own = world.provider.payments.iter().filter(|entry| entry.order_number == number);
    own.filter(|entry| entry.status == PaymentStatus::Succeeded)
        .map(|entry| (entry.id.clone(), entry.captured))
        .collect()
}

/// The merchant's ids of an order's payments.
fn payments_of<'a>(world: &'a World, order: &'a Value) -> impl Iterator<Item = &'a str> {
    world.payments().filter(|payment| payment["orderId"] == order["id"]).map(|payment| text(payment, "id"))
}

/// L1 to L3: no order waits, no payment is open, no goods are reserved, nothing is on its way.
fn nothing_is_open(world: &World, broken: &mut Broken) {
    for order in world.orders() {
        broken
            .unless(text(order, "status") != "awaiting_payment", || "L1: an order waits for ever".to_owned());
        let payment = world.payments().find(|payment| payment["id"] == order["payment"]["paymentId"]);
        if let Some(payment) = payment {
            broken.unless(order["payment"]["status"] == payment["status"], || {
                format!(
                    "L1: an order shows {} of a payment that is {}",
                    order["payment"]["status"], payment["status"]
                )
            });
        }
    }
    for payment in world.payments().filter(|payment| !world.operator.contains(text(payment, "id"))) {
        let refunds = payment["refunds"].as_array().into_iter().flatten();
        let pending = refunds.filter(|refund| text(refund, "status") == "pending").count();
        let status = text(payment, "status");
        broken.unless(status != "pending" && pending == 0 && payment["lookKey"].is_null(), || {
            format!("L2: a payment stays {status}, with {pending} refunds pending")
        });
    }
    let held = reservations(world).into_values().filter(|(status, _)| status == "reserved").count();
    broken.unless(held == 0, || format!("L3: {held} reservations are held for ever"));
}

/// S7: what was captured is on an order that is paid, but for what an operator sent back; otherwise all of it went back, or an operator was called.
fn money_is_where_it_belongs(world: &World, order: &Value, broken: &mut Broken) {
    if payments_of(world, order).any(|id| world.operator.contains(id)) {
        return;
    }
    let charged = charged(world, order);
    let taken: i64 = charged.iter().map(|(_, amount)| amount).sum();
    let sent: i64 = charged.iter().map(|(id, _)| world.provider.sent(id)).sum();
    let status = text(order, "status");
    let own = world.payments().filter(|payment| payment["orderId"] == order["id"]);
    let refunds = own.flat_map(|payment| payment["refunds"].as_array().into_iter().flatten());
    let asked = refunds
        .filter(|refund| text(refund, "cause") == "requested" && text(refund, "status") == "succeeded");
    let asked: i64 = asked.map(|refund| number(refund, "amount")).sum();
    let total = order["totalAmount"].as_i64().unwrap_or_default();
    if PAID.contains(&status) {
        broken
            .unless(taken == total, || format!("S7: {taken} of {total} came for an order that is {status}"));
        broken.unless(sent == asked, || {
            format!("S7: {sent} went back of a {status} order, {asked} was asked for")
        });
    } else {
        broken.unless(taken == sent, || {
            format!("S7: {taken} came for an order that is {status}, {sent} went back")
        });
    }
    let number = order["number"].to_string();
    let own = world.provider.payments.iter().filter(|entry| entry.order_number == number);
    let held = own.filter(|entry| entry.status == PaymentStatus::Held).count() > 0;
    broken.unless(!held, || format!("S7: money stays held for an order that is {status}"));
}

/// S8 and L4: requests with one key have one answer, about an order that is there; no record stays begun for a request that was answered.
fn answers_are_kept(world: &World, broken: &mut Broken) {
    let mut first: BTreeMap<(&str, &str, String), &str> = BTreeMap::new();
    for answered in &world.answered {
        let (Some(asked), Ok(body)) = (answered.asked, &answered.outcome) else { continue };
        let Some(key) = asked.key else { continue };
        let known = *first.entry((answered.what, key, asked.user.to_string())).or_insert(body);
        broken
            .unless(same_object(known, body), || format!("S8: one request was answered {known} and {body}"));
        let object: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        if let Some(id) = object["orderId"].as_str() {
            let there = world.orders().any(|order| order["id"] == *id);
            broken.unless(there, || format!("S8: order {id} was answered and is not there"));
        }
    }
    for (_, record) in world.tables.of("IdempotencyTable") {
        let expires = number(record, "expiresAt");
        // A derived key that could not be freed ends by itself.
        let is_running = record["outcome"].is_null() && expires > world.now.plus(RESUMABLE_FOR).as_seconds();
        let resource = text(record, "resource");
        let is_answered = world.answered.iter().any(|answered| {
            let made = answered.outcome.as_ref().ok().and_then(|body| made_by(answered.what, body));
            answered.asked.is_some() && made.is_some_and(|made| made == resource)
        });
        broken.unless(!(is_running && is_answered), || {
            "L4: a request was answered and its record says that it runs".to_owned()
        });
    }
}

/// The id of what a request made, as its idempotency record names it.
fn made_by(what: &str, body: &str) -> Option<String> {
    let member = match what {
        "place" | "check out" => "orderId",
        "pay" => "paymentId",
        "refund" => "refundId",
        _ => return None,
    };
    let body: Value = serde_json::from_str(body).ok()?;
    body[member].as_str().map(str::to_owned)
}

/// Whether two answers are about the same order, payment or refund.
fn same_object(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let (one, other) = (read(one), read(other));
    ["orderId", "paymentId", "refundId"].iter().all(|name| one[*name] == other[*name])
}
