//! Response times do not reveal what the responses hide: a rough comparison, wide enough for a busy machine.
//!
//! A missing hash would show at once: it takes some ten times as long as everything else in a login.

use std::time::{Duration, Instant};

use serde_json::json;

use super::request_password_reset::request;
use super::sending::{EMAIL, unique_address};
use crate::harness::{Answer, customer, post_from, unique_email};

/// Pairs that are compared.
const PAIRS: usize = 15;

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[expect(clippy::print_stdout, reason = "what was measured is shown with `--nocapture`")]
/// Neither takes more than twice as long as the other, in the middle of as many tries.
async fn alike(what: &str, known: impl AsyncFn() -> Answer, unknown: impl AsyncFn() -> Answer) {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    // In turns, so that what else the machine does falls on both.
    for _ in 0..PAIRS {
        for (times, ask) in [(&mut one, true), (&mut other, false)] {
            let began = Instant::now();
            let answer = if ask { known().await } else { unknown().await };
            times.push(began.elapsed());
            assert!(matches!(answer.status, 202 | 401), "{}", answer.text);
        }
    }
    let (one, other) = (median(&mut one), median(&mut other));
    println!("{what}: known {one:?}, unknown {other:?}");
    assert!(one < other * 2 && other < one * 2, "{what}: known {one:?}, unknown {other:?}");
}

async fn log_in(email: &str) -> Answer {
    let body = json!({"email": email, "password": "a wrong password"});
    post_from(&unique_address(), "LogInByEmail", "/api/v1/auth/login/email", &body).await
}

#[tokio::test]
async fn a_login_takes_as_long_for_an_account_that_is_not_there() {
    // Few enough guesses at each account that none is locked out.
    let people = [customer().await.email, customer().await.email, customer().await.email];
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let next = || turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % people.len();
    alike("login", async || log_in(&people[next()]).await, async || log_in(&unique_email()).await).await;
}

#[tokio::test]
async fn a_reset_takes_as_long_for_an_account_that_is_not_there() {
    let mut people = Vec::new();
    for _ in 0..PAIRS {
        people.push(customer().await.email);
    }
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let next = || turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let known = async || request(EMAIL, &people[next()]).await;
    alike("reset", known, async || request(EMAIL, &unique_email()).await).await;
}
