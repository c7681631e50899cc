//! Runs the model check for as long as one wants, and replays a schedule.

#![expect(clippy::print_stdout, reason = "the report is what this program is for")]

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use load::Failure;
use model::campaign::{Campaign, kept, replay};
use model::explore::{Explored, Failed};
use model::run::Schedule;
use model::scenario::{Scenario, all, named};

/// Checks orders and money under every schedule of requests and faults within a bound, and at random beyond it.
#[derive(Parser)]
struct Arguments {
    /// Only this scenario.
    #[arg(long)]
    scenario: Option<String>,
    /// The most deviations of schedules that are run exhaustively.
    #[arg(long, default_value_t = 1)]
    deviations: usize,
    /// Random schedules of each scenario.
    #[arg(long, default_value_t = 0)]
    schedules: u64,
    /// The seed of the first random schedule.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds for each scenario.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Failing schedules to look for in each scenario.
    #[arg(long, default_value_t = 1)]
    failures: usize,
    /// Runs this schedule of `--scenario`, and prints its steps.
    #[arg(long)]
    replay: Option<Schedule>,
    /// Runs the schedules in `tests/model/kept` and nothing else.
    #[arg(long)]
    kept: bool,
}

fn main() -> ExitCode {
    match check(&Arguments::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Returns how many schedules failed.
fn check(arguments: &Arguments) -> Result<usize, Failure> {
    if let Some(schedule) = &arguments.replay {
        let name = arguments.scenario.as_deref().ok_or_else(|| Failure::new("--replay needs --scenario"))?;
        let replayed = replay(name, schedule)?;
        tell(&replayed);
        return Ok(usize::from(!replayed.ran.broken.is_empty()));
    }
    let mut failed = 0;
    for (name, schedule) in kept()? {
        let replayed = replay(&name, &schedule)?;
        if !replayed.ran.broken.is_empty() {
            failed += 1;
            tell(&replayed);
        }
    }
    if arguments.kept {
        return Ok(failed);
    }
    let found = campaign(arguments)?.run(&|scenario, explored| summarise(scenario, explored))?;
    found.iter().for_each(tell);
    Ok(failed + found.len())
}

fn campaign(arguments: &Arguments) -> Result<Campaign, Failure> {
    let scenarios = match &arguments.scenario {
        None => all(),
        Some(name) => {
            vec![named(name).ok_or_else(|| Failure::new(format!("there is no scenario {name}")))?]
        }
    };
    Ok(Campaign {
        scenarios,
        deviations: arguments.deviations,
        schedules: arguments.schedules,
        seed: arguments.seed,
        time: Duration::from_secs(arguments.seconds),
        threads: arguments.threads,
        failures: arguments.failures,
    })
}

fn summarise(scenario: &Scenario, explored: &Explored) {
    let Explored { states, schedules, steps, left, failed } = explored;
    let failed = failed.len();
    println!(
        "{:<20} {states:>7} states {schedules:>7} schedules {steps:>9} steps {left:>7} left {failed:>3} failed",
        scenario.name
    );
}

fn tell(failed: &Failed) {
    println!("\n--scenario {} --replay {}", failed.scenario, failed.schedule);
    for step in &failed.ran.steps {
        println!("  {step}");
    }
    for broken in &failed.ran.broken {
        println!("  {broken}");
    }
}
