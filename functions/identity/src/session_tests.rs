//! A session under every order of honest, repeated and stolen tokens.

use proptest::prelude::*;

use super::*;

const START: i64 = 1_700_000_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(START + seconds * 1_000)
}

fn token() -> RefreshToken {
    RefreshToken::generate(UserId::derived("someone"), SessionId::derived("session")).unwrap()
}

/// A session whose tokens `a`, `b` were used, the second one at 100 seconds, and whose current token is `c`.
fn refreshed_twice() -> (Session, [RefreshToken; 3]) {
    let [a, b, c] = [token(), token(), token()];
    let session =
        Session::begin(&a, at(0)).rotated(&a, &b, at(50)).unwrap().rotated(&b, &c, at(100)).unwrap();
    (session, [a, b, c])
}

fn verdict(session: &Session, token: &RefreshToken, seconds: i64) -> &'static str {
    match session.judge(token, at(seconds)).unwrap() {
        Judgement::Current => "current",
        Judgement::Repeated(_) => "repeated",
        Judgement::Reused => "reused",
        Judgement::Ended => "ended",
    }
}

#[test]
fn each_token_has_its_turn() {
    let first = token();
    let session = Session::begin(&first, at(0));
    assert_eq!(verdict(&session, &first, 0), "current");
    assert_eq!(verdict(&session, &token(), 0), "reused", "another secret under the same session");
    let (session, [a, b, c]) = refreshed_twice();
    assert_eq!(verdict(&session, &c, 5_000), "current");
    assert_eq!(verdict(&session, &b, 101), "repeated");
    assert_eq!(verdict(&session, &a, 101), "reused", "two back, within the grace of the one after it");
}

#[test]
fn the_grace_is_ten_seconds_and_gives_the_same_answer() {
    let (session, [_, b, c]) = refreshed_twice();
    for seconds in [99, 100, 109] {
        let Judgement::Repeated(again) = session.judge(&b, at(seconds)).unwrap() else { panic!("{seconds}") };
        assert_eq!(again.text(), c.text());
    }
    assert_eq!(verdict(&session, &b, 110), "reused");
}

#[test]
fn a_session_ends_thirty_days_after_its_login() {
    let (session, [_, b, c]) = refreshed_twice();
    let end = 30 * 24 * 60 * 60;
    assert_eq!(verdict(&session, &c, end - 1), "current");
    for used in [&b, &c] {
        assert_eq!(verdict(&session, used, end), "ended");
    }
}

#[test]
fn what_is_kept_does_not_open_the_session() {
    let (session, [_, b, c]) = refreshed_twice();
    let handover = session.previous.unwrap().handover;
    assert_ne!(handover.0, c.secret);
    assert_ne!(xor(handover.0, b.hash().0), c.secret, "the stored hash is not the pad");
}

#[test]
fn kept_text_is_read_back() {
    let hash = token().hash();
    assert_eq!(TokenHash::from_text(&hash.to_text()).unwrap().0, hash.0);
    assert_eq!(hash.to_text().len(), 43);
    assert!(TokenHash::from_text("short").is_none());
    assert!(Sealed::from_text(&"A".repeat(44)).is_none());
}

#[test]
fn only_the_exact_text_is_a_token() {
    let text = token().text();
    assert_eq!(RefreshToken::parse(&text).unwrap().text(), text);
    for other in [
        String::new(),
        "..".to_owned(),
        text.to_uppercase(),
        format!("{text} "),
        format!("{text}."),
        format!("{text}="),
        text.replacen('-', "", 1),
        text[..text.len() - 1].to_owned(),
        format!("{{{}", &text[1..]),
    ] {
        assert!(RefreshToken::parse(&other).is_none(), "{other}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>(), shaped in "[0-9a-f-]{0,40}\\.[0-9a-f-]{0,40}\\.[A-Za-z0-9_-]{0,50}") {
        for text in [text, shaped] {
            if let Some(token) = RefreshToken::parse(&text) {
                prop_assert_eq!(token.text(), text);
            }
        }
    }

    /// Any number of refreshes at any pace: exactly one token is current, at most one other is answered, and what it is
    /// answered with is the current one.
    #[test]
    fn at_most_two_tokens_of_a_chain_are_ever_good(pauses in prop::collection::vec(0_i64..400, 1..12), after in 0_i64..30) {
        let mut chain = vec![token()];
        let mut session = Session::begin(&chain[0], at(0));
        let mut now = 0;
        for pause in pauses {
            now += pause;
            let next = token();
            session = session.rotated(&chain[chain.len() - 1], &next, at(now)).unwrap();
            chain.push(next);
        }
        let (current, used) = chain.split_last().unwrap();
        prop_assert_eq!(verdict(&session, current, now + after), "current");
        for (age, old) in used.iter().rev().enumerate() {
            match session.judge(old, at(now + after)).unwrap() {
                Judgement::Repeated(again) => {
                    prop_assert!(age == 0 && after < 10);
                    prop_assert_eq!(again.text(), current.text());
                }
                Judgement::Reused => prop_assert!(age > 0 || after >= 10),
                Judgement::Current | Judgement::Ended => prop_assert!(false, "an old token is current"),
            }
        }
    }
}

#[test]
fn an_access_token_names_its_session_and_no_other() {
    let (one, two) = (SessionId::generate(), SessionId::generate());
    let (first, second) = (access_token_id(one).unwrap(), access_token_id(one).unwrap());
    assert_ne!(first, second);
    for id in [first, second] {
        assert!(is_access_token_of(&id.to_string(), one));
        assert!(!is_access_token_of(&id.to_string(), two));
        assert_eq!(id.get_version_num(), 8);
        assert!(!id.to_string().contains(&one.to_string()[..8]));
    }
    for text in ["", "1", "00000000-0000-0000-0000-000000000000"] {
        assert!(!is_access_token_of(text, one), "{text}");
    }
}

#[test]
fn the_sessions_that_began_first_make_room() {
    let begun = |second: i64| {
        let token = RefreshToken::generate(UserId::derived("someone"), SessionId::generate()).unwrap();
        (token.session, Session::begin(&token, Timestamp::from_millis(second * 1_000)))
    };
    let mut sessions: Vec<_> = (0..19).rev().map(begun).collect();
    assert_eq!(surplus(&sessions), []);
    sessions.push(begun(50));
    let oldest = sessions[18].0;
    assert_eq!(surplus(&sessions), [oldest]);
    sessions.push(begun(60));
    assert_eq!(surplus(&sessions), [oldest, sessions[17].0]);
}

#[test]
fn a_session_may_use_less_than_its_account() {
    let token = RefreshToken::generate(UserId::derived("someone"), SessionId::generate()).unwrap();
    let mut session = Session::begin(&token, Timestamp::from_millis(0));
    let scopes: Scopes = "orders:read loms".parse().unwrap();
    assert_eq!(session.allowed(&scopes), scopes);
    session.narrowed = Some("loms stock:write".parse().unwrap());
    assert_eq!(session.allowed(&scopes).to_string(), "loms");
}
