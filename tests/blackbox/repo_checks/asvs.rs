//! docs/asvs.md names what there is: tests of the sources, each requirement once, and the counts of its own rows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use regex::Regex;

use super::template::root;

/// Requirements of levels 1 and 2 of ASVS 4.0.3, without those that the standard deleted.
const REQUIREMENTS: usize = 260;

/// A row of a chapter's table.
struct Row {
    chapter: String,
    number: String,
    level: u8,
    requirement: String,
    verdict: String,
    /// What shows it, or the reason.
    shown_by: String,
}

/// Met, not applicable, not met.
type Counts = (usize, usize, usize);

fn page() -> String {
    std::fs::read_to_string(root().join("docs/asvs.md")).unwrap()
}

fn rows(page: &str) -> Vec<Row> {
    let row =
        Regex::new(r"^\| (\d+)(\.\d+\.\d+) \| ([12]) \| ([^|]+) \| \**([^|*]+)\** \| (.+) \|$").unwrap();
    let rows = page.lines().filter_map(|line| row.captures(line)).map(|found| Row {
        chapter: format!("V{}", &found[1]),
        number: format!("{}{}", &found[1], &found[2]),
        level: found[3].parse().unwrap(),
        requirement: found[4].to_owned(),
        verdict: found[5].to_owned(),
        shown_by: found[6].to_owned(),
    });
    rows.collect()
}

fn count<'a>(rows: impl Iterator<Item = &'a Row>) -> Counts {
    let mut counts = (0, 0, 0);
    for row in rows {
        match row.verdict.as_str() {
            "met" => counts.0 += 1,
            "not applicable" => counts.1 += 1,
            "not met" => counts.2 += 1,
            other => panic!("{} is {other}", row.number),
        }
    }
    counts
}

/// The counts that the row of the page's first table says which begins with `name`. The row's last figure has to be their sum.
fn said(page: &str, name: &str) -> Counts {
    let row = Regex::new(&format!(
        r"(?m)^\| (?:\*\*)?\[?{name}\b[^|]*\| \**(\d+)\** \| \**(\d+)\** \| \**(\d+)\** \| \**(\d+)\** \|$"
    ));
    let found = row.unwrap().captures(page).unwrap_or_else(|| panic!("{name} is not counted"));
    let figure = |index: usize| found[index].parse::<usize>().unwrap();
    assert_eq!(figure(1) + figure(2) + figure(3), figure(4), "the sum of {name}");
    (figure(1), figure(2), figure(3))
}

/// The file that a test is in, and its name: `identity::get_me::name` is a black-box test, others have their file before the name.
fn place(test: &str) -> (PathBuf, &str) {
    let (module, name) = test.rsplit_once("::").unwrap();
    if module.contains('/') {
        return (root().join(module), name);
    }
    let path = root().join("tests/blackbox").join(module.replace("::", "/"));
    let file = path.with_extension("rs");
    (if file.exists() { file } else { path.join("mod.rs") }, name)
}

/// Whether `source` has a test of this name: a function below the attribute of one, however many other attributes stand between, one inside of
/// `proptest!`, or one of Python's.
fn has_test(source: &str, name: &str) -> bool {
    let rust = format!(r"#\[(?:tokio::)?test(?:\([^)]*\))?\]\s*(?:#\[[^\]]*\]\s*)*(?:async )?fn {name}\s*\(");
    let python = format!(r"(?m)^ *def {name}\(");
    Regex::new(&rust).unwrap().is_match(source) || Regex::new(&python).unwrap().is_match(source)
}

#[test]
fn every_test_that_is_named_is_there() {
    // A test's name, in backticks. Names of Rust's types begin with a capital.
    let named = Regex::new(r"`([a-z][A-Za-z0-9_./-]*(?:::[a-z0-9_]+)+)`").unwrap();
    let (mut seen, mut missing) = (BTreeSet::new(), Vec::new());
    for row in rows(&page()) {
        for found in named.captures_iter(&row.shown_by) {
            let (file, name) = place(&found[1]);
            let source = std::fs::read_to_string(&file).unwrap_or_default();
            if !has_test(&source, name) {
                missing.push(format!("{}: {}", row.number, &found[1]));
            }
            seen.insert(found[1].to_owned());
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(seen.len() > 100, "only {} tests were read", seen.len());
}

#[test]
fn every_requirement_is_judged_once_and_no_row_is_without_a_reason() {
    let page = page();
    let (rows, mut numbers) = (rows(&page), BTreeSet::new());
    for row in &rows {
        assert!(numbers.insert(&row.number), "{} is there twice", row.number);
    }
    // A row that could not be read would be counted nowhere.
    let begun = Regex::new(r"(?m)^\| \d+\.\d+\.\d+ ").unwrap().find_iter(&page).count();
    assert_eq!((rows.len(), begun), (REQUIREMENTS, REQUIREMENTS));
}

#[test]
fn the_counts_are_those_of_the_rows() {
    let page = page();
    let rows = rows(&page);
    let mut chapters: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        chapters.entry(&row.chapter).or_default().push(row);
    }
    assert_eq!(chapters.len(), 14);
    for (chapter, rows) in chapters {
        let counts = count(rows.into_iter());
        assert_eq!(said(&page, chapter), counts, "{chapter}");
        // The chapter says it again, below its heading.
        let (met, not_applicable, not_met) = counts;
        let sentence = format!(
            r"(?m)^## {chapter} .*\n\n{met} met, {not_applicable} not applicable, {not_met} not met\.$"
        );
        assert!(
            Regex::new(&sentence).unwrap().is_match(&page),
            "{chapter} says other counts below its heading"
        );
    }
    assert_eq!(said(&page, "all"), count(rows.iter()));
    assert_eq!(said(&page, "of level 1"), count(rows.iter().filter(|row| row.level == 1)));
    assert_eq!(said(&page, "of level 2 alone"), count(rows.iter().filter(|row| row.level == 2)));
}

#[test]
fn the_list_of_what_is_not_met_is_that_of_the_rows() {
    let page = page();
    let item = Regex::new(r"(?m)^  - (\d+\.\d+\.\d+): (.+)$").unwrap();
    let listed: Vec<_> =
        item.captures_iter(&page).map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
    let not_met: BTreeSet<_> = rows(&page)
        .into_iter()
        .filter(|row| row.verdict == "not met")
        .map(|row| (row.number, row.requirement))
        .collect();
    assert_eq!(listed.len(), not_met.len(), "each once");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), not_met);
}
