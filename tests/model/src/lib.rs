//! Model checking of orders and money, in which the shell and the model are one code.
//!
//! The deployed use cases run as tasks in one process. Every request to DynamoDB or to the payment provider is a step that waits until a scheduler says
//! which step goes next and what becomes of it. `docs/reliability-model.md` names the scenarios and the properties and says how to run it for longer.
//!
//! | module | contents |
//! |---|---|
//! | [`effect`] | steps, and what can become of them |
//! | [`tables`], [`provider`], [`world`] | DynamoDB, the provider and the time of a run |
//! | [`hub`], [`wire`], [`machine`] | how the requests of use cases become steps |
//! | [`actor`], [`scenario`] | who does what |
//! | [`run`], [`calm`] | one run, and what runs by itself in the end |
//! | [`check`], [`called`] | the properties |
//! | [`digest`] | telling states apart |
//! | [`explore`] | which schedules are run |

#![expect(clippy::large_futures, reason = "a run has a handful of actors, each boxed as a whole")]

pub mod actor;
pub mod called;
pub mod calm;
pub mod campaign;
pub mod check;
pub mod digest;
pub mod effect;
pub mod explore;
pub mod hub;
pub mod lab;
pub mod machine;
pub mod provider;
pub mod run;
pub mod scenario;
pub mod tables;
pub mod wire;
pub mod world;

#[cfg(test)]
mod tests {
    use super::campaign::{Campaign, kept, replay};
    use super::explore::{Explored, Failed};
    use super::scenario::Scenario;

    fn words(failed: &Failed) -> String {
        let Failed { scenario, schedule, ran } = failed;
        let steps = ran.steps.join("\n  ");
        format!("--scenario {scenario} --replay {schedule}\n  {steps}\n{}", ran.broken.join("\n"))
    }

    #[expect(
        clippy::print_stdout,
        reason = "how much was explored is what a reader of the test wants to know"
    )]
    fn print(scenario: &Scenario, explored: &Explored) {
        let Explored { states, schedules, steps, left, .. } = explored;
        println!(
            "{}: {states} states, {schedules} schedules, {steps} steps, {left} schedules left",
            scenario.name
        );
    }

    #[test]
    fn schedules_that_failed_once_hold() {
        for (name, schedule) in kept().unwrap() {
            let replayed = replay(&name, &schedule).unwrap();
            assert!(replayed.ran.broken.is_empty(), "{}", words(&replayed));
        }
    }

    #[test]
    fn everything_holds_under_one_deviation() {
        let failed = Campaign::bounded().run(&print).unwrap();
        assert!(failed.is_empty(), "{}", failed.iter().map(words).collect::<Vec<_>>().join("\n\n"));
    }
}
