//! One run: actors as tasks, and a scheduler that owns which step goes next and what becomes of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use load::Failure;
use tokio::task::JoinHandle;

use crate::actor::Actor;
use crate::effect::{Effect, Outcome};
use crate::hub::Hub;
use crate::lab::Lab;
use crate::scenario::Scenario;
use crate::{calm, check, digest};

/// The most steps of a run. One that has more goes in circles.
const MAX_STEPS: usize = 2_000;
/// How long the harness waits for an actor, by the clock of this machine. An actor that asks for nothing in that time hangs.
const PATIENCE: Duration = Duration::from_secs(30);
/// Turns of the runtime after which an actor that was answered one of two requests has gone on.
const TURNS: usize = 3;

/// What can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The actor's oldest step goes, and this becomes of it.
    Step {
        /// The actor.
        slot: usize,
        /// What becomes of its step.
        outcome: Outcome,
    },
    /// The change at this place of those that are on their way arrives.
    Arrives(usize),
}

/// A deviation from running each actor to its end without faults: at which point, and which of the options there.
pub type Deviation = (usize, usize);

/// The deviations of a run, from its beginning on. This is what is printed, kept and replayed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Schedule(pub Vec<Deviation>);

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(point, option)| format!("{point}:{option}")).collect();
        f.write_str(&if parts.is_empty() { "-".to_owned() } else { parts.join(",") })
    }
}

impl std::str::FromStr for Schedule {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        if text == "-" {
            return Ok(Self::default());
        }
        let deviation = |part: &str| {
            let (point, option) = part.split_once(':')?;
            Some((point.parse().ok()?, option.parse().ok()?))
        };
        let parts: Option<Vec<Deviation>> = text.split(',').map(deviation).collect();
        parts.map(Self).ok_or_else(|| Failure::new(format!("{text:?} is no schedule: 3:1,17:2 is one")))
    }
}

/// Who decides at each point of a run.
pub trait Plan {
    /// The option to take at `point`, of `options`; `None` ends the run, because all that follows is known. `state` gives the digest of the state.
    fn choose(&mut self, point: usize, options: &[Choice], state: &mut dyn FnMut() -> u128) -> Option<usize>;
}

/// Takes the deviations of a schedule, and nothing else.
impl Plan for Schedule {
    fn choose(&mut self, point: usize, _: &[Choice], _: &mut dyn FnMut() -> u128) -> Option<usize> {
        Some(self.0.iter().find(|(at, _)| *at == point).map_or(0, |(_, option)| *option))
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Ran {
    /// The steps in words.
    pub steps: Vec<String>,
    /// Whether it was ended because all that follows is known.
    pub is_cut: bool,
    /// Properties that do not hold.
    pub broken: Vec<String>,
}

struct Running<'a> {
    hub: &'a Hub,
    scenario: &'a Scenario,
    tasks: Vec<JoinHandle<()>>,
    alive: Vec<bool>,
    current: usize,
    ran: Ran,
}

/// Runs `scenario` as `plan` has it, from the opening to the end, with the properties checked after every step.
pub async fn run(lab: &Lab, scenario: &Scenario, plan: &mut dyn Plan) -> Ran {
    let _listening = lab.open(scenario);
    let spawn = |(slot, script)| {
        let machine = Arc::clone(&lab.machines[slot]);
        tokio::spawn(Actor { machine, hub: lab.hub.clone(), slot }.play(script))
    };
    let tasks: Vec<_> = scenario.scripts.iter().copied().enumerate().map(spawn).collect();
    let alive = vec![true; tasks.len()];
    let mut running = Running { hub: &lab.hub, scenario, tasks, alive, current: 0, ran: Ran::default() };
    running.play(plan).await;
    running.stop().await;
    let mut ran = running.ran;
    if !ran.is_cut && ran.broken.is_empty() {
        ran.broken = calm::come_to_rest(lab, scenario).await;
    }
    ran
}

impl Running<'_> {
    async fn play(&mut self, plan: &mut dyn Plan) {
        for point in 0..MAX_STEPS {
            if let Err(failure) = self.settle().await {
                self.ran.broken.push(failure.to_string());
                return;
            }
            let options = self.options();
            if options.is_empty() {
                return;
            }
            let (hub, alive, current) = (self.hub, &self.alive, self.current);
            let mut state = || digest::digest(&hub.lock().world, alive, current);
            let Some(taken) = plan.choose(point, &options, &mut state) else {
                self.ran.is_cut = true;
                return;
            };
            let Some(choice) = options.get(taken) else {
                self.ran
                    .broken
                    .push(format!("point {point} has no option {taken}: the schedule is of other code"));
                return;
            };
            self.take(point, taken, *choice);
            let broken = check::always(&self.hub.lock().world, self.scenario);
            if !broken.is_empty() {
                self.ran.broken = broken;
                return;
            }
        }
        self.ran.broken.push(format!("the run did not end in {MAX_STEPS} steps"));
    }

