//! A position in a distributed trace.
//!
//! X-Ray writes it as `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0 or 1>`; the W3C, and with it the tracing extension of `CloudEvents`, as
//! `00-<32 hex>-<16 hex>-<flags>`. Both say the same; an event carries the second.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The place of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// 32 hexadecimal digits, of which the first eight are a time.
    root: String,
    /// The segment that set it off; 16 hexadecimal digits.
    parent: String,
    sampled: bool,
}

impl Trace {
    /// Reads X-Ray's header. `None` for anything else, and for a header that names no parent.
    pub fn from_header(header: &str) -> Option<Self> {
        let member = |name: &str| {
            header
                .split(';')
                .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('=').map(str::trim))
        };
        let (time, unique) = member("Root")?.strip_prefix("1-")?.split_once('-')?;
        let parent = member("Parent")?;
        let whole = is_hex(time, 8) && is_hex(unique, 24) && is_hex(parent, 16);
        let sampled = member("Sampled") == Some("1");
        whole.then(|| Self { root: format!("{time}{unique}"), parent: parent.to_owned(), sampled })
    }

    /// X-Ray's header.
    pub fn header(&self) -> String {
        format!("Root={};Parent={};Sampled={}", self.id(), self.parent, u8::from(self.sampled))
    }

    /// The id by which X-Ray finds the trace.
    pub fn id(&self) -> String {
        let (time, unique) = self.root.split_at(8);
        format!("1-{time}-{unique}")
    }

    fn from_traceparent(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (Some("00"), Some(root), Some(parent), Some(flags), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let whole = is_hex(root, 32) && is_hex(parent, 16) && is_hex(flags, 2);
        let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
        whole.then(|| Self { root: root.to_owned(), parent: parent.to_owned(), sampled })
    }

    fn traceparent(&self) -> String {
        format!("00-{}-{}-{:02x}", self.root, self.parent, u8::from(self.sampled))
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.traceparent())
    }
}

/// Reads what may be a trace. One that can't be read is none: an event is not lost for it.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Trace>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.as_deref().and_then(Trace::from_traceparent))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn both_spellings_say_the_same() {
        let trace = Trace::from_header(HEADER).unwrap();
        assert_eq!(trace.header(), HEADER);
        assert_eq!(trace.id(), "1-5759e988-bd862e3fe1be46a994272793");
        assert_eq!(trace.traceparent(), "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
        assert_eq!(Trace::from_traceparent(&trace.traceparent()), Some(trace));
        let unsampled = Trace::from_header(&HEADER.replace("Sampled=1", "Sampled=0")).unwrap();
        assert!(unsampled.traceparent().ends_with("-00"));
        let more =
            Trace::from_header(&format!("Self=1-67891234-12456789abcdef012345678;{HEADER};Lineage=a:0"));
        assert_eq!(more.unwrap().header(), HEADER, "members in any order, and others beside them");
    }

    #[test]
    fn what_is_no_place_in_a_trace_is_none() {
        for header in [
            "",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-short;Parent=53995c3f42cd8ad8",
            "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995C3F42CD8AD8",
        ] {
            assert_eq!(Trace::from_header(header), None, "{header}");
        }
        let root = "5759e988bd862e3fe1be46a994272793";
        for text in [root.to_owned(), format!("01-{root}-53995c3f42cd8ad8-01"), format!("00-{root}-53-01")] {
            assert_eq!(Trace::from_traceparent(&text), None, "{text}");
        }
    }
}
