//! What the people who run this see: alarms, and lines that belong together.

mod access_log;
mod alarms;
mod correlation;
mod trace;
