//! The payment provider: YooKassa's API v3 with books in memory and the time of the run.
//!
//! Where the published rules leave a choice it takes the one that is harder for the merchant, as the stand-in of `tests/yookassa` does: a repeat with a
//! known key is answered as the first request was, refusals included. Keys are forgotten after a day.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use kernel::Timestamp;
use serde_json::{Value, json};

use crate::effect::{Outcome, ProviderRequest};

/// How long a key is known.
const KEY_LIFETIME: Duration = Duration::from_hours(24);
/// How long a payer has to decide on the provider's page.
const PAGE_LIFETIME: Duration = Duration::from_hours(1);

/// What has become of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// The payer has not decided.
    Pending,
    /// The money is held.
    Held,
    /// The money is the merchant's.
    Succeeded,
    /// There will be none.
    Canceled,
}

impl PaymentStatus {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held => "waiting_for_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// A payment in the provider's books. Amounts are in minor units.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The provider's id.
    pub id: String,
    /// The merchant's id.
    pub payment_id: String,
    /// The number of the order that it is for.
    pub order_number: String,
    /// The amount that was asked for.
    pub asked: i64,
    /// The amount that was taken.
    pub captured: i64,
    /// What has become of it.
    pub status: PaymentStatus,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Whether the payer has a page to decide on.
    has_page: bool,
    two_steps: bool,
    created_at: Timestamp,
}

/// A refund in the provider's books.
#[derive(Debug, Clone)]
pub struct RefundEntry {
    /// The provider's id.
    pub id: String,
    /// The provider's id of the payment.
    pub payment: String,
    /// The amount in minor units.
    pub amount: i64,
    /// `pending`, `succeeded` or `canceled`.
    pub status: &'static str,
}

/// Something that the provider has to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Such as `payment.succeeded`.
    pub event: String,
    /// The provider's id of the object.
    pub id: String,
}

/// A request that was answered, under its key.
#[derive(Debug, Clone)]
struct Known {
    path: String,
    body: Value,
    answer: (u16, Value),
    at: Timestamp,
}

/// The provider's books.
#[derive(Debug, Clone, Default)]
pub struct Provider {
    /// Payments in the order in which they began.
    pub payments: Vec<Entry>,
    /// Refunds in the order in which they were asked for.
    pub refunds: Vec<RefundEntry>,
    /// Notifications that no one has acknowledged.
    pub notices: VecDeque<Notice>,
    keys: BTreeMap<String, Known>,
}

/// An answer: the status and the body.
pub type Answer = (u16, Value);

/// The answer to a change of which the caller can't tell whether it was made, and which it does not send again at once.
pub fn unknown_outcome() -> Answer {
    (400, json!({"type": "error", "code": "invalid_request", "parameter": "Idempotence-Key"}))
}

/// The answer of a provider that does nothing now.
pub fn down() -> Answer {
    (403, json!({"type": "error", "code": "forbidden"}))
}

fn refused() -> Answer {
    (400, json!({"type": "error", "code": "invalid_request", "description": "It is refused."}))
}

fn missing() -> Answer {
    (404, json!({"type": "error", "code": "not_found"}))
}

impl Provider {
    /// Does what `request` asks for. `outcome` says what the provider decides where it has a choice.
    pub fn perform(&mut self, request: &ProviderRequest, now: Timestamp, outcome: Outcome) -> Answer {
        if request.method == "GET" {
            return self.read(request);
        }
        self.keys.retain(|_, known| now < known.at.plus(KEY_LIFETIME));
        if let Some(known) = self.keys.get(&request.key) {
            let same = known.path == request.path && known.body == request.body;
            return if same { known.answer.clone() } else { unknown_outcome() };
        }
        let answer = if outcome == Outcome::Refused { refused() } else { self.change(request, now, outcome) };
        let Known { .. } = self.keys.entry(request.key.clone()).or_insert_with(|| Known {
            path: request.path.clone(),
            body: request.body.clone(),
            answer: answer.clone(),
            at: now,
        });
        answer
    }