    /// Waits until every actor that lives waits for a step, or has come to its end.
    async fn settle(&mut self) -> Result<(), Failure> {
        loop {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            let Some(restless) = self.restless() else { return Ok(()) };
            if tokio::time::timeout(PATIENCE, self.hub.moved()).await.is_err() {
                return Err(Failure::new(format!("actor {restless} asks for nothing")));
            }
        }
    }

    /// An actor that lives and waits for no step: it has something to do.
    fn restless(&mut self) -> Option<usize> {
        let mut inner = self.hub.lock();
        for slot in std::mem::take(&mut inner.ended) {
            self.alive[slot] = false;
            inner.world.gone.insert(slot);
        }
        let waits = |slot| inner.waiting.iter().any(|waiting| waiting.slot == slot);
        (0..self.alive.len()).find(|slot| self.alive[*slot] && !waits(*slot))
    }

    /// What can happen now. The first is what happens when nothing goes wrong: the current actor goes on, or the first that can.
    fn options(&mut self) -> Vec<Choice> {
        let inner = self.hub.lock();
        let enabled = |slot: usize| {
            let waiting = inner.waiting.iter().find(|waiting| waiting.slot == slot)?;
            let goes = match &waiting.effect {
                Effect::Event(event) => inner.world.can_happen(slot, *event),
                Effect::Aws { .. } | Effect::Provider(_) => true,
            };
            goes.then(|| waiting.effect.outcomes())
        };
        let slots = 0..self.alive.len();
        let enabled: Vec<(usize, Vec<Outcome>)> =
            slots.filter_map(|slot| enabled(slot).map(|outcomes| (slot, outcomes))).collect();
        let own = enabled.iter().find(|(slot, _)| *slot == self.current).or_else(|| enabled.first());
        let Some((own, outcomes)) = own else { return Vec::new() };
        self.current = *own;
        let others = enabled.iter().filter(|(slot, _)| slot != own);
        let others = others.map(|(slot, _)| Choice::Step { slot: *slot, outcome: Outcome::Done });
        let mut options = vec![Choice::Step { slot: *own, outcome: Outcome::Done }];
        options.extend(others);
        options.extend(outcomes.iter().skip(1).map(|outcome| Choice::Step { slot: *own, outcome: *outcome }));
        options.extend((0..inner.world.late.len()).map(Choice::Arrives));
        options
    }

    fn take(&mut self, point: usize, taken: usize, choice: Choice) {
        match choice {
            Choice::Arrives(place) => {
                let mut inner = self.hub.lock();
                let what = inner.world.late[place].effect.to_string();
                inner.world.arrive(place);
                self.ran.steps.push(format!("{point}:{taken} arrives: {what}"));
            }
            Choice::Step { slot, outcome } => {
                self.current = slot;
                let inner = self.hub.lock();
                let Some(place) = inner.waiting.iter().position(|waiting| waiting.slot == slot) else {
                    return;
                };
                let effect = inner.waiting[place].effect.to_string();
                drop(inner);
                let script = self.scenario.scripts[slot];
                let name = format!("{script:?}");
                let name = name.split(['(', ' ']).next().unwrap_or_default();
                self.ran.steps.push(format!("{point}:{taken} {slot} {name}: {effect}: {}", outcome.name()));
                self.hub.release(place, outcome);
                if matches!(outcome, Outcome::DiesBefore | Outcome::DiesAfter) {
                    self.kill(slot);
                }
            }
        }
    }

    fn kill(&mut self, slot: usize) {
        self.tasks[slot].abort();
        self.alive[slot] = false;
        self.hub.forget(slot);
        let mut inner = self.hub.lock();
        inner.world.busy.remove(&slot);
        inner.world.gone.insert(slot);
    }

    /// Ends every actor that still waits for something.
    async fn stop(&mut self) {
        for slot in 0..self.tasks.len() {
            if self.alive[slot] {
                self.kill(slot);
            }
        }
        for task in std::mem::take(&mut self.tasks) {
            match task.await {
                Err(error) if error.is_panic() => self.ran.broken.push(format!("an actor panicked: {error}")),
                Ok(()) | Err(_) => {}
            }
        }
    }
}
