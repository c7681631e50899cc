//! The registry of error codes, the API document, the sources and docs/errors.md agree with each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use platform::http::{CODES, ErrorCode, OAUTH_ERRORS};
use regex::{Captures, Regex};

use super::template::root;
use crate::harness::document;

/// The registry.
const REGISTRY: &str = "shared/platform/src/http/codes.rs";
/// The page that is made from the registry and the API document.
const PAGE: &str = "docs/errors.md";
/// The environment variable with which [`the_page_is_what_the_registry_and_the_document_make`] writes the page.
const WRITE: &str = "WRITE_ERRORS";
/// The member of a response that lists its problem codes.
const PROBLEM_CODES: &str = "x-problem-codes";
/// The member of a response that lists its error codes of RFC 6749.
const OAUTH_CODES: &str = "x-oauth-errors";
/// The most operations without a code for which the page lists these instead of the operations that return it.
const MAX_EXCEPTIONS: usize = 12;

/// The codes that no response of the API document has, in the order of the alphabet, and where clients and operators find them.
const ELSEWHERE: [(&str, &str); 7] = [
    ("invalid_scope", "`issueToken` returns it as the OAuth error of the same name"),
    ("invalid_utf8", IN_A_REPORT),
    ("line_too_long", IN_A_REPORT),
    ("malformed_line", IN_A_REPORT),
    ("method_not_allowed", "status 405, on every path: a method that a path does not have is no operation"),
    ("not_reached", IN_A_REPORT),
    ("row_missing", "`errorType` of an invocation of `RepairStockDrift`, which has no route"),
];
/// Where an import names the faults of single lines.
const IN_A_REPORT: &str = "`code` of a line in the report of `importProducts`, whose status is 200";

/// The operations that return a code, by the status that they return it with.
type Operations = BTreeMap<u16, BTreeSet<String>>;

/// The codes of the API document, of the responses' member `list`.
fn documented(list: &str) -> BTreeMap<String, Operations> {
    let mut found: BTreeMap<String, Operations> = BTreeMap::new();
    for operation in document().operations() {
        let id = operation.place.value["operationId"].as_str().unwrap();
        for (status, response) in operation.place.at("responses").unwrap().members() {
            let response = document().resolve(response);
            let codes = response.value[list].as_array();
            for code in codes.into_iter().flatten().map(|code| code.as_str().unwrap()) {
                let operations = found.entry(code.to_owned()).or_default();
                operations.entry(status.parse().unwrap()).or_default().insert(id.to_owned());
            }
        }
    }
    found
}

/// The statuses of `codes`, by code.
fn registered(codes: &[ErrorCode]) -> BTreeMap<String, BTreeSet<u16>> {
    codes.iter().map(|error| (error.code.to_owned(), error.statuses().collect())).collect()
}

