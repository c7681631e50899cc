//! The YooKassa stub as a program of its own, as stacks run it.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Whether something listens at `address`.
fn listens(address: &str) -> bool {
    TcpStream::connect(address).is_ok()
}

#[test]
fn it_ends_with_whoever_started_it() {
    // A shell starts it, and is gone as soon as its input ends.
    let mut shell = Command::new("sh")
        .args(["-c", "\"$0\" & read -r line", env!("CARGO_BIN_EXE_yookassa-double")])
        .env("YOOKASSA_DOUBLE_ADDRESS", "127.0.0.1:0")
        .env("YOOKASSA_DOUBLE_FOLLOW_PARENT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let address = said.trim().strip_prefix("http://").unwrap();
    assert!(listens(address), "{address}");
    drop(shell.stdin.take());
    shell.wait().unwrap();
    for _ in 0..100 {
        if !listens(address) {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("it runs still at {address}");
}
