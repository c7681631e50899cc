//! The commands of the Makefile, on the stack under test.

use std::path::Path;
use std::process::Command;

/// What a command said, and whether it did what it was asked.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) succeeded: bool,
    pub(crate) text: String,
}

/// The command behind the Makefile with these arguments. The stack under test is the one that this environment names.
pub(crate) fn stack_tool(arguments: &[&str]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut tool = Command::new(root.join(".venv/tools/bin/python"));
    tool.args(["-m", "holdfast"]).args(arguments).current_dir(root).env("PYTHONPATH", "tools");
    tool
}

/// Runs `make <command>` with these arguments as the Makefile writes them.
pub(crate) async fn tool(command: &str, arguments: &[&str]) -> Said {
    let mut tool = stack_tool(&[&[command, "--stage", "local"], arguments].concat());
    let output = tokio::task::spawn_blocking(move || tool.output().unwrap()).await.unwrap();
    let text = [output.stdout, output.stderr].concat();
    Said { succeeded: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() }
}
