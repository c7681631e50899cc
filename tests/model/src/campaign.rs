//! A campaign: many scenarios on some threads, kept schedules first.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use load::Failure;

use crate::explore::{Bound, Explored, Failed, exhaust, wander};
use crate::lab::Lab;
use crate::run::{Schedule, run};
use crate::scenario::{Scenario, all, named};

/// What to run.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The most deviations of schedules that are run exhaustively.
    pub deviations: usize,
    /// Random schedules of each scenario.
    pub schedules: u64,
    /// The seed of the first of them; each has the next.
    pub seed: u64,
    /// The time for each scenario.
    pub time: Duration,
    /// Threads.
    pub threads: usize,
    /// The failing schedules of a scenario after which it is left.
    pub failures: usize,
}

impl Campaign {
    /// All scenarios with one deviation and no random schedules, each for a few seconds: a slow machine leaves some of the schedules out.
    pub fn bounded() -> Self {
        let time = Duration::from_secs(5);
        Self { scenarios: all(), deviations: 1, schedules: 0, seed: 0, time, threads: 2, failures: 1 }
    }

    /// Runs it; `tell` receives each scenario when it is done.
    pub fn run(&self, tell: &(dyn Fn(&Scenario, &Explored) + Sync)) -> Result<Vec<Failed>, Failure> {
        let queue: Mutex<VecDeque<Scenario>> = Mutex::new(self.scenarios.iter().cloned().collect());
        let failed = Mutex::new(Vec::new());
        let work = || {
            in_runtime(async {
                let mut labs = Labs::default();
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(scenario) = next else { return Ok(()) };
                    let explored = self.explore(labs.of(&scenario).await?, &scenario).await;
                    tell(&scenario, &explored);
                    failed.lock().unwrap_or_else(PoisonError::into_inner).extend(explored.failed);
                }
            })
        };
        let outcomes: Vec<Result<(), Failure>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads.max(1)).map(|_| scope.spawn(work)).collect();
            let panicked = |_| Err(Failure::new("a thread panicked"));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
        });
        outcomes.into_iter().collect::<Result<(), Failure>>()?;
        Ok(failed.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    async fn explore(&self, lab: &Lab, scenario: &Scenario) -> Explored {
        let until = Instant::now() + self.time;
        let bound = Bound { deviations: self.deviations, until, failures: self.failures };
        let mut explored = exhaust(lab, scenario, bound).await;
        for number in 0..self.schedules {
            if Instant::now() >= until || explored.failed.len() >= self.failures {
                break;
            }
            wander(lab, scenario, self.seed.wrapping_add(number), &mut explored).await;
        }
        explored
    }
}

/// The labs of one thread, built when they are needed.
#[derive(Default)]
struct Labs {
    at_once: Option<Lab>,
    in_two_steps: Option<Lab>,
}

impl Labs {
    async fn of(&mut self, scenario: &Scenario) -> Result<&Lab, Failure> {
        let place = if scenario.two_steps { &mut self.in_two_steps } else { &mut self.at_once };
        match place {
            Some(lab) => Ok(lab),
            None => Ok(place.insert(Lab::build(scenario.two_steps).await?)),
        }
    }
}

/// Runs one schedule of the scenario called `name`.
pub fn replay(name: &str, schedule: &Schedule) -> Result<Failed, Failure> {
    let scenario = named(name).ok_or_else(|| Failure::new(format!("there is no scenario {name}")))?;
    let ran = in_runtime(async {
        let lab = Lab::build(scenario.two_steps).await?;
        Ok(run(&lab, &scenario, &mut schedule.clone()).await)
    })?;
    Ok(Failed { scenario: scenario.name, schedule: schedule.clone(), ran })
}

/// The schedules in `tests/model/kept`: those that failed once. Each line of a file is a scenario's name and a schedule; `#` begins a comment.
pub fn kept() -> Result<Vec<(String, Schedule)>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kept");
    let mut kept = Vec::new();
    for file in files(&folder)? {
        let text = std::fs::read_to_string(&file).map_err(Failure::new)?;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, schedule) =
                line.split_once(' ').ok_or_else(|| Failure::new(format!("{line:?} has no schedule")))?;
            kept.push((name.to_owned(), schedule.trim().parse()?));
        }
    }
    Ok(kept)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(Failure::new)?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    Ok(files)
}

/// Runs `future` in a runtime of this thread.
fn in_runtime<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::new)?.block_on(future)
}
