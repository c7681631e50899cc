use super::*;

fn user(name: &str) -> UserId {
    UserId::derived(name)
}

fn key(text: &str) -> SealingKey {
    SealingKey::new(&text.repeat(64)[..64]).ok().unwrap()
}

fn factor(secret: &TotpSecret) -> SecondFactor {
    let now = Timestamp::from_millis(1_700_000_000_000);
    SecondFactor::pending(key("k").seal(user("ada"), secret).unwrap(), now)
}

#[test]
fn codes_are_read_as_people_type_them() {
    for text in ["012345", " 012 345", "012-345"] {
        assert!(SecondFactorCode::parse(text) == Ok(SecondFactorCode::Totp("012345".to_owned())), "{text}");
    }
    for text in ["abcd-efgh-ijkl-mn23", "ABCDEFGHIJKLMN23", "abcd efgh ijkl mn23"] {
        let read = SecondFactorCode::parse(text);
        assert!(read == Ok(SecondFactorCode::Recovery("ABCDEFGHIJKLMN23".to_owned())), "{text}");
    }
    for text in [
        "",
        "12345",
        "1234567",
        "12345a",
        "１２３４５６",
        "abcd-efgh-ijkl-mn2",
        "abcd-efgh-ijkl-mn018",
        "+12345",
    ] {
        assert!(SecondFactorCode::parse(text) == Err(CODE_RULE), "{text}");
    }
}

#[test]
fn a_recovery_code_is_shown_in_groups_and_read_back() {
    let code = SecondFactorCode::generate_recovery().ok().unwrap();
    let shown = code.shown();
    assert_eq!((shown.len(), shown.matches('-').count()), (19, 3), "{shown}");
    assert!(SecondFactorCode::parse(&shown) == Ok(code.clone()));
    assert_ne!(code.recovery_hash(user("ada")), code.recovery_hash(user("bob")));
    assert!(!code.recovery_hash(user("ada")).contains(&shown));
}

#[test]
fn a_secret_is_sealed_for_one_account_under_one_key() {
    let secret = TotpSecret::generate().unwrap();
    let sealed = key("k").seal(user("ada"), &secret).unwrap();
    assert_eq!(key("k").open(user("ada"), &sealed).unwrap().base32(), secret.base32());
    assert_ne!(sealed, key("k").seal(user("ada"), &secret).unwrap(), "a nonce is used once");
    for (key, name) in [(key("k"), "bob"), (key("l"), "ada")] {
        assert!(key.open(user(name), &sealed).is_err(), "{name}");
    }
    for damaged in ["", "AAAA", &sealed[..sealed.len() - 2], &format!("A{}", &sealed[1..])] {
        assert!(damaged == sealed || key("k").open(user("ada"), damaged).is_err(), "{damaged}");
    }
    assert!(SealingKey::new("short").is_err());
}

#[test]
fn a_code_is_used_once_and_older_ones_with_it() {
    let (secret, now) = (TotpSecret::generate().unwrap(), Timestamp::from_millis(1_700_000_000_000));
    let step = 1_700_000_000 / 30;
    let code = |step| SecondFactorCode::Totp(secret.code(step));
    let spend = |factor: &SecondFactor, code: &SecondFactorCode| {
        factor.spent(&key("k"), user("ada"), code, now).unwrap()
    };
    let first = factor(&secret);
    let next = spend(&first, &code(step)).unwrap();
    assert_eq!((next.last_step, next.version), (step, 2));
    assert!(spend(&next, &code(step)).is_none(), "a replay");
    assert!(spend(&next, &code(step - 1)).is_none(), "an older one");
    assert!(spend(&next, &code(step + 1)).is_some());
}

#[test]
fn a_recovery_code_is_used_once_and_takes_no_other_with_it() {
    let codes: Vec<SecondFactorCode> =
        (0..3).map(|_| SecondFactorCode::generate_recovery().ok().unwrap()).collect();
    let now = Timestamp::from_millis(1_700_000_000_000);
    let recovery_hashes = codes.iter().map(|code| code.recovery_hash(user("ada"))).collect();
    let first = SecondFactor { recovery_hashes, ..factor(&TotpSecret::generate().unwrap()) };
    let next = first.spent(&key("k"), user("ada"), &codes[1], now).unwrap().unwrap();
    assert_eq!(next.recovery_hashes.len(), 2);
    assert!(next.spent(&key("k"), user("ada"), &codes[1], now).unwrap().is_none(), "used");
    assert!(next.spent(&key("k"), user("ada"), &codes[0], now).unwrap().is_some());
    let strange = SecondFactorCode::generate_recovery().ok().unwrap();
    assert!(first.spent(&key("k"), user("ada"), &strange, now).unwrap().is_none());
}

#[test]
fn an_item_holds_no_secret_in_the_clear() {
    let secret = TotpSecret::generate().unwrap();
    let item = serde_json::to_string(&factor(&secret)).unwrap();
    assert!(!item.contains(&secret.base32()), "{item}");
    let least =
        serde_json::json!({"sealedSecret": "x", "createdAt": "2026-01-01T00:00:00.000Z", "version": 1});
    let read: SecondFactor = serde_json::from_value(least).unwrap();
    assert!(!read.is_enabled() && read.last_step == 0 && read.recovery_hashes.is_empty());
}

#[test]
fn a_policy_is_one_of_two_words() {
    assert_eq!("required".parse(), Ok(OpsPolicy::Required));
    assert_eq!("optional".parse(), Ok(OpsPolicy::Optional));
    assert!("yes".parse::<OpsPolicy>().is_err());
}
