//! Checks of the repository: parts that belong together are there together, and no function has more rights than it needs.

mod against;
mod alarms;
mod asvs;
mod aws;
mod bodies;
mod callers;
mod cors;
mod dead_letters;
mod document;
mod errors;
mod events;
mod least_privilege;
mod limits;
mod lists;
mod migrating;
mod readme;
mod redriving;
mod samples;
mod template;
