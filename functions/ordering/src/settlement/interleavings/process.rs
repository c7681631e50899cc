//! The functions that run, one step at a time: each reads, calls the provider, or writes, and anything may happen in between. A process that is
//! dropped has crashed.

use kernel::{RefundId, Timestamp};
use payments::payment::refund::RefundOutcome;
use payments::payment::{Failure, Outcome, Payment, State};
use payments::provider::{PaymentReference, RefundReference};

use super::provider::{RefundStatus, Status};
use super::world::{Purchase, World};
use crate::settlement::Cancelling;
use crate::settlement::decision::{
    attempt_given_up, decide_cancellation, given_up_watching, refund_answered, refund_requested, settled,
};
use crate::settlement::fixtures::roubles;

#[derive(Debug, Clone)]
pub(super) enum Process {
    /// Begins the payment at the provider.
    Start(usize),
    /// Reads the payment back and applies its state.
    LookAt(usize),
    /// Captures authorized money, or voids it, as the payment was when it was read.
    Capture { who: usize, take: bool },
    /// Requests the provider to take no more money.
    Close(usize),
    /// Writes the provider's decision; with the state that was read, once it was, and the availability of goods then.
    Settle { who: usize, outcome: Outcome, read: Option<(Box<Purchase>, bool)> },
    /// Cancels the order.
    Cancel { who: usize, how: Cancelling, read: Option<Box<Purchase>> },
    /// Cancels the pending attempt.
    GiveUpAttempt { who: usize, read: Option<Box<Purchase>> },
    /// Sends every refund of the payment that is under way.
    SendAll(usize),
    /// Requests one refund; the provider's response is in `answered` once it was given.
    Send { who: usize, refund: RefundId, read: Box<Purchase>, answered: Option<RefundOutcome> },
    /// An operator requests a refund.
    Request { who: usize, id: RefundId, amount: i64, read: Option<Box<Purchase>> },
    /// Records the time of the next poll, or that there is none.
    WatchOn { who: usize, read: Box<Purchase> },
}

impl Process {
    /// Makes one step; returns the processes that continue.
    pub(super) fn step(self, world: &mut World, refunds: RefundStatus) -> Vec<Self> {
        match self {
            Self::Start(who) => {
                if world.purchases[who].payment.start().is_none() {
                    return Vec::new();
                }
                let status = world.provider.start(who);
                seen(world, who, status)
            }
            Self::LookAt(who) => look(world, who),
            Self::Capture { who, take } => {
                let status = if take { world.provider.capture(who) } else { world.provider.cancel(who) };
                status.map(|status| seen(world, who, status)).unwrap_or_default()
            }
            Self::Close(who) => {
                let status = world.provider.cancel(who);
                status.map(|status| seen(world, who, status)).unwrap_or_default()
            }
            Self::Settle { who, outcome, read } => settle(world, who, outcome, read),
            Self::Cancel { who, how, read } => cancel(world, who, how, read),
            Self::GiveUpAttempt { who, read } => give_up_attempt(world, who, read),
            Self::SendAll(who) => send_all(&world.purchases[who], who, world.time()),
            Self::Send { who, refund, read, answered } => send(world, who, refund, read, answered, refunds),
            Self::Request { who, id, amount, read } => request(world, who, id, amount, read),
            Self::WatchOn { who, read } => {
                watch_on(world, who, &read);
                Vec::new()
            }
        }
    }
}

/// Applies the provider's view, as [`crate::settlement::Settlement::apply_provider_status`] does.
fn seen(world: &mut World, who: usize, status: Status) -> Vec<Process> {
    let payment = world.purchases[who].payment.clone();
    let settle = |outcome| vec![Process::Settle { who, outcome, read: None }];
    match status {
        Status::Pending => {
            let given_up = matches!(payment.state, State::Failed { closed: false, .. });
            if payment.reference.is_none() {
                world.note(who, payment.known_as(Some(&named(who))));
            }
            if given_up && world.provider.gives_up_pending { vec![Process::Close(who)] } else { Vec::new() }
        }
        Status::Held(amount) => {
            let take = payment.state == State::Pending && roubles(amount) == payment.amount;
            vec![Process::Capture { who, take }]
        }
        Status::Paid(amount) => settle(Outcome::Succeeded(roubles(amount))),
        Status::Gone => settle(Outcome::Failed(Failure::coded("gone"))),
    }
}

fn look(world: &mut World, who: usize) -> Vec<Process> {
    let payment = &world.purchases[who].payment;
    match payment.state {
        State::Captured { .. } => vec![Process::SendAll(who)],
        State::Failed { closed: true, .. } => Vec::new(),
        State::Pending | State::Failed { .. } => match world.provider.find(who) {
            Some(status) => seen(world, who, status),
            None => resume(world, who),
        },
    }
}

/// Handles a payment that the provider does not have, as [`crate::settlement::Settlement::sync_from_provider`] does.
fn resume(world: &mut World, who: usize) -> Vec<Process> {
    let Purchase { order, payment, .. } = world.purchases[who].clone();
    let now = world.time();
    match payment.state {
        State::Pending if !payment.method.charges_at_once() && payment.key_is_known(now) => {
            let waits = order.expires_at().is_some_and(|due| now < due);
            if waits { vec![Process::Start(who)] } else { Vec::new() }
        }
        State::Failed { closed: false, .. } if payment.sending_is_over(now) => {
            if let Some(closed) = payment.closed() {
                world.note(who, closed);
            }
            Vec::new()
        }
        State::Pending | State::Failed { .. } | State::Captured { .. } => Vec::new(),
    }
}

