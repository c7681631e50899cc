//! Runs every kept input through its family: the seeds, and what fuzzing found.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

/// The kept inputs of a family. Where there are none in `found/`, none was found.
fn inputs(folder: &str, name: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name);
    let entries = fs::read_dir(directory).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_kept_input_holds() {
    for (name, run) in TARGETS {
        let seeds = inputs("corpus", name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for path in seeds.into_iter().chain(inputs("found", name)) {
            let data = fs::read(&path).expect("a kept input");
            let held = std::panic::catch_unwind(|| run(&data));
            assert!(held.is_ok(), "{} does not hold", path.display());
        }
    }
}

#[test]
fn every_family_has_a_binary() {
    let crate_directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binaries: Vec<_> = fs::read_dir(crate_directory.join("fuzz_targets"))
        .expect("the targets")
        .map(|entry| {
            entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned()
        })
        .collect();
    assert_eq!(binaries.len(), TARGETS.len());
    assert!(TARGETS.iter().all(|(name, _)| binaries.iter().any(|binary| binary == name)));
}

#[test]
fn every_route_answers_its_sample() {
    for name in fuzz::routes::names() {
        fuzz::routes::requests(name.as_bytes());
    }
}
