//! The tests that `make test-against` leaves out because they read captured messages, which only our emulators have.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use super::template::root;

/// The modules, by their names, whose tests read captured messages, themselves or by way of what their neighbours share.
fn readers(folder: &Path, module: &str) -> BTreeSet<String> {
    let reads =
        Regex::new(r"\b(emails|ses_emails|texts)\(|\bsending::\w+\((EMAIL|PHONE)|\.(code|token)\(&").unwrap();
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && name != "harness" && name != "repo_checks" {
            found.extend(readers(&path, &format!("{module}{name}::")));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            if source.contains("test]") && reads.is_match(&source) {
                found.insert(format!("{module}{name}::"));
            }
        }
    }
    found
}

#[test]
fn the_tests_that_are_left_out_are_those_that_read_captured_messages() {
    let source = std::fs::read_to_string(root().join("tests/stack/against.py")).unwrap();
    let list = source.split_once("NEED_CAPTURED_MESSAGES = (").unwrap().1.split_once(')').unwrap().0;
    let quoted = Regex::new("\"([^\"]+)\"").unwrap();
    let listed: BTreeSet<String> = quoted.captures_iter(list).map(|found| found[1].to_owned()).collect();
    assert_eq!(listed, readers(&root().join("tests/blackbox"), ""));
}
