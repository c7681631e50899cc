//! Invariants that hold in any order of events: random interleavings of everything that moves money, on the real decisions.
//!
//! Two orders compete for the same goods. Functions run a step at a time, side by side, on state that was read a while ago; they crash between any
//! two steps; messages come late, twice and out of order; responses are lost. In the end everything still under way crashes, and only the background
//! work continues: the expiry sweep, the consumer of refunds that were begun, and the polls of what is undecided. Then the ledger has to balance.

mod process;
mod provider;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;

use kernel::RefundId;
use orders::Status as OrderStatus;
use payments::payment::Payment;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::process::Process;
use self::provider::{Provider, RefundStatus};
use self::world::{Held, Purchase, TOTAL, WINDOW, World};
use super::Cancelling;
use super::on_decline::OnDecline;

/// The number of interleavings that are tried.
const SEQUENCES: u32 = 10_000;
/// The most events in one of them.
const MAX_STEPS: usize = 60;
const ORDERS: usize = 2;
/// Polls in which everything has to come to rest.
const MAX_POLLS: usize = 24;

/// An event.
#[derive(Debug, Clone)]
enum Action {
    Start(usize),
    /// The payer agrees, to what the order costs or, as it never should be, to something else.
    Pays(usize, bool),
    Declines(usize),
    /// A message from the provider, true or made up: it only triggers a read of the payment.
    Message(usize),
    Cancels(usize, bool),
    /// The payer cancels the pending attempt.
    GivesUp(usize),
    TimeIsOver(usize),
    WantsRefund(usize, i64),
    Confirms(usize),
    Looks(usize),
    ConsumesRefund(usize),
    Steps(usize, RefundStatus),
    Crashes(usize),
    OthersBuy,
    OthersReturn,
    RefundsDecided(bool),
    TimePasses(i64),
}

fn action() -> impl Strategy<Value = Action> {
    let who = 0..ORDERS;
    let refunds = prop_oneof![4 => Just(RefundStatus::Sent), 2 => Just(RefundStatus::Pending), 1 => Just(RefundStatus::NotSent)];
    prop_oneof![
        3 => who.clone().prop_map(Action::Start),
        4 => (who.clone(), prop::bool::weighted(0.9)).prop_map(|(who, exact)| Action::Pays(who, exact)),
        1 => who.clone().prop_map(Action::Declines),
        4 => who.clone().prop_map(Action::Message),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, operator)| Action::Cancels(who, operator)),
        1 => who.clone().prop_map(Action::GivesUp),
        2 => who.clone().prop_map(Action::TimeIsOver),
        2 => (who.clone(), prop_oneof![1..TOTAL, Just(TOTAL)]).prop_map(|(who, amount)| Action::WantsRefund(who, amount)),
        1 => who.clone().prop_map(Action::Confirms),
        2 => who.clone().prop_map(Action::Looks),
        1 => who.prop_map(Action::ConsumesRefund),
        24 => (0_usize..8, refunds).prop_map(|(place, refunds)| Action::Steps(place, refunds)),
        2 => (0_usize..8).prop_map(Action::Crashes),
        1 => Just(Action::OthersBuy),
        1 => Just(Action::OthersReturn),
        1 => any::<bool>().prop_map(Action::RefundsDecided),
        1 => (1_i64..2_000).prop_map(Action::TimePasses),
    ]
}

/// The start of a sequence, and its events.
#[derive(Debug, Clone)]
struct Scenario {
    /// The orders that are paid before anything else happens.
    paid: Vec<bool>,
    spare: u32,
    gives_up_pending: bool,
    two_steps: bool,
    keeps_declined: bool,
    happenings: Vec<Action>,
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let happenings = prop::collection::vec(action(), 1..MAX_STEPS);
    let paid = prop::collection::vec(any::<bool>(), ORDERS);
    (paid, 0_u32..2, any::<bool>(), any::<bool>(), any::<bool>(), happenings).prop_map(
        |(paid, spare, gives_up_pending, two_steps, keeps_declined, happenings)| Scenario {
            paid,
            spare,
            gives_up_pending,
            two_steps,
            keeps_declined,
            happenings,
        },
    )
}

