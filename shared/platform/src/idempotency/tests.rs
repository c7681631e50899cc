//! Keys, and what a request with one is.

use kernel::Kind;

use super::request::{Claim, Former, digest, unquote};
use super::*;
use crate::dynamo::Key;
use crate::http::Response;
use crate::http::request::tests::with_headers;

const NOW: i64 = 1_700_000_000;

fn record(outcome: Option<&str>, resource: Option<&str>) -> Record {
    Record {
        fingerprint: "same".to_owned(),
        lease_ends: NOW + 30,
        resource: resource.map(str::to_owned),
        outcome: outcome.map(str::to_owned),
        answer: None,
        expires_at: NOW + 86_400,
    }
}

fn judged(record: Option<Record>, at: i64) -> Result<Lookup<u32>, LookupError> {
    let claim = Claim {
        key: Key::new("KEY#1", "RECORD"),
        fingerprint: "same".to_owned(),
        former: None,
        derived: false,
    };
    judge(claim, record, Timestamp::from_millis(at * 1_000))
}

#[test]
fn a_finished_request_is_replayed_with_200_for_201() {
    let replay = |record| match judged(Some(record), NOW).unwrap() {
        Lookup::Replay(stored) => stored,
        other => panic!("{other:?}"),
    };
    let former = StoredResponse { status: 201, body: "7".to_owned() };
    let of_an_earlier_release = Record { answer: Some(former), ..record(None, None) };
    for stored in [replay(record(Some("7"), None)), replay(of_an_earlier_release)] {
        let reply =
            Completion::Repeated(stored).reply(&with_headers(&[]), |outcome| Response::created(&outcome));
        let reply = reply.unwrap();
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, "7"));
        assert_eq!(reply.headers["x-idempotent-replay"], "true");
    }
}

#[test]
fn an_outcome_that_is_a_problem_is_the_response_to_a_repeat() {
    let short = |_: u32| Err(Problem::conflict("insufficient_stock", "So few."));
    let first = Completion::First(7).reply(&with_headers(&[]), short);
    assert_eq!(first.unwrap_err().code, "insufficient_stock");
    let repeated = Completion::Repeated(Stored::Outcome(7)).reply(&with_headers(&[]), short).unwrap();
    assert_eq!(
        (repeated.status.as_u16(), &repeated.headers["x-idempotent-replay"]),
        (409, &"true".parse().unwrap())
    );
    let lost = Completion::Repeated(Stored::Outcome(7));
    let lost = lost.reply(&with_headers(&[]), |_| Err(Problem::internal("x")));
    assert!(lost.is_err(), "a failure to render is no outcome");
}

#[test]
fn a_running_request_is_waited_for_and_then_carried_on() {
    let running = judged(Some(record(None, Some("o"))), NOW).unwrap_err();
    assert!(matches!(running, LookupError::Refused(KeyRefusal::InProgress)));
    let later = judged(Some(record(None, Some("o"))), NOW + 31).unwrap();
    assert!(matches!(later, Lookup::Resume(_, resource) if resource == "o"));
}

#[test]
fn another_body_is_refused_and_an_old_record_forgotten() {
    let mut other = record(None, None);
    other.fingerprint = "other".to_owned();
    let reused = judged(Some(other), NOW).unwrap_err();
    assert!(matches!(reused, LookupError::Refused(KeyRefusal::Reused)));
    assert!(matches!(judged(Some(record(None, None)), NOW + 86_400).unwrap(), Lookup::New(_)));
    assert!(matches!(judged(None, NOW).unwrap(), Lookup::New(_)));
}

#[test]
fn refusals_of_keys_have_their_codes() {
    let problem = |refusal: KeyRefusal| {
        let Problem { kind, code, detail, retry_after, .. } = refusal.into();
        (kind, code, detail, retry_after)
    };
    let detail = "The same request is still running.".to_owned();
    let running = (Kind::Conflict, "idempotency_in_progress", detail, Some(1));
    assert_eq!(problem(KeyRefusal::InProgress), running);
    let detail = "This Idempotency-Key was used before with another request.".to_owned();
    assert_eq!(problem(KeyRefusal::Reused), (Kind::Invalid, KEY_REUSED, detail, None));
}

#[test]
fn a_key_that_is_not_understood_is_refused_and_never_absent() {
    let read = |values: &[&[u8]]| {
        let headers: Vec<_> = values.iter().map(|value| ("idempotency-key", *value)).collect();
        let request = with_headers(&headers);
        (IdempotentRequest::of(&request).map(|request| request.has_key()), require_key(&request))
    };
    assert_eq!(read(&[b"k-1"]), (Ok(true), Ok(())));
    assert_eq!(read(&[b"\"k-1\""]), (Ok(true), Ok(())));
    assert_eq!(read(&[]).0, Ok(false));
    assert_eq!(read(&[]).1.unwrap_err().code, "idempotency_key_required");
    let bad: [&[&[u8]]; 13] = [
        &[b"\"unclosed"],
        &[b"\""],
        &["ключ".as_bytes()],
        &[b"\xff"],
        &[b""],
        &[b"\"\""],
        &[b"two words"],
        &[b"k-1", b"k-1"],
        &[b"k-1,k-1"],
        &[b"k-1, k-1"],
        &[b"\"k,1\""],
        &[b"\"k-1\",\"k-2\""],
        &[&[b'k'; MAX_KEY_LENGTH + 1]],
    ];
    for values in bad {
        let (claimed, required) = read(values);
        let codes = [claimed.unwrap_err().code, required.unwrap_err().code];
        assert_eq!(codes, ["invalid_idempotency_key"; 2], "{values:?}");
    }
}

#[test]
fn a_derived_key_is_the_request_s_own() {
    let (one, other) = (with_headers(&[]), with_headers(&[("x-other", b"1".as_slice())]));
    let key = |caller, request, salt| IdempotentRequest::of(request).unwrap().derived_claim(caller, salt).key;
    assert_eq!(key("a", &one, "7"), key("a", &other, "7"), "headers are no part of what is wanted");
    assert_ne!(key("a", &one, "7"), key("b", &one, "7"));
    assert_ne!(key("a", &one, "7"), key("a", &one, "8"));
}

#[test]
fn quotes_are_not_part_of_a_key() {
    assert_eq!(unquote("\"abc\""), "abc");
    assert_eq!(unquote("abc"), "abc");
    assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
}

/// Records of the last 24 hours are still read.
#[test]
fn a_record_of_the_former_form_is_the_same_request() {
    let former = Former { key: Key::new("KEY#0", "RECORD"), fingerprint: "same".to_owned() };
    let claim = Claim {
        key: Key::new("KEY#1", "RECORD"),
        fingerprint: "by value".to_owned(),
        former: Some(former),
        derived: false,
    };
    let answered =
        judge::<u32>(claim.clone(), Some(record(Some("7"), None)), Timestamp::from_millis(NOW * 1_000));
    assert!(matches!(answered, Ok(Lookup::Replay(_))));
    let later = Timestamp::from_millis((NOW + 31) * 1_000);
    let Lookup::Resume(attempt, _) = judge::<u32>(claim, Some(record(None, Some("o"))), later).unwrap()
    else {
        panic!()
    };
    assert_eq!(attempt.0.unwrap().fingerprint, "same", "what it writes is held to the record");
}
