//! The temper: what goes wrong by itself, how often, and what has.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dice::{Chance, Dice};
use crate::misbehaviour::Misbehaviour;
use crate::payers::{Act, Payers};
use crate::script::{Effect, Operation};

/// How long an outage lasts unless stated otherwise.
const OUTAGE_MS: u64 = 2_000;
/// How long an object's first answer is repeated unless stated otherwise.
const STALE_MS: u64 = 5_000;
/// The age at which a key is forgotten unless stated otherwise: 24 hours (yookassa.ru/developers/using-api/interaction-format, "Idempotence").
const KEY_MS: u64 = 24 * 60 * 60 * 1_000;
/// How late notifications and answers are unless stated otherwise.
const LATE_MS: u64 = 1_000;
const DELAY_MS: u64 = 500;

/// `POST /control/temper`. Without chances and payers it is calm.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    seed: u64,
    chances: BTreeMap<Misbehaviour, Chance>,
    /// Without it, only people and `decide` act for payers.
    payers: Option<Payers>,
    /// How long a payment or refund stays undecided; until calm without it.
    pending_ms: Option<u64>,
    outage_ms: Option<u64>,
    stale_ms: Option<u64>,
    key_ms: Option<u64>,
    late_ms: Option<u64>,
    delay_ms: Option<u64>,
}

impl Settings {
    fn is_calm(&self) -> bool {
        self.payers.is_none() && self.chances.values().all(|chance| *chance == Chance::default())
    }
}

/// How calls fail while the provider is out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outage {
    /// 500 in the API's own form.
    InternalError,
    /// 503 from something in front of the API, as HTML.
    Unavailable,
    /// The connection ends without an answer.
    NoAnswer,
}

/// How one notification is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dispatch {
    pub(crate) copies: u32,
    pub(crate) after: Duration,
    pub(crate) fate: DispatchFate,
}

/// What becomes of a notification that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DispatchFate {
    Sent,
    /// It waits until it is released.
    Held,
    /// It waits for the next one about the same payment, this long at most.
    Overtaken {
        at_most: Duration,
    },
    Lost,
}

impl Dispatch {
    /// At once and once.
    pub(crate) const USUAL: Self = Self { copies: 1, after: Duration::ZERO, fate: DispatchFate::Sent };
}

/// The state of the temper.
#[derive(Default)]
pub(crate) struct Temper {
    settings: Settings,
    dice: Dice,
    /// Each payment and refund has dice of its own: what happens to it does not depend on the order in which timers end.
    objects: HashMap<String, Dice>,
    counts: BTreeMap<Misbehaviour, u64>,
    payer_acts: BTreeMap<Act, u64>,
    outage: Option<(Instant, Outage)>,
    /// Until when the first answer about an object is repeated.
    stale: HashMap<String, Instant>,
    first_answers: HashMap<String, Value>,
    abandoned: HashSet<String>,
    /// Payments whose next notification overtakes the last one.
    awaited: HashSet<String>,
}

impl Temper {
    /// Takes new settings, and ends outages and repeated first answers. Counts begin again unless the settings calm it.
    pub(crate) fn set(&mut self, settings: Settings) {
        if !settings.is_calm() {
            self.counts.clear();
            self.payer_acts.clear();
        }
        self.dice = Dice::new(settings.seed);
        self.settings = settings;
        self.end_episodes();
    }

    /// Ends outages and repeated first answers.
    pub(crate) fn end_episodes(&mut self) {
        self.outage = None;
        self.stale.clear();
    }

    /// Calms it, with the seed that it has.
    pub(crate) fn calm(&mut self) {
        self.set(Settings { seed: self.settings.seed, ..Settings::default() });
    }

    /// Returns whether nothing goes wrong by itself.
    pub(crate) fn is_calm(&self) -> bool {
        self.settings.is_calm()
    }

    /// Returns the settings and the counts by name; every name has one.
    pub(crate) fn report(&self) -> Value {
        let of = |misbehaviour| (misbehaviour, self.counts.get(&misbehaviour).copied().unwrap_or_default());
        let counts: BTreeMap<Misbehaviour, u64> = Misbehaviour::ALL.into_iter().map(of).collect();
        let acts = |act| (act, self.payer_acts.get(&act).copied().unwrap_or_default());
        let payers: BTreeMap<Act, u64> = Act::ALL.into_iter().map(acts).collect();
        json!({"calm": self.is_calm(), "settings": self.settings, "counts": counts, "payers": payers})
    }

    /// Counts a misbehaviour that has happened.
    pub(crate) fn count(&mut self, misbehaviour: Misbehaviour) {
        *self.counts.entry(misbehaviour).or_default() += 1;
    }

    /// Counts what a payer did.
    pub(crate) fn count_act(&mut self, act: Act) {
        *self.payer_acts.entry(act).or_default() += 1;
    }

    /// Draws what strikes a call. Each call draws the same number of times, regardless of the time and the calls before: the same calls in a row are
    /// struck alike.
    pub(crate) fn plan(&mut self, operation: Operation) -> BTreeSet<Misbehaviour> {
        let strikes = |(misbehaviour, chance): (&Misbehaviour, &Chance)| {
            let strikes = misbehaviour.strikes(operation) && self.dice.strikes(*misbehaviour, *chance);
            strikes.then_some(*misbehaviour)
        };
        self.settings.chances.iter().filter_map(strikes).collect()
    }