    fn read(&self, request: &ProviderRequest) -> Answer {
        let parts: Vec<&str> = request.path.split('/').collect();
        match parts.as_slice() {
            ["payments"] => {
                let (from, to) =
                    (self.bound(request, "created_at.gte"), self.bound(request, "created_at.lte"));
                let within = |entry: &&Entry| {
                    from.is_none_or(|from| from <= entry.created_at)
                        && to.is_none_or(|to| entry.created_at <= to)
                };
                list(self.payments.iter().filter(within).map(|entry| self.payment(entry)).collect())
            }
            ["refunds"] => {
                let payment = parameter(&request.query, "payment_id").unwrap_or_default();
                list(
                    self.refunds.iter().filter(|refund| refund.payment == payment).map(refund_body).collect(),
                )
            }
            ["payments", id] => {
                let found = self.payments.iter().find(|entry| entry.id == *id);
                found.map_or_else(missing, |entry| (200, self.payment(entry)))
            }
            ["refunds", id] => {
                let found = self.refunds.iter().find(|refund| refund.id == *id);
                found.map_or_else(missing, |refund| (200, refund_body(refund)))
            }
            _ => missing(),
        }
    }

    fn bound(&self, request: &ProviderRequest, name: &str) -> Option<Timestamp> {
        parameter(&request.query, name)?.parse().ok()
    }

    fn change(&mut self, request: &ProviderRequest, now: Timestamp, outcome: Outcome) -> Answer {
        let parts: Vec<&str> = request.path.split('/').collect();
        match parts.as_slice() {
            ["payments"] => self.start(&request.body, now, outcome),
            ["payments", id, "capture"] => {
                let amount = minor(&request.body["amount"]["value"]);
                self.turn(id, |entry| {
                    let takes = entry.status == PaymentStatus::Held && amount <= entry.asked;
                    takes.then(|| (entry.status, entry.captured) = (PaymentStatus::Succeeded, amount))
                })
            }
            ["payments", id, "cancel"] => self.turn(id, |entry| {
                (entry.status == PaymentStatus::Held).then(|| entry.status = PaymentStatus::Canceled)
            }),
            ["refunds"] => self.send_back(&request.body, outcome),
            _ => missing(),
        }
    }

    fn start(&mut self, body: &Value, now: Timestamp, outcome: Outcome) -> Answer {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let at_once = body["payment_token"].is_string() || body["payment_method_data"].is_object();
        let asked = minor(&body["amount"]["value"]);
        let mut entry = Entry {
            id: format!("p-{}", self.payments.len()),
            payment_id: text(&body["metadata"]["payment_id"]),
            order_number: text(&body["metadata"]["order_number"]),
            asked,
            captured: 0,
            status: PaymentStatus::Pending,
            decided_at: None,
            has_page: outcome == Outcome::Undecided || !at_once,
            two_steps: body["capture"] == json!(false),
            created_at: now,
        };
        match outcome {
            Outcome::Declined => entry.status = PaymentStatus::Canceled,
            _ if entry.has_page => {}
            _ => agree(&mut entry, now),
        }
        let notice = notice_of(&entry);
        let answer = (200, self.payment(&entry));
        self.payments.push(entry);
        self.notices.extend(notice);
        answer
    }

    fn turn(&mut self, id: &str, change: impl FnOnce(&mut Entry) -> Option<()>) -> Answer {
        let Some(place) = self.payments.iter().position(|entry| entry.id == id) else { return missing() };
        if change(&mut self.payments[place]).is_none() {
            return refused();
        }
        let notice = notice_of(&self.payments[place]);
        self.notices.extend(notice);
        (200, self.payment(&self.payments[place]))
    }

    fn send_back(&mut self, body: &Value, outcome: Outcome) -> Answer {
        let payment = body["payment_id"].as_str().unwrap_or_default().to_owned();
        let amount = minor(&body["amount"]["value"]);
        let Some(entry) = self.payments.iter().find(|entry| entry.id == payment) else { return missing() };
        if entry.status != PaymentStatus::Succeeded || self.sent(&payment) + amount > entry.captured {
            return refused();
        }
        let status = match outcome {
            Outcome::Undecided => "pending",
            Outcome::CalledOff => "canceled",
            _ => "succeeded",
        };
        let refund = RefundEntry { id: format!("r-{}", self.refunds.len()), payment, amount, status };
        let answer = (200, refund_body(&refund));
        if status == "succeeded" {
            self.notices.push_back(Notice { event: "refund.succeeded".to_owned(), id: refund.id.clone() });
        }
        self.refunds.push(refund);
        answer
    }