fn settle(
    world: &mut World,
    who: usize,
    outcome: Outcome,
    read: Option<(Box<Purchase>, bool)>,
) -> Vec<Process> {
    let again = |outcome| vec![Process::Settle { who, outcome, read: None }];
    let Some((read, in_stock)) = read else {
        let read = Some((Box::new(world.purchases[who].clone()), world.available > 0));
        return vec![Process::Settle { who, outcome, read }];
    };
    let payment = read.payment.clone().known_as(Some(&named(who)));
    let (order, on_decline) = (read.order.clone(), world.on_decline);
    let decided = settled(order, payment.clone(), &outcome, in_stock, on_decline, world.time()).unwrap();
    if decided.is_nothing() {
        if let (Outcome::Failed(_), Some(closed)) = (&outcome, payment.closed()) {
            world.note(who, closed);
        }
        return vec![Process::SendAll(who)];
    }
    if world.commit(who, &read, &decided) { vec![Process::SendAll(who)] } else { again(outcome) }
}

fn cancel(world: &mut World, who: usize, how: Cancelling, read: Option<Box<Purchase>>) -> Vec<Process> {
    let Some(read) = read else {
        let read = Some(Box::new(world.purchases[who].clone()));
        return vec![Process::Cancel { who, how, read }];
    };
    let Ok(decided) = decide_cancellation(&read.order, Some(read.payment.clone()), &how, world.time()) else {
        return Vec::new();
    };
    if !world.commit(who, &read, &decided) {
        return vec![Process::Cancel { who, how, read: None }];
    }
    match (&read.payment.state, &read.payment.reference) {
        (State::Pending, Some(_)) => vec![Process::Close(who)],
        (State::Captured { .. }, _) => vec![Process::SendAll(who)],
        (State::Pending, None) | (State::Failed { .. }, _) => Vec::new(),
    }
}

fn give_up_attempt(world: &mut World, who: usize, read: Option<Box<Purchase>>) -> Vec<Process> {
    let Some(read) = read else {
        let read = Some(Box::new(world.purchases[who].clone()));
        return vec![Process::GiveUpAttempt { who, read }];
    };
    let decided = attempt_given_up(read.order.clone(), read.payment.clone(), world.time()).unwrap();
    if decided.is_nothing() {
        return Vec::new();
    }
    if !world.commit(who, &read, &decided) {
        return vec![Process::GiveUpAttempt { who, read: None }];
    }
    read.payment.reference.as_ref().map(|_| Process::Close(who)).into_iter().collect()
}

fn send_all(read: &Purchase, who: usize, now: Timestamp) -> Vec<Process> {
    let pending = read.payment.refunds().iter().filter(|refund| refund.is_due(now));
    let send = |id| Process::Send { who, refund: id, read: Box::new(read.clone()), answered: None };
    pending.map(|refund| send(refund.id)).collect()
}

fn send(
    world: &mut World,
    who: usize,
    id: RefundId,
    read: Box<Purchase>,
    answered: Option<RefundOutcome>,
    decided: RefundStatus,
) -> Vec<Process> {
    let Some(refund) = read.payment.refund(id).filter(|refund| refund.is_due(world.time())) else {
        return Vec::new();
    };
    let reference = RefundReference::try_from("r".to_owned()).unwrap();
    let Some(outcome) = answered else {
        let answered = match world.provider.refund(who, refund.key(), refund.amount, decided) {
            RefundStatus::Pending => RefundOutcome::Pending(reference),
            RefundStatus::Sent => RefundOutcome::Succeeded(Some(reference)),
            RefundStatus::NotSent => RefundOutcome::Canceled(Failure::coded("no")),
        };
        return vec![Process::Send { who, refund: id, read, answered: Some(answered) }];
    };
    let answer =
        refund_answered(read.order.clone(), read.payment.clone(), id, &outcome, world.time()).unwrap();
    if answer.is_nothing() || world.commit(who, &read, &answer) {
        return Vec::new();
    }
    let read = Box::new(world.purchases[who].clone());
    vec![Process::Send { who, refund: id, read, answered: None }]
}

fn request(
    world: &mut World,
    who: usize,
    id: RefundId,
    amount: i64,
    read: Option<Box<Purchase>>,
) -> Vec<Process> {
    let Some(read) = read else {
        let read = Some(Box::new(world.purchases[who].clone()));
        return vec![Process::Request { who, id, amount, read }];
    };
    let decided = refund_requested(read.order.clone(), read.payment.clone(), id, amount, world.time());
    let Ok(decided) = decided else { return Vec::new() };
    if world.commit(who, &read, &decided) {
        return vec![Process::SendAll(who)];
    }
    vec![Process::Request { who, id, amount, read: None }]
}

fn watch_on(world: &mut World, who: usize, read: &Purchase) {
    let stored = world.purchases[who].clone();
    let Some(watch) = stored.payment.watch.filter(|watch| Some(*watch) == read.payment.watch) else { return };
    if let Some(later) = watch.after_look(world.time()) {
        world.note(who, Payment { watch: Some(later), ..stored.payment });
        return;
    }
    let decided = given_up_watching(stored.order.clone(), stored.payment.clone(), world.time()).unwrap();
    world.commit(who, &stored, &decided);
}

fn named(who: usize) -> PaymentReference {
    PaymentReference::try_from(format!("p-{who}")).unwrap()
}
