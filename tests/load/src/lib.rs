//! The system's own use cases under load: races, ratios, and expiry at scale.
//!
//! The code under load is the deployed code: the crates of `functions/` over `platform`'s DynamoDB client, by HTTP, on the tables of
//! `shared/infrastructure/data.yaml`. Only Lambda and the gateway are missing. `docs/bench.md` says what is measured, what has to hold and what came
//! out.
//!
//! | module | contents |
//! |---|---|
//! | [`server`] | a DynamoDB in this process that keeps the real one's rules |
//! | [`tables`] | the tables of `shared/infrastructure/data.yaml`, and the variables that name them to functions |
//! | [`shop`] | a shop to load: server, tables, contexts, goods |
//! | [`buyer`] | a buyer's requests and their outcomes |
//! | [`books`] | every row and reservation read and added up |
//! | [`race`] | many buyers at once |
//! | [`promotion`] | the last uses of a promotion, and what pricing adds to an order |
//! | [`ratios`] | reservations per second of hot and cold SKUs |
//! | [`backlog`] | orders in great number |
//! | [`expiry`] | the backlog swept, drained and paid at the same time |
//! | [`ledger`] | what became of orders, by rows and journal |
//! | [`report`] | results as tables |

pub mod backlog;
pub mod books;
pub mod buyer;
pub mod expiry;
pub mod ledger;
pub mod promotion;
pub mod race;
pub mod ratios;
pub mod report;
pub mod server;
pub mod shop;
pub mod tables;

use std::fmt;

/// Why a run could not be made or did not hold.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// With `reason` in words.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