    /// Returns how this call fails by an outage: one that is under way, or one that it begins or prolongs.
    pub(crate) fn outage(&mut self, plan: &BTreeSet<Misbehaviour>) -> Option<Outage> {
        let now = Instant::now();
        if plan.contains(&Misbehaviour::Outage) {
            let kind = self.dice.pick([Outage::InternalError, Outage::Unavailable, Outage::NoAnswer]);
            self.outage = Some((now + millis(self.settings.outage_ms, OUTAGE_MS), kind));
            self.count(Misbehaviour::Outage);
            return Some(kind);
        }
        self.outage.filter(|(until, _)| now < *until).map(|(_, kind)| kind)
    }

    /// Returns the effect on the whole call; the first of several.
    pub(crate) fn effect(&mut self, plan: &BTreeSet<Misbehaviour>) -> Option<Effect> {
        let delay = self.settings.delay_ms.unwrap_or(DELAY_MS);
        let (misbehaviour, effect) = plan.iter().find_map(|struck| Some((*struck, struck.effect(delay)?)))?;
        self.count(misbehaviour);
        Some(effect)
    }

    /// The age at which keys are forgotten.
    pub(crate) fn key_age(&self) -> Duration {
        millis(self.settings.key_ms, KEY_MS)
    }

    /// How long something stays undecided; until calm for `None`.
    pub(crate) fn pending_time(&self) -> Option<Duration> {
        self.settings.pending_ms.map(Duration::from_millis)
    }

    /// Takes note of a new payment or refund, as it was first answered.
    pub(crate) fn register(&mut self, object: &str, first_answer: Value) {
        let dice = Dice::new(self.dice.seed());
        self.objects.insert(object.to_owned(), dice);
        self.first_answers.insert(object.to_owned(), first_answer);
    }

    /// The dice of a payment or refund.
    pub(crate) fn dice_of(&mut self, object: &str) -> &mut Dice {
        self.objects.entry(object.to_owned()).or_default()
    }

    /// Draws what the payer of a payment does, and after what time.
    pub(crate) fn payer_of(&mut self, payment: &str) -> Option<(Act, Duration)> {
        let payers = self.settings.payers?;
        let dice = self.dice_of(payment);
        let act = payers.draw(dice)?;
        let after = dice.up_to(payers.after());
        Some((act, after))
    }

    /// The payer of a payment has left it.
    pub(crate) fn abandon(&mut self, payment: &str) {
        self.abandoned.insert(payment.to_owned());
    }

    pub(crate) fn is_abandoned(&self, payment: &str) -> bool {
        self.abandoned.contains(payment)
    }

    /// Returns the answer to a GET: the current one, or the first one that was ever given.
    pub(crate) fn answer_to_get(
        &mut self,
        plan: &BTreeSet<Misbehaviour>,
        object: &str,
        current: Value,
    ) -> Value {
        let now = Instant::now();
        if plan.contains(&Misbehaviour::RepeatFirstAnswer) {
            self.stale.insert(object.to_owned(), now + millis(self.settings.stale_ms, STALE_MS));
        }
        if self.stale.get(object).is_none_or(|until| *until <= now) {
            return current;
        }
        match self.first_answers.get(object).cloned() {
            Some(first) if first != current => {
                self.count(Misbehaviour::RepeatFirstAnswer);
                first
            }
            _ => current,
        }
    }

    /// Draws how a notification about `object` is sent, which is `payment` or a refund of it.
    pub(crate) fn dispatch(&mut self, object: &str, payment: &str) -> Dispatch {
        let chances = &self.settings.chances;
        let dice = self.objects.entry(object.to_owned()).or_default();
        let mut struck = |misbehaviour| {
            let chance = chances.get(&misbehaviour).copied().unwrap_or_default();
            dice.strikes(misbehaviour, chance)
        };
        let lost = struck(Misbehaviour::LostNotification);
        let overtaken = struck(Misbehaviour::ReorderedNotification);
        let late = struck(Misbehaviour::LateNotification);
        let twice = struck(Misbehaviour::DuplicateNotification);
        let late_by = millis(self.settings.late_ms, LATE_MS);
        if lost {
            self.count(Misbehaviour::LostNotification);
            return Dispatch { fate: DispatchFate::Lost, ..Dispatch::USUAL };
        }
        // The one after a notification that waits does not wait itself: it overtakes.
        let overtakes = self.awaited.remove(payment);
        if overtaken && !overtakes {
            self.awaited.insert(payment.to_owned());
            self.count(Misbehaviour::ReorderedNotification);
            return Dispatch { fate: DispatchFate::Overtaken { at_most: late_by }, ..Dispatch::USUAL };
        }
        let mut dispatch = Dispatch::USUAL;
        if late {
            self.count(Misbehaviour::LateNotification);
            dispatch.after = late_by;
        }
        if twice {
            self.count(Misbehaviour::DuplicateNotification);
            dispatch.copies = 2;
        }
        dispatch
    }
}

fn millis(set: Option<u64>, usual: u64) -> Duration {
    Duration::from_millis(set.unwrap_or(usual))
}
