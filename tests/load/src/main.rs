//! `load`: drives the system's use cases and prints what came of it. `load --help` says how.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use load::Failure;
use load::expiry::{self, expiry};
use load::promotion;
use load::race::{self, overlap, race};
use load::ratios::{Plan, ratios};
use load::server::Rules;

/// The system's use cases under load, against a DynamoDB of its own.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// More buyers than units of one SKU, all at once.
    Race {
        #[command(flatten)]
        rules: RuleArgs,
        /// Lane counts, one run each.
        #[arg(long, value_delimiter = ',', default_value = "1,16")]
        lanes: Vec<u16>,
        /// Buyers; each wants one piece.
        #[arg(long, default_value_t = 1_000)]
        buyers: usize,
        /// Units there are.
        #[arg(long, default_value_t = 100)]
        units: u64,
    },
    /// Buyers who want overlapping sets of five SKUs, all at once.
    Overlap {
        #[command(flatten)]
        rules: RuleArgs,
        /// Lane counts of the SKUs, one run each.
        #[arg(long, value_delimiter = ',', default_value = "1,16")]
        lanes: Vec<u16>,
        /// Buyers; each wants one to three pieces of five SKUs.
        #[arg(long, default_value_t = 500)]
        buyers: usize,
        /// SKUs there are.
        #[arg(long, default_value_t = 20)]
        skus: usize,
        /// Units of each SKU.
        #[arg(long, default_value_t = 100)]
        units: u64,
    },
    /// More customers than a promotion has uses left, all at once; then the cost of orders, with and without pricing.
    Promotion {
        #[command(flatten)]
        rules: RuleArgs,
        /// Customers; each orders one piece with the promotion's code.
        #[arg(long, default_value_t = 1_000)]
        buyers: usize,
        /// Uses that the promotion has.
        #[arg(long, default_value_t = 100)]
        uses: usize,
        /// Orders that each cost is the mean of.
        #[arg(long, default_value_t = 20)]
        orders: u64,
    },
    /// Reservations per second: one hot SKU in one lane and in several, and many cold SKUs, by turns.
    Ratios {
        #[command(flatten)]
        rules: RuleArgs,
        /// Lane counts of the hot SKUs.
        #[arg(long, value_delimiter = ',', default_value = "1,4,16")]
        lanes: Vec<u16>,
        /// Cold SKUs.
        #[arg(long, default_value_t = 1_000)]
        cold: usize,
        /// Buyers at a time.
        #[arg(long, default_value_t = 64)]
        buyers: usize,
        /// Turns of each kind.
        #[arg(long, default_value_t = 5)]
        turns: usize,
        /// Seconds that a turn lasts.
        #[arg(long, default_value_t = 4)]
        seconds: u64,
    },
    /// A backlog of orders that were not paid in time, swept and drained while some are paid.
    Expiry {
        #[command(flatten)]
        rules: RuleArgs,
        /// Orders whose time is over.
        #[arg(long, default_value_t = 100_000)]
        orders: usize,
        /// Orders beside them whose time is not.
        #[arg(long, default_value_t = 100_000)]
        others: usize,
        /// One order in so many is paid just then.
        #[arg(long, default_value_t = 50)]
        paid_one_in: usize,
        /// SKUs that the orders are of.
        #[arg(long, default_value_t = 200)]
        skus: usize,
        /// Lanes of each SKU.
        #[arg(long, default_value_t = 4)]
        lanes: u16,
        /// Consumers at work.
        #[arg(long, default_value_t = 20)]
        workers: usize,
    },
}

