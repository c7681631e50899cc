//! Whether the house is in order: what belongs together is there together, and nobody may do more than they need.

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
