//! docs/limits.md says what the source says.

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
        let declared = Regex::new(&format!(r"const {constant}: [^=]+= {};", regex::escape(value))).unwrap();
        assert!(declared.is_match(&source), "{constant} is not {value} in {file}");
        seen += 1;
    }
    assert!(seen > 30, "only {seen} rows were read");
}