fn happen(world: &mut World, running: &mut Vec<Process>, action: Action, number: usize) {
    match action {
        Action::Start(who) => running.push(Process::Start(who)),
        Action::Pays(who, exact) => world.provider.pay(who, if exact { TOTAL } else { TOTAL - 1 }),
        Action::Declines(who) => world.provider.decline(who),
        Action::Message(who) => running.push(Process::LookAt(who)),
        Action::Cancels(who, operator) => {
            let how = if operator { Cancelling::ByOperator(None) } else { Cancelling::ByOwner(None) };
            running.push(Process::Cancel { who, how, read: None });
        }
        Action::GivesUp(who) => running.push(Process::GiveUpAttempt { who, read: None }),
        Action::TimeIsOver(who) => {
            world.now = world.now.max(WINDOW);
            running.push(Process::Cancel { who, how: Cancelling::Expired, read: None });
        }
        Action::WantsRefund(who, amount) => {
            let id = RefundId::derived(&format!("asked/{number}"));
            running.push(Process::Request { who, id, amount, read: None });
        }
        Action::Confirms(who) => {
            let purchase = &mut world.purchases[who];
            if let Ok(moved) = purchase.order.clone().confirm(crate::settlement::fixtures::at(world.now)) {
                purchase.order = moved.order;
            }
        }
        Action::Looks(who) => {
            let read = Box::new(world.purchases[who].clone());
            running.extend([Process::LookAt(who), Process::WatchOn { who, read }]);
        }
        Action::ConsumesRefund(who) => running.push(Process::SendAll(who)),
        Action::Steps(place, refunds) => {
            if let Some(process) = take(running, place) {
                running.extend(process.step(world, refunds));
            }
        }
        Action::Crashes(place) => drop(take(running, place)),
        Action::OthersBuy if world.available > 0 => {
            world.available -= 1;
            world.elsewhere += 1;
        }
        Action::OthersReturn if world.elsewhere > 0 => {
            world.elsewhere -= 1;
            world.available += 1;
        }
        Action::OthersBuy | Action::OthersReturn => {}
        Action::RefundsDecided(sent) => world.provider.decide_refunds(sent),
        Action::TimePasses(seconds) => world.now += seconds,
    }
}

/// One of the functions that run.
fn take(running: &mut Vec<Process>, place: usize) -> Option<Process> {
    place.checked_rem(running.len()).map(|place| running.swap_remove(place))
}

/// Runs a process, and all that it triggers, to its end.
fn finish(world: &mut World, process: Process) {
    let mut running = vec![process];
    while let Some(process) = running.pop() {
        running.extend(process.step(world, RefundStatus::Sent));
    }
}

/// Runs the background work until nothing is open: every order's deadline has passed, every payer has left, and the provider completes its work.
fn come_to_rest(world: &mut World) {
    world.now = world.now.max(WINDOW);
    for who in 0..ORDERS {
        finish(world, Process::Cancel { who, how: Cancelling::Expired, read: None });
    }
    world.provider.decide_refunds(true);
    for _ in 0..MAX_POLLS {
        for who in 0..ORDERS {
            let Some(watch) = world.purchases[who].payment.watch else { continue };
            world.now = world.now.max(watch.next.as_seconds());
            let read = Box::new(world.purchases[who].clone());
            finish(world, Process::LookAt(who));
            finish(world, Process::WatchOn { who, read });
            // A payment without a payer's decision ends at the provider by itself.
            world.provider.decline(who);
        }
    }
}

fn beyond_paid(status: OrderStatus) -> bool {
    matches!(
        status,
        OrderStatus::Paid | OrderStatus::Confirmed | OrderStatus::Shipped | OrderStatus::Delivered
    )
}

/// Asserts the invariants of one purchase when all has come to rest.
fn check(world: &World, who: usize) -> Result<(), TestCaseError> {
    let Purchase { order, payment, held } = &world.purchases[who];
    let (taken, sent) = world.provider.balance(who);
    prop_assert!(!payment.is_open(), "nothing is left undecided: {payment:?}");
    prop_assert_eq!(payment.captured().map_or(0, kernel::Money::amount), taken, "what came is in the books");
    prop_assert_eq!(payment.refunded(), sent, "what went back is in the books");
    prop_assert_eq!(
        order.payment.as_ref().map(|summary| summary.status),
        Some(payment.status()),
        "the order shows it"
    );
    let sold = held.values().filter(|held| **held == Held::Sold).count();
    let reserved = held.values().filter(|held| **held == Held::Reserved).count();
    if beyond_paid(order.status()) {
        let asked = payment.refunds().iter().filter(|refund| refund.cause.name() == "requested");
        let asked: i64 =
            asked.filter(|refund| refund.status.name() == "succeeded").map(|refund| refund.amount).sum();
        prop_assert_eq!((taken, sent), (TOTAL, asked), "paid once, and only what an operator sent went back");
        prop_assert!(payment.refundable() > 0, "no order is shipped whose money went back");
        prop_assert_eq!((sold, reserved), (1, 0), "its goods are its own");
    } else {
        prop_assert_eq!(order.status(), OrderStatus::Cancelled);
        prop_assert_eq!(taken, sent, "nobody is charged for nothing");
        prop_assert_eq!((sold, reserved), (0, 0), "its goods are back");
    }
    Ok(())
}

