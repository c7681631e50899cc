//! Payers who act by themselves, and payments and refunds that are decided by themselves.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::books::{Decision, RefundDecision};
use crate::dice::{Chance, Dice};
use crate::misbehaviour::Misbehaviour;
use crate::refusal::Refusal;
use crate::script::Subject;
use crate::state::State;
use crate::webhooks;

/// What a payer does with a payment that waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Pay,
    Decline,
    /// The payer leaves. The payment stays `pending` until its time is over: an hour for a bank card
    /// (yookassa.ru/developers/payment-acceptance/getting-started/payment-process), here until the stub settles.
    Abandon,
}

impl Act {
    pub(crate) const ALL: [Self; 3] = [Self::Pay, Self::Decline, Self::Abandon];
}

/// The chances of each act, at most 1000 together; with the chance that is left, a payer waits for a person or `decide`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub(crate) struct Payers {
    pay: Chance,
    decline: Chance,
    abandon: Chance,
    /// The longest time until a payer acts, in milliseconds.
    after_ms: u64,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Unchecked {
    pay: Chance,
    decline: Chance,
    abandon: Chance,
    after_ms: u64,
}

impl TryFrom<Unchecked> for Payers {
    type Error = String;

    fn try_from(unchecked: Unchecked) -> Result<Self, Self::Error> {
        let Unchecked { pay, decline, abandon, after_ms } = unchecked;
        let sum: u32 = [pay, decline, abandon].into_iter().map(|chance| u32::from(u16::from(chance))).sum();
        Chance::try_from(u16::try_from(sum).unwrap_or(u16::MAX))
            .map_err(|error| format!("payers together: {error}"))?;
        Ok(Self { pay, decline, abandon, after_ms })
    }
}

impl Payers {
    /// Draws what a payer does; `None` for one who waits.
    pub(crate) fn draw(&self, dice: &mut Dice) -> Option<Act> {
        dice.weigh(&[(Act::Pay, self.pay), (Act::Decline, self.decline), (Act::Abandon, self.abandon)])
    }

    /// The longest time until a payer acts.
    pub(crate) fn after(&self) -> Duration {
        Duration::from_millis(self.after_ms)
    }
}

/// A payment or refund that a call has made.
pub(crate) struct Made {
    /// As it was first answered.
    pub(crate) object: Value,
    /// Whether it stays undecided for a time.
    pub(crate) stays_pending: bool,
}

/// Registers a new payment or refund, and has it decided in time where someone will decide it by themselves.
pub(crate) fn attend(state: &Arc<State>, made: Made) {
    let Made { object, stays_pending } = made;
    let id = object["id"].as_str().unwrap_or_default().to_owned();
    let pending = object["status"] == "pending";
    let is_refund = object["payment_id"].is_string();
    state.temper().register(&id, object);
    if !pending {
        return;
    }
    let payer_confirms = state.books().payment(&id).is_ok_and(|payment| payment.confirmed_by_payer);
    if payer_confirms {
        await_payer(state, id, stays_pending);
    } else if stays_pending {
        let mut temper = state.temper();
        temper.count(Misbehaviour::StayPending);
        let dice = temper.dice_of(&id);
        let decided = if is_refund {
            Decided::Refund(dice.pick([RefundDecision::Succeed, RefundDecision::Cancel]))
        } else {
            Decided::Payment(dice.pick([Decision::Pay, Decision::Decline]))
        };
        drop(temper);
        decide_in_time(state, Undecided { id, decided, after: Duration::ZERO, hangs: true, act: None });
    }
}

/// Draws what the payer does with a payment that waits for them.
fn await_payer(state: &Arc<State>, id: String, stays_pending: bool) {
    let Some((act, after)) = state.temper().payer_of(&id) else { return };
    let decision = match act {
        Act::Pay => Decision::Pay,
        Act::Decline => Decision::Decline,
        Act::Abandon => {
            let mut temper = state.temper();
            temper.abandon(&id);
            temper.count_act(act);
            return;
        }
    };
    if stays_pending {
        state.temper().count(Misbehaviour::StayPending);
    }
    let decided = Decided::Payment(decision);
    decide_in_time(state, Undecided { id, decided, after, hangs: stays_pending, act: Some(act) });
}

/// A decision to come.
#[derive(Clone, Copy)]
pub(crate) enum Decided {
    Payment(Decision),
    Refund(RefundDecision),
}

/// A payment or refund that will be decided by itself.
struct Undecided {
    id: String,
    decided: Decided,
    /// The time until the payer acts.
    after: Duration,
    /// Whether it stays undecided for some time after that.
    hangs: bool,
    act: Option<Act>,
}

/// Decides it when its time is over, unless it is decided before.
fn decide_in_time(state: &Arc<State>, undecided: Undecided) {
    let (state, timer) = (Arc::clone(state), state.activity.timer());
    let calmed = state.activity.calmed();
    let pending = state.temper().pending_time();
    tokio::spawn(async move {
        state.activity.rest(undecided.after).await;
        if undecided.hangs {
            state.activity.hang(pending, calmed).await;
        }
        let decided = decide(&state, &undecided.id, undecided.decided);
        if let (Ok(()), Some(act)) = (decided, undecided.act) {
            state.temper().count_act(act);
        }
        drop(timer);
    });
}

/// Decides now, and notifies the merchant.
pub(crate) fn decide(state: &Arc<State>, id: &str, decided: Decided) -> Result<(), Refusal> {
    let answer = match decided {
        Decided::Payment(decision) => state.books().decide(id, decision, None),
        Decided::Refund(decision) => state.books().decide_refund(id, decision),
    }?;
    webhooks::announce(state, answer.events, &Subject::default());
    Ok(())
}
