//! docs/limits.md says what the source says.

use std::path::Path;

use regex::Regex;

use super::template::root;

#[test]
fn every_limit_on_the_page_is_the_constant_in_its_file() {
    let page = std::fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let row = Regex::new(r"(?m)^\| [^|]+ \| `([^`]+)` \| `([A-Z0-9_]+)` \| `([^`]+)` \|$").unwrap();
    let mut seen = 0;
    for found in row.captures_iter(&page) {
        let (value, constant, file) = (&found[1], &found[2], &found[3]);
        let source =
            std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let declared = Regex::new(&declaration(file, constant, &regex::escape(value))).unwrap();
        assert!(declared.is_match(&source), "{constant} is not {value} in {file}");
        seen += 1;
    }
    assert!(seen > 30, "only {seen} rows were read");
}

/// The pattern of the declaration of `constant` in `file`, which is in Rust or in Python.
fn declaration(file: &str, constant: &str, value: &str) -> String {
    if Path::new(file).extension().is_some_and(|extension| extension == "py") {
        format!(r"(?m)^{constant} = {value}$")
    } else {
        format!(r"const {constant}: [^=]+= {value};")
    }
}
