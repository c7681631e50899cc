//! All faults of a body at once.
//!
//! Serde stops at the first fault. So what is at fault is replaced by a stand-in, and the tree is read again, until nothing new is found. A stand-in never
//! gets into a value that is returned: where there was one, there is a problem.

use std::fmt;

use kernel::problem::INVALID_INPUT;
use kernel::{FieldError, Kind, Problem};
use serde::de::{DeserializeOwned, Error, Expected, Unexpected};

use super::members::{Node, TEXTS};
use super::strict::{Step, Tree, pointer};

/// The faults that one answer names at most.
pub const MAX_FAULTS: usize = 50;
/// The most times that a body with faults is read: each fault costs one reading, and each value that a stand-in has to try another.
const MAX_READINGS: usize = 250;

/// Reads `tree` as a `T` and makes of it what `check` does, which only looks at it. The problem names all faults of the body: those `known` before, those of
/// its shape, and those that `check` finds, which it returns by [`Problem::invalid_all`].
pub(super) fn read<T: DeserializeOwned, U>(
    mut tree: Tree,
    known: Vec<FieldError>,
    check: impl FnOnce(T) -> Result<U, Problem>,
) -> Result<U, Problem> {
    let mut found = Found { errors: known, hopeless: Vec::new() };
    tree.audit(&mut Vec::new(), &mut |path, detail| found.note(path, detail));
    for _ in 0..MAX_READINGS {
        let fault = match T::deserialize(Node(&tree)) {
            Ok(whole) if found.errors.is_empty() => return check(whole),
            Ok(rest) => {
                if let Err(problem) = check(rest) {
                    found.add(problem);
                }
                break;
            }
            Err(fault) => fault,
        };
        if !found.take(fault, &mut tree) || found.errors.len() >= MAX_FAULTS {
            break;
        }
    }
    found.errors.truncate(MAX_FAULTS);
    Err(Problem::invalid_all(found.errors))
}

/// A fault that deserialising stopped at. Unlike serde's own errors it keeps what it is about.
#[derive(Debug)]
pub(super) struct Fault {
    /// The steps to the value, the last one first.
    path: Vec<Step>,
    pub(super) what: What,
}

/// The fault itself.
#[derive(Debug)]
pub(super) enum What {
    /// The value.
    Value(String),
    /// The name of the member that the path ends in.
    Name(String),
    /// The member that the path ends in is none of the type's.
    Unknown,
    /// This member of the object is not there.
    Missing(&'static str),
    /// A member of the object that has several names is there under two of them; the second one.
    Twice(&'static str, String),
}

impl Fault {
    fn new(what: What) -> Self {
        Self { path: Vec::new(), what }
    }

    /// The same fault, as the value around sees it.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    /// Fills in the name under which a member came for the second time.
    pub(super) fn of_twins(mut self, name: &str) -> Self {
        if let (What::Twice(_, second), true) = (&mut self.what, self.path.is_empty()) {
            name.clone_into(second);
        }
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.what)
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(What::Value(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("must be {}", plain(&expected.to_string())))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("must be {}", plain(&expected.to_string())))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("must be {}", plain(&expected.to_string())))
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::new(What::Unknown)
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("must be one of {}", expected.join(", ")))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(What::Missing(name))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::new(What::Twice(name, String::new()))
    }
}

/// Serde's description of the expected value, without the names of our types.
fn plain(expected: &str) -> &str {
    match expected {
        "i64" | "u64" | "i32" | "u32" | "u16" | "u8" => "a whole number",
        "a map" => "an object",
        "a sequence" => "an array",
        other if other.starts_with("enum ") => "a string",
        other if other.starts_with("struct ") || other.starts_with("internally tagged") => "an object",
        other if other.starts_with("tuple") || other.starts_with("a sequence") => "an array",
        other => other,
    }
}

/// The faults that were found so far.
struct Found {
    errors: Vec<FieldError>,
    /// Members that no stand-in is good for; they are left out.
    hopeless: Vec<String>,
}

impl Found {
    fn note(&mut self, path: &[Step], detail: &str) {
        self.push(pointer(path), detail.to_owned());
    }

