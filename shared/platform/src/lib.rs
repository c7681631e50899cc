//! The code that every function needs and no context owns.
//!
//! | room | what is in it |
//! |---|---|
//! | [`init`] | configuration from the environment, and the AWS clients that are built once |
//! | [`http`] | requests, answers, problem answers, and `serve` for a route |
//! | [`queue`], [`stream`], [`job`] | `serve` for a queue, a table's stream, a schedule or a direct call |
//! | [`auth`] | access tokens, scopes, and who is calling |
//! | [`dynamo`] | tables, writes, and transactions that tell a failed condition from a conflict |
//! | [`journal`] | the row that is written with every change of state, and from which events are published |
//! | [`idempotency`] | `Idempotency-Key`: the same request twice is one change |
//! | [`stale`] | repeating what others have changed meanwhile |
//! | [`sweep`] | finding what is due in a sharded index, and queueing it |
//! | [`origins`] | the merchant's web origins |
//! | [`source`] | the network that a request came from, as budgets count it |
//! | [`window`] | counters of one subject in a stretch of time, with a limit |
//! | [`partition_merge`] | one page of a list in several partitions |
//! | [`metrics`] | measurements that alarms look at |
//! | [`telemetry`] | structured logs |

pub mod auth;
pub mod aws;
pub mod backoff;
pub mod dynamo;
pub mod function;
pub mod http;
pub mod idempotency;
pub mod init;
mod init_error;
pub mod invocation_context;
pub mod job;
pub mod journal;
pub mod metrics;
pub mod origins;
pub mod partition_merge;
pub mod queue;
mod runtime;
pub mod source;
pub mod stale;
pub mod stream;
pub mod sweep;
pub mod telemetry;
pub mod window;

pub use futures_util::future::BoxFuture;
pub use init::Init;
pub use init_error::InitError;
pub use invocation_context::InvocationContext;
pub use stale::StaleRetry;
