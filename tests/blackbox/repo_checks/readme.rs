//! The README, the page on ways of use and the list of pages name what there is.

use std::collections::BTreeSet;

use regex::Regex;

use super::template::root;

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// What `pattern` captures in `text`.
fn captured(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_command_that_is_named_is_in_the_makefile() {
    let targets = captured(r"(?m)^([a-z-]+):.*## ", &read("Makefile"));
    assert!(targets.len() > 15, "{targets:?}");
    let told = ["README.md", "CONTRIBUTING.md", "docs/using.md"].map(read).concat();
    let named = captured(r"(?:^|[`;\n ] *)make ([a-z][a-z-]+)(?:[` \n;]|$)", &code_of(&told));
    assert!(named.contains("invoke") && named.contains("up"), "{named:?}");
    assert_eq!(named.difference(&targets).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// The parts of a page that are code: indented blocks and what stands in backticks.
fn code_of(page: &str) -> String {
    let blocks = page.lines().filter(|line| line.starts_with("    "));
    let spans = captured("`([^`\n]+)`", page);
    blocks.map(str::to_owned).chain(spans).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_page_is_linked_and_every_link_leads_somewhere() {
    let linked = captured(r"\]\(([a-z-]+\.md)\)", &read("docs/README.md"));
    let pages = std::fs::read_dir(root().join("docs")).unwrap();
    let pages: BTreeSet<String> = pages
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "README.md")
        .collect();
    assert_eq!(linked, pages);
}

/// Each number in brackets is a source, and each source is referred to.
#[test]
fn every_statement_about_another_system_has_a_source() {
    let page = read("docs/comparison.md");
    let (table, sources) = page.split_once("## Sources").unwrap();
    let referred: BTreeSet<String> = captured(r"\[([0-9, ]+)\]", table)
        .iter()
        .flat_map(|numbers| numbers.split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(referred, captured(r"(?m)^\| ([0-9]+) \|", sources));
    for row in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |")) {
        for cell in row.trim_matches('|').split('|').skip(2) {
            assert!(cell.contains('[') || cell.trim() == "not checked", "{row}: {cell}");
        }
    }
}