#[derive(Args)]
struct RuleArgs {
    /// What the server keeps of DynamoDB's rules, one run each.
    #[arg(long, value_delimiter = ',', default_value = "bare,conflicts,limits")]
    rules: Vec<RuleSet>,
    /// DynamoDB's times in per cent of the published ones.
    #[arg(long, default_value_t = 100)]
    time_percent: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum RuleSet {
    /// One transaction after another, as fast as the server can.
    Bare,
    /// DynamoDB's times, and its conflicts between transactions.
    Conflicts,
    /// Those, and the throughput of its partitions.
    Limits,
}

impl RuleArgs {
    /// Each set with its name.
    fn sets(&self) -> impl Iterator<Item = (&'static str, Rules)> {
        let time_percent = self.time_percent;
        self.rules.iter().map(move |set| match set {
            RuleSet::Bare => ("bare", Rules::BARE),
            RuleSet::Conflicts => ("conflicts", Rules { time_percent, ..Rules::CONFLICTS }),
            RuleSet::Limits => ("limits", Rules { time_percent, ..Rules::LIMITS }),
        })
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Failure::new).and_then(|runtime| runtime.block_on(run(cli.command)));
    let failed = match done {
        Ok(text) => return if say(&text) { ExitCode::SUCCESS } else { ExitCode::FAILURE },
        Err(failure) => failure,
    };
    let _ = writeln!(std::io::stderr(), "Does not hold: {failed}");
    ExitCode::FAILURE
}

fn say(text: &str) -> bool {
    writeln!(std::io::stdout(), "{text}").is_ok()
}

async fn run(command: Command) -> Result<String, Failure> {
    match command {
        Command::Race { rules, lanes, buyers, units } => {
            let mut table = race::table(&["rules", "lanes"]);
            for (name, rules) in rules.sets() {
                for &lanes in &lanes {
                    let outcome = race(rules, lanes, buyers, units).await?;
                    table.row(outcome.cells(vec![name.to_owned(), lanes.to_string()]));
                }
            }
            Ok(format!("{buyers} buyers, {units} units of one SKU\n\n{}", table.render()))
        }
        Command::Overlap { rules, lanes, buyers, skus, units } => {
            let mut table = race::table(&["rules", "lanes"]);
            for (name, rules) in rules.sets() {
                for &lanes in &lanes {
                    let outcome = overlap(rules, lanes, buyers, skus, units).await?;
                    table.row(outcome.cells(vec![name.to_owned(), lanes.to_string()]));
                }
            }
            let what = format!("{buyers} buyers of 5 SKUs each, {units} units of each of {skus} SKUs");
            Ok(format!("{what}\n\n{}", table.render()))
        }
        Command::Promotion { rules, buyers, uses, orders } => promotions(&rules, buyers, uses, orders).await,
        Command::Ratios { rules, lanes, cold, buyers, turns, seconds } => {
            let mut text = format!("{buyers} buyers at a time, medians of {turns} turns of {seconds} s\n");
            for (name, rules) in rules.sets() {
                let turn = Duration::from_secs(seconds);
                let plan = Plan { rules, lanes: lanes.clone(), cold, buyers, turns, turn };
                text = format!("{text}\n{name}\n\n{}", ratios(&plan).await?.render());
            }
            Ok(text)
        }
        Command::Expiry { rules, orders, others, paid_one_in, skus, lanes, workers } => {
            let mut text = format!("{workers} consumers; goods of {skus} SKUs, {lanes} lanes each\n");
            for (name, rules) in rules.sets() {
                let plan = expiry::Plan { rules, orders, others, paid_one_in, skus, lanes, workers };
                let report = expiry(&plan).await?;
                let (sweeps, drain) = (report.sweep_table().render(), report.drain_table().render());
                text = format!("{text}\n{name}\n\n{sweeps}\n{drain}");
            }
            Ok(text)
        }
    }
}

async fn promotions(rules: &RuleArgs, buyers: usize, uses: usize, orders: u64) -> Result<String, Failure> {
    let mut table = promotion::race::table(&["rules"]);
    for (name, rules) in rules.sets() {
        let outcome = promotion::race::race(rules, buyers, uses).await?;
        table.row(outcome.cells(vec![name.to_owned()]));
    }
    let costs = promotion::cost::table(&promotion::cost::costs(orders).await?);
    let (race, costs) = (table.render(), costs.render());
    Ok(format!(
        "{buyers} buyers, {uses} uses of one promotion\n\n{race}\nmeans of {orders} orders\n\n{costs}"
    ))
}
