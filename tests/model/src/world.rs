//! Everything outside of use cases: tables, provider, queues, time. And what was seen of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kernel::{Timestamp, UserId};
use serde_json::{Value, json};

use crate::digest::Trail;
use crate::effect::{Belated, Effect, Event, Outcome, Reply};
use crate::machine::Asked;
use crate::provider::{self, Provider};
use crate::tables::Tables;

/// The time at which every run begins, in milliseconds since 1970: 2035, so that no deadline of a run is over by the clock of this machine.
const OPENING_TIME: i64 = 2_051_222_400_000;

/// The use cases in which a client asks for a payment.
const CLIENTS: [&str; 3] = ["place", "check out", "pay"];

/// What a client was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The actor that asked.
    pub slot: usize,
    /// The use case.
    pub what: &'static str,
    /// Who asked, with which key, where the request may be sent again.
    pub asked: Option<Asked>,
    /// The body of the answer, or the kind and the code of the problem.
    pub outcome: Result<String, String>,
}

/// The world of a run.
pub struct World {
    /// DynamoDB.
    pub tables: Tables,
    /// The provider.
    pub provider: Provider,
    /// The time.
    pub now: Timestamp,
    /// Changes that are on their way.
    pub late: Vec<Belated>,
    /// Requests that were answered, in their order.
    pub answered: Vec<Answered>,
    /// Ids of payments that an operator was called for.
    pub operator: BTreeSet<String>,
    /// What must never happen and did: internal errors, and faults of the harness itself.
    pub defects: Vec<String>,
    /// Actors whose use case runs, and which.
    pub busy: BTreeMap<usize, &'static str>,
    /// Actors that have come to their end or died.
    pub gone: BTreeSet<usize>,
    /// What each actor has seen.
    pub trails: Vec<Trail>,
    /// Requests whose process died with its last write: they are done, and without a key a repeat is another request.
    pub unheard: usize,
    /// Events of refunds that were delivered, by the keys of their journal rows.
    pub delivered: BTreeSet<(String, String)>,
}

impl World {
    /// Around empty tables.
    pub fn new(tables: Tables) -> Self {
        Self {
            tables,
            provider: Provider::default(),
            now: Timestamp::from_millis(OPENING_TIME),
            late: Vec::new(),
            answered: Vec::new(),
            operator: BTreeSet::new(),
            defects: Vec::new(),
            busy: BTreeMap::new(),
            gone: BTreeSet::new(),
            trails: Vec::new(),
            unheard: 0,
            delivered: BTreeSet::new(),
        }
    }

    /// Begins another run, of `actors` actors.
    pub fn reset(&mut self, actors: usize) {
        if let Err(error) = self.tables.reset() {
            self.defects.push(format!("the tables could not be reset: {error}"));
            return;
        }
        self.provider = Provider::default();
        self.now = Timestamp::from_millis(OPENING_TIME);
        self.late.clear();
        self.answered.clear();
        self.operator.clear();
        self.defects.clear();
        self.busy.clear();
        self.gone.clear();
        self.trails = vec![Trail::default(); actors];
        self.unheard = 0;
        self.delivered.clear();
    }

    /// Does `effect`, asked for by the actor in `slot`, of which `outcome` becomes.
    pub fn perform(&mut self, slot: usize, effect: &Effect, outcome: Outcome) -> Reply {
        let reply = match effect {
            Effect::Aws { target, body } => self.aws(effect, target, body, outcome),
            Effect::Provider(_) => {
                self.only_clients_charge(slot, effect);
                self.ask_provider(effect, outcome)
            }
            Effect::Event(event) => Reply::Happened(self.happen(*event, outcome)),
        };
        if let Some(trail) = self.trails.get_mut(slot) {
            trail.saw(effect, outcome, &reply);
        }
        reply
    }

    fn aws(&mut self, effect: &Effect, target: &str, body: &Value, outcome: Outcome) -> Reply {
        match outcome {
            Outcome::NotDone | Outcome::Vanished | Outcome::DiesBefore => return Reply::Nothing,
            Outcome::Late => {
                self.late.push(Belated { effect: effect.clone(), sent_at: self.now });
                return Reply::Nothing;
            }
            _ => {}
        }
        let operation = target.rsplit('.').next().unwrap_or_default();
        let reply = match self.tables.perform(operation, body) {
            Ok(done) => Reply::Answer { status: done.status, body: done.body },
            Err(error) => {
                self.defects.push(format!("{operation}: {error}"));
                Reply::Nothing
            }
        };
        if matches!(outcome, Outcome::DiesBefore | Outcome::DiesAfter) && effect.is_last_of_a_request() {
            self.unheard += 1;
        }
        if outcome == Outcome::Lost { Reply::Nothing } else { reply }
    }

    /// S10: a payment that takes money at once begins because its client asks for it, and for no other reason.
    fn only_clients_charge(&mut self, slot: usize, effect: &Effect) {
        let Effect::Provider(request) = effect else { return };
        let charges = request.method == "POST"
            && request.path == "payments"
            && request.body["payment_token"].is_string();
        let what = self.busy.get(&slot).copied().unwrap_or_default();
        if charges && !CLIENTS.contains(&what) {
            self.defects.push(format!("S10: {what} begins a payment that takes money at once"));
        }
    }