fn check_stock(world: &World, all: u32) -> Result<(), TestCaseError> {
    let held = world.purchases.iter().flat_map(|purchase| purchase.held.values());
    let held = u32::try_from(held.filter(|held| **held != Held::Back).count()).unwrap();
    prop_assert_eq!(world.available + world.elsewhere + held, all, "no unit is lost or made");
    Ok(())
}

/// The outcomes that occurred, so that the test shows that it exercises them.
fn note_endings(world: &World, endings: &mut BTreeMap<String, u32>) {
    for Purchase { order, payment, held } in &world.purchases {
        let mut count = |what: String| *endings.entry(what).or_default() += 1;
        count(format!("{} and {}", order.status().name(), payment.status().name()));
        if held.len() > 1 {
            count("bought after all".to_owned());
        }
        for refund in payment.refunds() {
            count(format!("refund {} {}", refund.cause.name(), refund.status.name()));
            if refund.attempt > 0 {
                count("refund tried again".to_owned());
            }
        }
        if payment.captured().is_some_and(|captured| captured != payment.amount) {
            count("wrong amount".to_owned());
        }
    }
}

#[test]
fn money_and_goods_add_up_whatever_happens_in_whatever_order() {
    let endings = RefCell::new(BTreeMap::new());
    let mut runner =
        TestRunner::new(Config { cases: SEQUENCES, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&scenario(), |scenario| {
        let provider = Provider {
            gives_up_pending: scenario.gives_up_pending,
            two_steps: scenario.two_steps,
            ..Provider::default()
        };
        let mut world = World::new(ORDERS, scenario.spare, provider);
        if scenario.keeps_declined {
            world.on_decline = OnDecline::KeepOrder;
        }
        let all = scenario.spare + u32::try_from(ORDERS).unwrap();
        for (who, _) in scenario.paid.iter().enumerate().filter(|(_, paid)| **paid) {
            finish(&mut world, Process::Start(who));
            world.provider.pay(who, TOTAL);
            finish(&mut world, Process::LookAt(who));
        }
        let mut running = Vec::new();
        for (number, action) in scenario.happenings.into_iter().enumerate() {
            happen(&mut world, &mut running, action, number);
            check_stock(&world, all)?;
        }
        come_to_rest(&mut world);
        check_stock(&world, all)?;
        for who in 0..ORDERS {
            check(&world, who)?;
        }
        note_endings(&world, &mut endings.borrow_mut());
        Ok(())
    });
    ran.unwrap();
    let endings = endings.into_inner();
    let tried = [
        "paid and succeeded",
        "confirmed and succeeded",
        "cancelled and failed",
        "cancelled and refunded",
        "bought after all",
        "refund order_cancelled succeeded",
        "refund not_owed succeeded",
        "refund requested succeeded",
        "refund requested failed",
        "refund tried again",
        "wrong amount",
    ];
    for ending in tried {
        assert!(endings.contains_key(ending), "{ending} never came about: {endings:?}");
    }
}

#[test]
fn a_payment_that_stays_open_is_given_up_in_the_end() {
    let mut world = World::new(1, 0, Provider::default());
    world.provider.start(0);
    finish(&mut world, Process::Cancel { who: 0, how: Cancelling::Expired, read: None });
    let mut looks = 0;
    while let Payment { watch: Some(watch), .. } = &world.purchases[0].payment {
        world.now = watch.next.as_seconds();
        let read = Box::new(world.purchases[0].clone());
        finish(&mut world, Process::LookAt(0));
        finish(&mut world, Process::WatchOn { who: 0, read });
        looks += 1;
    }
    assert_eq!(looks, 27);
    assert!(world.purchases[0].payment.is_open(), "nobody knows, and that is told");
}