    /// Adds a fault, unless it only follows from one that is known: it stands at the same place, within it, or around it.
    fn push(&mut self, pointer: String, detail: String) {
        if self.errors.len() < MAX_FAULTS && !follows(&self.errors, &pointer) {
            self.errors.push(FieldError { pointer, detail });
        }
    }

    /// Adds what a check of the rest found.
    fn add(&mut self, problem: Problem) {
        if problem.kind == Kind::Invalid && problem.code == INVALID_INPUT {
            // A check may have more than one thing to say of a member: only the faults before count.
            let news: Vec<_> =
                problem.errors.into_iter().filter(|error| !follows(&self.errors, &error.pointer)).collect();
            self.errors.extend(news);
        }
    }

    /// Notes `fault` and repairs `tree` there; whether reading on may find more.
    fn take(&mut self, fault: Fault, tree: &mut Tree) -> bool {
        let path: Vec<Step> = fault.path.into_iter().rev().collect();
        let at = pointer(&path);
        match fault.what {
            What::Value(detail) => {
                self.push(at.clone(), detail);
                let is_passed_over = !path.is_empty() && find(tree, &path).is_some_and(stand_in);
                is_passed_over || self.leave_out(at, tree, &path)
            }
            What::Name(detail) => {
                self.push(at, detail);
                remove_last(tree, &path)
            }
            What::Unknown => {
                self.push(at, "is not a member of this body".to_owned());
                remove_last(tree, &path)
            }
            What::Missing(name) => {
                let missing = format!("{at}{}", pointer([&Step::Member(name.to_owned())]));
                let is_hopeless = self.hopeless.contains(&missing);
                self.push(missing, "is required".to_owned());
                !is_hopeless && find(tree, &path).is_some_and(|object| supply(object, name))
            }
            What::Twice(name, second) => {
                self.push(
                    format!("{at}{}", pointer([&Step::Member(name.to_owned())])),
                    "is given twice".to_owned(),
                );
                find(tree, &path).map(|object| object.remove(&second)).is_some()
            }
        }
    }

    /// Takes away the member at `path`, which nothing stands in for; whether that is new.
    fn leave_out(&mut self, at: String, tree: &mut Tree, path: &[Step]) -> bool {
        if self.hopeless.contains(&at) {
            return false;
        }
        self.hopeless.push(at);
        remove_last(tree, path)
    }
}

/// True when a fault at `pointer` may follow from one of `known`.
fn follows(known: &[FieldError], pointer: &str) -> bool {
    known.iter().any(|error| is_within(pointer, &error.pointer) || is_within(&error.pointer, pointer))
}

/// True when `inner` is `outer` or a part of it.
fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The value at the end of `path`; nothing where a stand-in is on the way.
fn find<'t>(tree: &'t mut Tree, path: &[Step]) -> Option<&'t mut Tree> {
    path.iter().try_fold(tree, |tree, step| match (tree, step) {
        (Tree::Array(elements), Step::Element(index)) => elements.get_mut(*index),
        (tree, Step::Member(name)) => tree.member(name),
        _ => None,
    })
}

/// Puts a stand-in into the place of `value`, or the next one; whether there was one left.
fn stand_in(value: &mut Tree) -> bool {
    let choice = if let Tree::StandIn(last) = value { *last + 1 } else { 0 };
    *value = Tree::StandIn(choice);
    // One more for what may also be left out.
    choice <= TEXTS.len() + 1
}

/// Takes the member that `path` ends in away.
fn remove_last(tree: &mut Tree, path: &[Step]) -> bool {
    let Some((Step::Member(name), around)) = path.split_last() else { return false };
    find(tree, around).map(|object| object.remove(name)).is_some()
}

/// Gives `object` the member `name`; whether it has none yet.
fn supply(object: &mut Tree, name: &str) -> bool {
    if let Tree::StandIn(_) = object {
        *object = Tree::Object(Vec::new());
    }
    let Tree::Object(members) = object else { return false };
    members.retain(|(known, value)| known != name || *value != Tree::Null);
    let is_new = members.iter().all(|(known, _)| known != name);
    if is_new {
        members.push((name.to_owned(), Tree::StandIn(0)));
    }
    is_new
}

#[cfg(test)]
#[path = "faults_tests.rs"]
mod tests;
