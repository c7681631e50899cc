//! Everything that reads foreign bytes, each family as a function that libFuzzer runs on bytes of its own (`fuzz_targets/`) and `tests/corpora.rs` on
//! those that are kept. docs/reliability-fuzz.md lists the families and what each asserts.
//!
//! A function panics where it finds a fault; otherwise it returns, for any input.
#![forbid(unsafe_code)]

pub mod functions;
pub mod imports;
pub mod input;
pub mod messages;
pub mod provider;
pub mod routes;
pub mod shop;
pub mod snapshots;
pub mod stub;
pub mod tokens;
pub mod values;

/// A family by its name, which is that of its corpus and of its binary.
pub type Target = (&'static str, fn(&[u8]));

/// All families.
pub const TARGETS: &[Target] = &[
    ("access_tokens", tokens::access_tokens),
    ("bodies", messages::bodies),
    ("claims", tokens::signed_claims),
    ("contacts", values::contacts),
    ("imports", imports::imports),
    ("inputs", messages::inputs),
    ("json", values::json),
    ("older_orders", messages::older_orders),
    ("provider", provider::answers),
    ("records", routes::records),
    ("requests", routes::requests),
    ("rows", messages::rows),
    ("snapshots", snapshots::snapshots),
    ("values", values::values),
];
