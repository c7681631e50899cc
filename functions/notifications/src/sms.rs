//! The length of SMS.
//!
//! A message is sent and billed in segments. Texts in the alphabet of 3GPP TS 23.038 (GSM-7) have more room in one than all
//! others, which are sent as UCS-2; a message of several segments loses some of each to the header that joins them.

/// Characters of one whole message in GSM-7.
pub const GSM7_SINGLE: usize = 160;
/// Characters of each segment of a longer message in GSM-7.
pub const GSM7_PART: usize = 153;
/// UTF-16 units of one whole message in UCS-2.
pub const UCS2_SINGLE: usize = 70;
/// UTF-16 units of each segment of a longer message in UCS-2.
pub const UCS2_PART: usize = 67;
/// The most segments that a message of ours takes, with any variables; the templates are written to fit.
pub const MAX_SEGMENTS: usize = 2;

/// The basic characters of GSM-7, without its escape.
const GSM7_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                          ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The characters of GSM-7 that take an escape and count twice.
const GSM7_ESCAPED: &str = "\u{c}^{}\\[~]|€";

/// The number of segments that `text` is sent and billed as.
pub fn segments(text: &str) -> usize {
    let septets: Option<usize> = text.chars().map(septets).sum();
    let (length, single, part) = match septets {
        Some(length) => (length, GSM7_SINGLE, GSM7_PART),
        None => (text.encode_utf16().count(), UCS2_SINGLE, UCS2_PART),
    };
    if length <= single { 1 } else { length.div_ceil(part) }
}

/// The length of a character in GSM-7; `None` for one that is not in it.
fn septets(letter: char) -> Option<usize> {
    match letter {
        _ if GSM7_BASIC.contains(letter) => Some(1),
        _ if GSM7_ESCAPED.contains(letter) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_have_edges() {
        for (text, count) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            ("ы".repeat(70), 1),
            ("ы".repeat(71), 2),
            ("ы".repeat(134), 2),
            ("ы".repeat(135), 3),
            (format!("{}ы", "a".repeat(70)), 2),
            ("😀".repeat(35), 1),
            ("😀".repeat(36), 2),
        ] {
            assert_eq!(segments(&text), count, "{text}");
        }
    }
}
