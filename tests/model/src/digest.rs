//! Telling states apart: a digest of the tables, the provider's books and what every actor has seen, that is the same for two runs that differ in
//! drawn ids alone.
//!
//! Ids are drawn at random in every run. A text is split into what is fixed and the ids in it; ids get names in the order of their first appearance.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use crate::effect::{Effect, Outcome, Reply};
use crate::tables::ItemKey;
use crate::world::World;

/// Digits from which on a number is a drawn one: order numbers have fifteen and more, times in milliseconds thirteen.
const DRAWN_DIGITS: usize = 15;
/// The length of a UUID's text.
const UUID: usize = 36;
/// The place of a UUID's version in its text.
const UUID_VERSION: usize = 14;
/// The length of a SHA-256's text.
const SHA: usize = 64;

/// A text with its ids taken out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Masked {
    fixed: String,
    ids: Vec<String>,
}

/// What an actor has seen: it decides what the actor does next.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// A digest of all that was fixed.
    fixed: u64,
    ids: Vec<String>,
}

impl Trail {
    /// Notes a step and its answer.
    pub fn saw(&mut self, effect: &Effect, outcome: Outcome, reply: &Reply) {
        let answer = match reply {
            Reply::Answer { status, body } => {
                let body = serde_json::from_str(body).unwrap_or(Value::Null);
                format!("{status} {}", canonical(&body))
            }
            Reply::Nothing => String::new(),
            Reply::Happened(value) => canonical(value),
        };
        let Masked { fixed, ids } = mask(&format!("{effect} {outcome:?} {answer}"));
        let mut hasher = DefaultHasher::new();
        (self.fixed, fixed).hash(&mut hasher);
        self.fixed = hasher.finish();
        self.ids.extend(ids);
    }
}

/// The digest of a state; `running` is the actor whose turn it is.
pub fn digest(world: &World, alive: &[bool], running: usize) -> u128 {
    let mut items: Vec<&Masked> = world.tables.masked().collect();
    items.sort();
    let mut names = Names::default();
    let mut hash = Wide::default();
    for item in items {
        names.write(&mut hash, &item.fixed, &item.ids);
    }
    let books = mask(&world.provider.text());
    names.write(&mut hash, &books.fixed, &books.ids);
    for late in &world.late {
        let late = mask(&match &late.effect {
            Effect::Aws { body, .. } => canonical(body),
            Effect::Provider(request) => format!("{} {}", request.path, request.body),
            Effect::Event(_) => String::new(),
        });
        names.write(&mut hash, &late.fixed, &late.ids);
    }
    for (trail, alive) in world.trails.iter().zip(alive) {
        // What a dead actor saw decides nothing; what it was answered is kept below.
        if *alive {
            names.write(&mut hash, &format!("{}", trail.fixed), &trail.ids);
        } else {
            names.write(&mut hash, "-", &[]);
        }
    }
    for answered in &world.answered {
        let answered = mask(&format!("{answered:?}"));
        names.write(&mut hash, &answered.fixed, &answered.ids);
    }
    for (aggregate, sequence) in &world.delivered {
        let delivered = mask(&format!("{aggregate} {sequence}"));
        names.write(&mut hash, &delivered.fixed, &delivered.ids);
    }
    hash.update(format!("{} {running} {:?}", world.now, world.busy));
    let called: Vec<usize> = world.operator.iter().map(|id| names.of(id)).collect();
    hash.update(format!("{called:?}"));
    hash.finish()
}

/// A hash of 128 bits: among millions of states no two are likely to share one.
struct Wide(DefaultHasher, DefaultHasher);

impl Default for Wide {
    fn default() -> Self {
        let mut other = DefaultHasher::new();
        other.write_u8(1);
        Self(DefaultHasher::new(), other)
    }
}

impl Wide {
    fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write(bytes.as_ref());
        self.1.write(bytes.as_ref());
    }

    fn finish(&self) -> u128 {
        (u128::from(self.0.finish()) << u64::BITS) | u128::from(self.1.finish())
    }
}

/// Names of ids, in the order of their first appearance.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    fn of(&mut self, id: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(id.to_owned()).or_insert(next)
    }

    fn write(&mut self, hash: &mut Wide, fixed: &str, ids: &[String]) {
        hash.update(fixed);
        for id in ids {
            hash.update((self.of(id) as u64).to_be_bytes());
        }
        hash.update([0xff]);
    }
}

/// JSON with sorted members, without what depends on drawn ids alone: the shards of indexes.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().filter(|(name, _)| !name.ends_with("Shard")).collect();
            members.sort_by_key(|(name, _)| *name);
            let members = members.iter().map(|(name, value)| format!("{name}:{}", canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// An item with its key, without its ids.
pub fn mask_item((table, pk, sk): &ItemKey, item: &Value) -> Masked {
    mask(&format!("{table} {pk} {sk} {}", canonical(item)))
}

/// Takes the ids out of `text`.
fn mask(text: &str) -> Masked {
    let bytes = text.as_bytes();
    let (mut fixed, mut ids, mut at) = (String::with_capacity(text.len()), Vec::new(), 0);
    while at < bytes.len() {
        let length = id_length(&bytes[at..]);
        if length > 0 {
            ids.push(text[at..at + length].to_owned());
            fixed.push('#');
            at += length;
        } else {
            let mut end = at + 1;
            // A run of letters and digits that is no id is not looked into again.
            while bytes[at].is_ascii_alphanumeric() && end < bytes.len() && bytes[end].is_ascii_alphanumeric()
            {
                end += 1;
            }
            while !text.is_char_boundary(end) {
                end += 1;
            }
            fixed.push_str(&text[at..end]);
            at = end;
        }
    }
    Masked { fixed, ids }
}

/// The length of the id with which `bytes` begin; 0 when it is none.
fn id_length(bytes: &[u8]) -> usize {
    let hex = bytes.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_uuid = hex == 8
        && bytes.len() >= UUID
        && bytes[..UUID].iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    // Users have numbers in all runs, and keep them: version 8 is theirs.
    let is_drawn = is_uuid && bytes[UUID_VERSION] != b'8';
    match () {
        () if is_drawn => UUID,
        () if hex == SHA => SHA,
        () if digits >= DRAWN_DIGITS => digits,
        () => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_out_and_nothing_else() {
        let masked =
            mask("order 6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0 of 123456789012345678 at 2051222400000, каф 7");
        assert_eq!(masked.fixed, "order # of # at 2051222400000, каф 7");
        assert_eq!(masked.ids, ["6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0", "123456789012345678"]);
        assert_eq!(mask(&format!("KEY#{}", "ab".repeat(32))).fixed, "KEY##");
    }
}