/// Fails with every code that the registry and the document do not have alike; `elsewhere` has the codes that the document does not have.
fn assert_agree(codes: &[ErrorCode], list: &str, elsewhere: &BTreeSet<&str>) {
    let registered = registered(codes);
    let documented: BTreeMap<String, BTreeSet<u16>> = documented(list)
        .into_iter()
        .map(|(code, operations)| (code, operations.into_keys().collect()))
        .collect();
    let all: BTreeSet<&String> = registered.keys().chain(documented.keys()).collect();
    let differ = |code: &&String| {
        let (ours, theirs) = (registered.get(*code), documented.get(*code));
        if elsewhere.contains(code.as_str()) { ours.is_none() || theirs.is_some() } else { ours != theirs }
    };
    let wrong: Vec<String> = all
        .into_iter()
        .filter(differ)
        .map(|code| {
            let (ours, theirs) = (registered.get(code), documented.get(code));
            format!("{code}: the registry has the statuses {ours:?}, the API document {theirs:?}")
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_registry_has_the_problem_codes_of_the_document_with_their_statuses() {
    let elsewhere: BTreeSet<&str> = ELSEWHERE.iter().map(|(code, _)| *code).collect();
    assert_agree(CODES, PROBLEM_CODES, &elsewhere);
    let registered = registered(CODES);
    for code in elsewhere {
        assert!(registered.contains_key(code), "{code} is not in the registry: remove it from ELSEWHERE");
    }
}

#[test]
fn the_registry_has_the_oauth_errors_of_the_document_with_their_statuses() {
    assert_agree(OAUTH_ERRORS, OAUTH_CODES, &BTreeSet::new());
}

/// A code in the sources: a literal, the name of a constant, or a variable.
const ARGUMENT: &str = r#"(?:"(?<literal>[^"]*)"|(?:\w+::)*(?<constant>[A-Z][A-Z_]+)|(?<variable>[\w.]+))"#;

/// What stands for a code at one place of a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Given {
    Literal(String),
    Constant(String),
    /// The function got the code from elsewhere: as a parameter, or in a pair.
    Variable,
}

impl Given {
    fn of(found: &Captures<'_>) -> Self {
        let group = |name| found.name(name).map(|text| text.as_str().to_owned());
        let literal = group("literal").map(Self::Literal);
        literal.or_else(|| group("constant").map(Self::Constant)).unwrap_or(Self::Variable)
    }
}

/// The Rust sources of functions/ and shared/ by path, without tests and the registry.
fn sources() -> BTreeMap<PathBuf, String> {
    let tests = Regex::new(r"(?ms)^#\[cfg\(test\)\]\n(?:#\[[^\n]*\n)*mod \w+ \{.*?^\}").unwrap();
    let mut found = BTreeMap::new();
    for folder in ["functions", "shared"] {
        read_sources(&root().join(folder), &mut found);
    }
    assert!(found.remove(&root().join(REGISTRY)).is_some(), "{REGISTRY} was not read");
    assert!(found.len() > 300, "only {} sources were read", found.len());
    found.into_iter().map(|(path, source)| (path, tests.replace_all(&source, "").into_owned())).collect()
}

fn read_sources(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() {
            read_sources(&path, found);
        } else if is_source && stem != "tests" && !stem.ends_with("_tests") {
            let source = std::fs::read_to_string(&path).unwrap();
            found.insert(path, source);
        }
    }
}

/// The functions that take a code and make a problem with it, by the number of parameters before the code.
fn helpers(sources: &BTreeMap<PathBuf, String>) -> BTreeMap<String, usize> {
    let declared = Regex::new(r"fn (\w+)\(([^)]*?)\bcode: &'static str").unwrap();
    let all = sources.values().flat_map(|source| declared.captures_iter(source));
    let helpers = all.map(|found| (found[1].to_owned(), found[2].matches(',').count()));
    // The constructors of `Problem` are read by patterns of their own.
    helpers.filter(|(name, _)| name != "new" && name != "conflict").collect()
}

/// The calls of one constructor.
struct Constructor {
    name: &'static str,
    calls: Regex,
    readable: Regex,
}

impl Constructor {
    /// The constructor `name`, whose code follows the arguments `before`.
    fn new(name: &'static str, before: &str) -> Self {
        let calls = Regex::new(&format!(r"\b{name}\(")).unwrap();
        let readable = Regex::new(&format!(r"\b{name}\(\s*{before}{ARGUMENT}\s*,")).unwrap();
        Self { name, calls, readable }
    }

    /// The codes that `source` gives to it. Fails where a call cannot be read.
    fn given(&self, path: &Path, source: &str) -> Vec<Given> {
        let given: Vec<Given> = self.readable.captures_iter(source).map(|found| Given::of(&found)).collect();
        let calls = self.calls.find_iter(source).count();
        assert_eq!(calls, given.len(), "{}: not every call of {} can be read", path.display(), self.name);
        given
    }
}

/// The other ways in which a source gives a code to a problem.
struct Indirect {
    /// An assignment, and calls of helpers.
    passed: Vec<Regex>,
    /// The code in a pair with what makes its text.
    pair: Regex,
}

impl Indirect {
    fn new(helpers: &BTreeMap<String, usize>) -> Self {
        let calls = helpers
            .iter()
            .map(|(name, before)| format!(r"\b{name}\((?:\s*[^,()]+,){{{before}}}\s*{ARGUMENT}\s*,"));
        let patterns = std::iter::once(format!(r"\.code = {ARGUMENT};")).chain(calls);
        let pair = Regex::new(r#"\(\s*"(?<literal>[a-z0-9]+(?:_[a-z0-9]+)+)","#).unwrap();
        Self { passed: patterns.map(|pattern| Regex::new(&pattern).unwrap()).collect(), pair }
    }

    fn given(&self, source: &str) -> Vec<Given> {
        let has_pairs = source.contains("conflict(code,") || source.contains("(&'static str, &'static str)");
        let patterns = self.passed.iter().chain(has_pairs.then_some(&self.pair));
        let given = patterns.flat_map(|pattern| pattern.captures_iter(source)).map(|found| Given::of(&found));
        // A helper of the same name may take a text at this place.
        given.filter(|given| !matches!(given, Given::Literal(text) if text.contains(' '))).collect()
    }
}

/// The codes behind `given`; a constant is known by its name, wherever it is declared.
fn resolved(given: Vec<Given>, sources: &BTreeMap<PathBuf, String>) -> BTreeSet<String> {
    let declared = Regex::new(r#"const (\w+): &str = "([a-z0-9_]+)";"#).unwrap();
    let mut constants: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for found in sources.values().flat_map(|source| declared.captures_iter(source)) {
        let (_, [name, value]) = found.extract();
        constants.entry(name).or_default().insert(value);
    }
    let mut codes = BTreeSet::new();
    for given in given {
        match given {
            Given::Literal(code) => {
                codes.insert(code);
            }
            Given::Constant(name) => {
                let values = constants.get(name.as_str()).unwrap_or_else(|| panic!("{name} is no constant"));
                codes.extend(values.iter().map(|value| (*value).to_owned()));
            }
            Given::Variable => {}
        }
    }
    codes
}

#[test]
fn the_registry_has_the_codes_that_the_sources_give_to_problems() {
    let sources = sources();
    let (helpers, mut given) = (helpers(&sources), Vec::new());
    let constructors =
        [Constructor::new("Problem::new", r"Kind::\w+,\s*"), Constructor::new("Problem::conflict", "")];
    let (own, indirect) = (Constructor::new("Self::new", r"Kind::\w+,\s*"), Indirect::new(&helpers));
    for (path, source) in &sources {
        given.extend(constructors.iter().flat_map(|constructor| constructor.given(path, source)));
        if path.ends_with("kernel/src/problem.rs") {
            given.extend(own.given(path, source));
        }
        given.extend(indirect.given(source));
    }
    let (found, registered) = (resolved(given, &sources), registered(CODES));
    let unknown: Vec<&String> = found.iter().filter(|code| !registered.contains_key(*code)).collect();
    assert!(unknown.is_empty(), "add these codes to {REGISTRY}: {unknown:?}");
    let unused: Vec<&String> = registered.keys().filter(|code| !found.contains(*code)).collect();
    assert!(unused.is_empty(), "no source gives these codes to a problem: {unused:?}");
}

#[test]
fn the_registry_has_the_oauth_errors_that_the_sources_return() {
    let sources = sources();
    let constructor = Constructor::new("OAuthError::new", "");
    let given = sources.iter().flat_map(|(path, source)| constructor.given(path, source)).collect();
    let (found, registered) = (resolved(given, &sources), registered(OAUTH_ERRORS));
    let unknown: Vec<&String> = found.iter().filter(|error| !registered.contains_key(*error)).collect();
    assert!(unknown.is_empty(), "add these errors to {REGISTRY}: {unknown:?}");
}

/// The operations of one code as the page has them; those with another status than the usual one have it before them.
fn cell(error: &ErrorCode, operations: &Operations, all: &BTreeSet<String>) -> String {
    let quoted = |ids: &mut dyn Iterator<Item = &String>| {
        ids.map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
    };
    let listed = |(status, ids): (u16, &BTreeSet<String>)| {
        let exceptions = all.difference(ids).count();
        let text = match exceptions {
            0 => "every operation".to_owned(),
            1..=MAX_EXCEPTIONS => format!("every operation except {}", quoted(&mut all.difference(ids))),
            _ if exceptions < ids.len() => format!("most operations ({} of {})", ids.len(), all.len()),
            _ => quoted(&mut ids.iter()),
        };
        if status == error.status { text } else { format!("{status}: {text}") }
    };
    let in_order = error.statuses().filter_map(|status| Some((status, operations.get(&status)?)));
    in_order.map(listed).collect::<Vec<_>>().join("; ")
}

/// The rows of a table of `codes` that the document has in `list`.
fn rows(codes: &[ErrorCode], list: &str) -> String {
    let (documented, mut rows) = (documented(list), String::new());
    let operations = document().operations();
    let ids = operations.iter().map(|operation| operation.place.value["operationId"].as_str().unwrap());
    let all: BTreeSet<String> = ids.map(str::to_owned).collect();
    for error in codes {
        if let Some(operations) = documented.get(error.code) {
            let statuses: Vec<String> = error.statuses().map(|status| status.to_string()).collect();
            let (statuses, operations) = (statuses.join(", "), cell(error, operations, &all));
            writeln!(rows, "| `{}` | {statuses} | {} | {operations} |", error.code, error.description)
                .unwrap();
        }
    }
    rows
}

fn page() -> String {
    let mut elsewhere = String::new();
    for (code, place) in ELSEWHERE {
        let error = CODES.iter().find(|error| error.code == code).unwrap();
        writeln!(elsewhere, "| `{code}` | {} | {place} |", error.description).unwrap();
    }
    let (problems, oauth) = (rows(CODES, PROBLEM_CODES), rows(OAUTH_ERRORS, OAUTH_CODES));
    format!(
        "# Error codes

Every code that a response can have, made from `{REGISTRY}` and the [API document](api.md). [http.md](http.md) lists the answers to
unusual requests.

## Problems

A problem (RFC 9457) has its code in `code`, and in `type` after `urn:holdfast:problem:`. Programs branch on the code: it never changes, and `detail` may.
Where a code has several statuses, the first is the usual one. Operations that return another one have it before them.

| code | status | description | operations |
|---|---|---|---|
{problems}
## Codes without an operation

| code | description | where |
|---|---|---|
{elsewhere}
## OAuth errors

`POST /token` returns the codes of RFC 6749, section 5.2, in `error`; `code` beside `invalid_grant` is the problem code of a missing or wrong second factor.
Its responses 429, 500 and 503 are problems.

| error | status | description | operations |
|---|---|---|---|
{oauth}"
    )
}

/// With `WRITE_ERRORS=1` the page is written first.
#[test]
fn the_page_is_what_the_registry_and_the_document_make() {
    let (file, page) = (root().join(PAGE), page());
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == page,
        "{PAGE} is out of date: {WRITE}=1 cargo test --package tests --test blackbox repo_checks::errors"
    );
}