    fn ask_provider(&mut self, effect: &Effect, outcome: Outcome) -> Reply {
        let Effect::Provider(request) = effect else { return Reply::Nothing };
        let (status, body) = match outcome {
            Outcome::NotDone | Outcome::DiesBefore => provider::down(),
            Outcome::Vanished => provider::unknown_outcome(),
            Outcome::Late => {
                self.late.push(Belated { effect: effect.clone(), sent_at: self.now });
                provider::unknown_outcome()
            }
            Outcome::Lost => {
                self.provider.perform(request, self.now, outcome);
                provider::unknown_outcome()
            }
            _ => self.provider.perform(request, self.now, outcome),
        };
        answer(status, body)
    }

    /// The change at `place` of those that are on their way arrives.
    pub fn arrive(&mut self, place: usize) {
        let Belated { effect, .. } = self.late.remove(place);
        match &effect {
            Effect::Aws { target, body } => {
                let _ = self.aws(&effect, target, body, Outcome::Lost);
            }
            Effect::Provider(request) => {
                self.provider.perform(request, self.now, Outcome::Done);
            }
            Effect::Event(_) => {}
        }
    }

    /// Whether `event` can happen now.
    pub fn can_happen(&self, slot: usize, event: Event) -> bool {
        let nobody_else = || self.busy.keys().all(|busy| *busy == slot);
        match event {
            Event::OrderIsThere(user) => self.order_of(user).is_some(),
            Event::Repeats(of) => self.gone.contains(&of) && !self.is_answered(of),
            Event::Pays(user) | Event::Declines(user) => {
                self.provider.on_page(&self.numbers_of(user)).is_some()
            }
            Event::Notifies => !self.provider.notices.is_empty(),
            Event::TimeIsOver(user) => {
                nobody_else() && self.order_of(user).is_some_and(|order| order["expiresAt"].is_string())
            }
            Event::Passes(_) => nobody_else(),
            Event::RefundBegan => self.refund_event().is_some(),
        }
    }

    fn happen(&mut self, event: Event, outcome: Outcome) -> Value {
        match event {
            Event::OrderIsThere(user) => self.order_of(user).cloned().unwrap_or(Value::Null),
            Event::Pays(user) | Event::Declines(user) => {
                if let Some(place) = self.provider.on_page(&self.numbers_of(user)) {
                    self.provider.decide(place, matches!(event, Event::Pays(_)), self.now);
                }
                Value::Null
            }
            Event::Notifies => {
                let notice = self.provider.notices.pop_front().filter(|_| outcome == Outcome::Done);
                notice.map_or(Value::Null, |notice| json!({"event": notice.event, "id": notice.id}))
            }
            Event::TimeIsOver(user) => {
                let due = self.order_of(user).and_then(|order| order["expiresAt"].as_str()?.parse().ok());
                self.pass_to(due.unwrap_or(self.now));
                self.order_of(user).cloned().unwrap_or(Value::Null)
            }
            Event::Repeats(_) => Value::Null,
            Event::Passes(time) => {
                self.pass_to(self.now.plus(time));
                Value::Null
            }
            Event::RefundBegan => {
                let Some((key, payment)) = self.refund_event() else { return Value::Null };
                self.delivered.insert(key);
                if outcome == Outcome::Done { payment } else { Value::Null }
            }
        }
    }

    /// Lets time pass up to `until`. What was on its way by now has arrived or never does: a request is not under way for so long.
    pub fn pass_to(&mut self, until: Timestamp) {
        while !self.late.is_empty() {
            self.arrive(0);
        }
        self.now = self.now.max(until).plus(Duration::from_millis(1));
    }

    fn is_answered(&self, slot: usize) -> bool {
        self.answered.iter().any(|answered| answered.slot == slot && answered.outcome.is_ok())
    }

    /// The newest order of `user`.
    pub fn order_of(&self, user: UserId) -> Option<&Value> {
        let user = json!(user);
        let own = self.orders().filter(|order| order["userId"] == user);
        own.max_by_key(|order| order["number"].as_u64())
    }

    /// Every order.
    pub fn orders(&self) -> impl Iterator<Item = &Value> {
        self.tables.of("OrdersTable").map(|(_, item)| item).filter(|item| item["number"].is_number())
    }

    /// Every payment as the merchant has it.
    pub fn payments(&self) -> impl Iterator<Item = &Value> {
        let payments = self.tables.of("PaymentsTable").filter(|((_, _, sk), _)| sk == "PAYMENT");
        payments.map(|(_, item)| item)
    }

    /// Events of the journal, aggregate by aggregate in their order.
    pub fn journal(&self) -> impl Iterator<Item = (&(String, String, String), &Value)> {
        self.tables.of("JournalTable").map(|(key, item)| (key, &item["event"]))
    }

    fn numbers_of(&self, user: UserId) -> Vec<String> {
        let user = json!(user);
        self.orders()
            .filter(|order| order["userId"] == user)
            .map(|order| order["number"].to_string())
            .collect()
    }

    /// The first event of a refund that was not delivered: the key of its row, and the payment.
    fn refund_event(&self) -> Option<((String, String), Value)> {
        let begun = self.journal().filter(|(_, event)| event["type"] == "payments.refund_started");
        let mut begun =
            begun.map(|((_, pk, sk), event)| ((pk.clone(), sk.clone()), &event["data"]["paymentId"]));
        begun.find(|(key, _)| !self.delivered.contains(key)).map(|(key, payment)| (key, payment.clone()))
    }
}

fn answer(status: u16, body: Value) -> Reply {
    Reply::Answer { status, body: body.to_string() }
}
