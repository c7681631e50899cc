//! The encoding of a body: what declares itself, by its first bytes or its content type, becomes UTF-8 before its lines are read.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use crate::refusal::ImportRefusal;

/// The bytes of `body` as UTF-8: by its byte order mark, or else by the `charset` of its content type. Without either it is taken as it is, and lines that are
/// not UTF-8 are refused one by one.
pub fn to_utf8<'a>(content_type: Option<&str>, body: &'a [u8]) -> Result<Cow<'a, [u8]>, ImportRefusal> {
    let (encoding, rest) = match (Encoding::for_bom(body), content_type.and_then(charset)) {
        (Some((encoding, length)), _) => (encoding, &body[length..]),
        (None, Some(label)) => (Encoding::for_label(label.as_bytes()).ok_or_else(|| unknown(label))?, body),
        (None, None) => (UTF_8, body),
    };
    if encoding == UTF_8 {
        return Ok(Cow::Borrowed(rest));
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(rest);
    text.map(|text| Cow::Owned(text.into_owned().into_bytes()))
        .ok_or(ImportRefusal::NotInEncoding { encoding: encoding.name() })
}

/// The parameter `charset` of a content type.
fn charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut named = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named.next().map(|(_, value)| value.trim().trim_matches('"'))
}

fn unknown(label: &str) -> ImportRefusal {
    ImportRefusal::UnknownCharset { label: label.to_owned() }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{KOI8_R, WINDOWS_1251};

    use super::*;

    const TEXT: &str = "id,name\nA-1,Чай\n";

    fn read(content_type: &str, body: &[u8]) -> Result<String, ImportRefusal> {
        to_utf8(Some(content_type), body).map(|text| String::from_utf8_lossy(&text).into_owned())
    }

    #[test]
    fn the_declared_charset_is_read() {
        for (kind, encoding) in [
            ("text/csv; charset=windows-1251", WINDOWS_1251),
            ("text/csv;header=present; CHARSET=\"CP1251\"", WINDOWS_1251),
            ("application/x-ndjson; charset=koi8-r", KOI8_R),
        ] {
            assert_eq!(read(kind, &encoding.encode(TEXT).0).unwrap(), TEXT, "{kind}");
        }
        for kind in ["text/csv", "text/csv; charset=utf-8", "text/csv; header=present"] {
            assert_eq!(read(kind, TEXT.as_bytes()).unwrap(), TEXT, "{kind}");
        }
        assert_eq!(to_utf8(None, b"\xff").unwrap(), Cow::Borrowed(b"\xff"), "its lines are refused");
    }

    #[test]
    fn a_byte_order_mark_says_more_than_a_charset() {
        let little: Vec<u8> = "\u{feff}чай".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "\u{feff}чай".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for body in [&little, &big, "\u{feff}чай".as_bytes()] {
            assert_eq!(read("text/csv; charset=windows-1251", body).unwrap(), "чай");
        }
    }

    #[test]
    fn what_is_not_in_its_charset_is_refused() {
        let problem = read("text/csv; charset=windows-1251", b"a\x98").unwrap();
        assert_eq!(problem, "a\u{98}", "the encoding standard has a control there, which no name may have");
        let odd = read("text/csv; charset=utf-16le", b"abc").unwrap_err();
        assert_eq!(odd, ImportRefusal::NotInEncoding { encoding: "UTF-16LE" });
        let unknown = read("text/csv; charset=ebcdic", b"a").unwrap_err();
        assert_eq!(unknown, ImportRefusal::UnknownCharset { label: "ebcdic".to_owned() });
    }
}