    /// What has gone back of a payment, or is on its way.
    pub fn sent(&self, payment: &str) -> i64 {
        let live = |refund: &&RefundEntry| refund.payment == payment && refund.status != "canceled";
        self.refunds.iter().filter(live).map(|refund| refund.amount).sum()
    }

    /// The place of a payment of one of the orders `numbers` whose payer has a page to decide on.
    pub fn on_page(&self, numbers: &[String]) -> Option<usize> {
        self.payments.iter().position(|entry| {
            entry.status == PaymentStatus::Pending && entry.has_page && numbers.contains(&entry.order_number)
        })
    }

    /// The payer decides.
    pub fn decide(&mut self, place: usize, pays: bool, now: Timestamp) {
        let Some(entry) = self.payments.get_mut(place) else { return };
        if pays {
            agree(entry, now);
        } else {
            entry.status = PaymentStatus::Canceled;
        }
        let notice = notice_of(entry);
        self.notices.extend(notice);
    }

    /// What the provider does by itself as time passes: payments that no payer decides end, and refunds are made.
    pub fn rest(&mut self, now: Timestamp) {
        for place in 0..self.payments.len() {
            let entry = &self.payments[place];
            if entry.status == PaymentStatus::Pending && entry.created_at.plus(PAGE_LIFETIME) <= now {
                self.decide(place, false, now);
            }
        }
        for refund in self.refunds.iter_mut().filter(|refund| refund.status == "pending") {
            refund.status = "succeeded";
            self.notices.push_back(Notice { event: "refund.succeeded".to_owned(), id: refund.id.clone() });
        }
    }

    /// The books as text, for telling states apart.
    pub fn text(&self) -> String {
        let keys = self.keys.iter().map(|(key, known)| (key, &known.path, &known.answer.1));
        let keys: Vec<_> = keys.collect();
        format!("{:?}\n{:?}\n{:?}\n{keys:?}", self.payments, self.refunds, self.notices)
    }

    fn payment(&self, entry: &Entry) -> Value {
        let amount = if entry.captured > 0 { entry.captured } else { entry.asked };
        let mut body = json!({
            "id": entry.id,
            "status": entry.status.name(),
            "amount": money(amount),
            "refunded_amount": money(self.sent(&entry.id)),
            "metadata": {"payment_id": entry.payment_id, "order_number": entry.order_number},
        });
        if entry.status == PaymentStatus::Pending {
            body["confirmation"] =
                json!({"type": "redirect", "confirmation_url": format!("https://pay.example/{}", entry.id)});
        }
        if entry.status == PaymentStatus::Canceled {
            body["cancellation_details"] = json!({"party": "payment_network", "reason": "general_decline"});
        }
        body
    }
}

/// The payer agrees.
fn agree(entry: &mut Entry, now: Timestamp) {
    entry.decided_at = Some(now);
    if entry.two_steps {
        entry.status = PaymentStatus::Held;
    } else {
        (entry.status, entry.captured) = (PaymentStatus::Succeeded, entry.asked);
    }
}

fn notice_of(entry: &Entry) -> Option<Notice> {
    let decided = entry.status != PaymentStatus::Pending;
    decided.then(|| Notice { event: format!("payment.{}", entry.status.name()), id: entry.id.clone() })
}

fn refund_body(refund: &RefundEntry) -> Value {
    json!({"id": refund.id, "payment_id": refund.payment, "status": refund.status, "amount": money(refund.amount)})
}

fn list(items: Vec<Value>) -> Answer {
    (200, json!({"type": "list", "items": items}))
}

fn money(amount: i64) -> Value {
    json!({"value": format!("{}.{:02}", amount / 100, amount % 100), "currency": "RUB"})
}

/// An amount such as `100.00` in minor units.
fn minor(value: &Value) -> i64 {
    let digits: String = value.as_str().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

/// A parameter of a query. Only colons are encoded in what the client sends.
fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.replace("%3A", ":"))
}
