//! Whether the house is in order: what belongs together is there together, and nobody may do more than they need.

mod cors;
mod document;
mod events;
mod least_privilege;
mod limits;
mod lists;
mod samples;
mod template;
