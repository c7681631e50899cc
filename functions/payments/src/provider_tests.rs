use kernel::Kind;
use proptest::prelude::*;

use super::*;

#[test]
fn how_money_is_taken_is_configured_by_name() {
    assert_eq!("two-stage".parse(), Ok(Capture::InTwoSteps));
    assert_eq!("one-stage".parse(), Ok(Capture::default()));
    assert!("2".parse::<Capture>().is_err());
}

#[test]
fn only_a_refusal_is_final() {
    let wait = Some(Duration::from_secs(7));
    let kind = |error: ProviderError| Problem::from(error).kind;
    assert_eq!(kind(ProviderError::Unknown(String::new())), Kind::Unavailable);
    assert_eq!(kind(ProviderError::Unavailable(String::new())), Kind::Unavailable);
    assert_eq!(kind(ProviderError::Refused { code: String::new(), message: String::new() }), Kind::Conflict);
    assert_eq!(Problem::from(ProviderError::Throttled { retry_after: wait }).retry_after, Some(7));
}

proptest! {
    #[test]
    fn a_reference_can_stand_in_a_path(text in r"[0-9a-zA-Z-]{0,70}|\PC{0,20}|[0-9a-f-]{1,20}[/?#%.\\ ]{1,3}") {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let fits = plain && (1..=MAX_REFERENCE).contains(&text.len());
        let read = PaymentReference::try_from(text.clone());
        prop_assert_eq!(read.is_ok(), fits);
        if let Ok(reference) = read {
            prop_assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn a_description_is_cut_between_characters(text in r"\PC{0,300}") {
        let description = Description::new(&text);
        prop_assert_eq!(description.as_str().chars().count(), text.chars().count().min(MAX_DESCRIPTION));
        prop_assert!(text.starts_with(description.as_str()));
    }
}
