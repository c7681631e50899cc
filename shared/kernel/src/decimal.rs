//! Whole numbers in text, in the one form that each of them has.

/// Reads plain decimal digits: no sign, and no zeros before others.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_forms_are_none() {
        for text in [
            "",
            "+1",
            "-1",
            "-0",
            "01",
            "00",
            " 1",
            "1 ",
            "1.0",
            "1e2",
            "1_0",
            "0x1",
            "٣",
            "18446744073709551616",
        ] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
    }

    proptest! {
        #[test]
        fn a_number_has_one_form(number: u64, text in r"[+0]{0,2}[0-9]{0,20}|\PC{0,6}") {
            prop_assert_eq!(decimal(&number.to_string()), Some(number));
            if let Some(read) = decimal(&text) {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
