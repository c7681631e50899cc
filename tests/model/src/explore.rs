//! Which schedules are run: all with few deviations, or many at random.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use crate::lab::Lab;
use crate::run::{Choice, Deviation, Plan, Ran, Schedule, run};
use crate::scenario::Scenario;

/// One point in so many deviates in a random run.
const DEVIATES_ONE_IN: usize = 8;
/// The most deviations of a random run.
const MOST_DEVIATIONS: usize = 12;

/// A schedule after which a property does not hold.
#[derive(Debug)]
pub struct Failed {
    /// The scenario.
    pub scenario: &'static str,
    /// The schedule.
    pub schedule: Schedule,
    /// What came of it.
    pub ran: Ran,
}

/// What was explored.
#[derive(Debug, Default)]
pub struct Explored {
    /// Distinct states, by their digests; none are counted in random runs.
    pub states: usize,
    /// Schedules that were run.
    pub schedules: usize,
    /// Steps that were made, those that led back to a deviation included.
    pub steps: usize,
    /// Schedules that did not come to be run because there was no time.
    pub left: usize,
    /// Schedules after which a property does not hold, shortest first.
    pub failed: Vec<Failed>,
}

/// How far to explore.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// The most deviations of a schedule.
    pub deviations: usize,
    /// When to stop.
    pub until: Instant,
    /// The most failing schedules to look for.
    pub failures: usize,
}

/// A schedule that notes the states it leads to, and where it could have been left.
struct Bounded<'a> {
    schedule: &'a Schedule,
    /// Deviations that may follow.
    left: usize,
    /// The states seen, each with the most deviations that were left there.
    seen: &'a mut HashMap<u128, usize>,
    /// Points behind the last deviation, and how many options they have.
    found: Vec<(usize, usize)>,
    points: usize,
}

impl Plan for Bounded<'_> {
    fn choose(&mut self, point: usize, options: &[Choice], state: &mut dyn FnMut() -> u128) -> Option<usize> {
        self.points += 1;
        let last = self.schedule.0.last();
        if let Some((_, option)) = self.schedule.0.iter().find(|(at, _)| *at == point) {
            return Some(*option);
        }
        if last.is_some_and(|(last, _)| point < *last) {
            return Some(0);
        }
        let known = self.seen.entry(state());
        match known {
            std::collections::hash_map::Entry::Occupied(known) if *known.get() >= self.left => return None,
            known => *known.or_insert(self.left) = self.left,
        }
        if self.left > 0 {
            self.found.push((point, options.len()));
        }
        Some(0)
    }
}

/// Runs every schedule of `scenario` with at most `bound.deviations` deviations, those with fewer first. A run that comes to a state that was
/// seen with as many deviations left is ended there.
pub async fn exhaust(lab: &Lab, scenario: &Scenario, bound: Bound) -> Explored {
    let mut explored = Explored::default();
    let mut seen = HashMap::new();
    let mut queue = VecDeque::from([Schedule::default()]);
    while let Some(schedule) = queue.pop_front() {
        if Instant::now() >= bound.until {
            explored.left = queue.len() + 1;
            break;
        }
        let left = bound.deviations.saturating_sub(schedule.0.len());
        let mut plan = Bounded { schedule: &schedule, left, seen: &mut seen, found: Vec::new(), points: 0 };
        let ran = run(lab, scenario, &mut plan).await;
        let Bounded { found, points, .. } = plan;
        explored.schedules += 1;
        explored.steps += points;
        if !ran.broken.is_empty() {
            explored.failed.push(Failed { scenario: scenario.name, schedule, ran });
            if explored.failed.len() >= bound.failures {
                break;
            }
            continue;
        }
        for (point, options) in found {
            queue.extend((1..options).map(|option| deviate(&schedule, (point, option))));
        }
    }
    explored.states = seen.len();
    explored
}

fn deviate(schedule: &Schedule, deviation: Deviation) -> Schedule {
    Schedule(schedule.0.iter().copied().chain([deviation]).collect())
}

/// Deviates at random, and notes how.
struct Random {
    rng: fastrand::Rng,
    taken: Schedule,
    points: usize,
}

impl Plan for Random {
    fn choose(&mut self, point: usize, options: &[Choice], _: &mut dyn FnMut() -> u128) -> Option<usize> {
        self.points += 1;
        let deviates = options.len() > 1
            && self.taken.0.len() < MOST_DEVIATIONS
            && self.rng.usize(..DEVIATES_ONE_IN) == 0;
        if !deviates {
            return Some(0);
        }
        let option = self.rng.usize(1..options.len());
        self.taken.0.push((point, option));
        Some(option)
    }
}

/// Runs `scenario` once, as `seed` has it.
pub async fn wander(lab: &Lab, scenario: &Scenario, seed: u64, explored: &mut Explored) {
    let mut plan = Random { rng: fastrand::Rng::with_seed(seed), taken: Schedule::default(), points: 0 };
    let ran = run(lab, scenario, &mut plan).await;
    explored.schedules += 1;
    explored.steps += plan.points;
    if !ran.broken.is_empty() {
        explored.failed.push(Failed { scenario: scenario.name, schedule: plan.taken, ran });
    }
}
