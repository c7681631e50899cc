//! The identity of a request: its key, its operation and its content.

use kernel::{Kind, Problem};
use sha2::{Digest, Sha256};

use super::value::request_value;
use crate::dynamo::Key;
use crate::http::Request;

/// The longest key, in characters.
pub const MAX_KEY_LENGTH: usize = 255;

/// A request as its idempotency key identifies it.
#[derive(Debug, Clone)]
pub struct IdempotentRequest {
    key: Option<String>,
    /// The operation, by any route.
    operation: String,
    /// The operation with the resources that its path names.
    target: String,
    /// The value of the body.
    value: Vec<u8>,
    /// The content in the place of the body, where there is one.
    content: Option<Vec<u8>>,
    /// The parts of the identity in records of an earlier form.
    former: FormerIdentity,
}

#[derive(Debug, Clone)]
struct FormerIdentity {
    route: String,
    path: String,
    body: Vec<u8>,
}

/// A request's record: its key in the table, and the fingerprint that all requests with the key must have.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) key: Key,
    pub(super) fingerprint: String,
    /// The same of a record of an earlier form: by route, path and the bytes of the body. Such records are read until they expire.
    pub(super) former: Option<Former>,
    /// True when the key was derived from the request, and is free again once the request is answered.
    pub(super) derived: bool,
}

/// The key and the fingerprint of a record of an earlier form.
#[derive(Debug, Clone)]
pub(super) struct Former {
    pub(super) key: Key,
    pub(super) fingerprint: String,
}

impl IdempotentRequest {
    /// Reads the identity of `request`; 400 `invalid_idempotency_key` for a key that can't be understood.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        Ok(Self {
            key: key(request)?.map(str::to_owned),
            operation: request.operation(),
            target: request.target(),
            value: request_value(request),
            content: None,
            former: FormerIdentity {
                route: request.route.clone(),
                path: request.path.clone(),
                body: request.body().to_vec(),
            },
        })
    }

    /// The same with `content` in the place of the body: two requests are the same when their contents are. For bodies that hold a password, whose
    /// plain SHA-256 must not be stored anywhere, and for bodies of which a part does not matter.
    #[must_use]
    pub fn with_content(self, content: Vec<u8>) -> Self {
        Self { content: Some(content), ..self }
    }

    /// True when the request has a key of its own.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The record of the request, if it has a key.
    pub(super) fn claim(&self, caller: &str) -> Option<Claim> {
        let given = self.key.as_ref()?;
        let key_of = |operation: &str| {
            let scope = digest(&[caller.as_bytes(), operation.as_bytes(), given.as_bytes()]);
            Key::new(format!("KEY#{scope}"), "RECORD")
        };
        let content = self.content.as_ref().unwrap_or(&self.value);
        // A content of the route's own is what it was; a body was taken byte by byte.
        let former_content = self.content.as_ref().filter(|content| **content != self.value);
        let former_content = former_content.unwrap_or(&self.former.body);
        let former = Former {
            key: key_of(&self.former.route),
            fingerprint: digest(&[self.former.path.as_bytes(), former_content]),
        };
        let fingerprint = digest(&[self.target.as_bytes(), content]);
        Some(Claim { key: key_of(&self.operation), fingerprint, former: Some(former), derived: false })
    }

    /// The record under which a request without a key is known until it is answered.
    pub(super) fn derived_claim(&self, caller: &str, salt: &str) -> Claim {
        let fingerprint = digest(&[self.target.as_bytes(), &self.value, salt.as_bytes()]);
        let scope =
            digest(&[caller.as_bytes(), self.operation.as_bytes(), b"derived", fingerprint.as_bytes()]);
        let key = Key::new(format!("KEY#{scope}"), "RECORD");
        Claim { key, fingerprint, former: None, derived: true }
    }
}

/// The header `Idempotency-Key` of `request`. One that can't be understood is refused: a request that was meant to be made once would be made
/// as often as it is sent.
fn key(request: &Request) -> Result<Option<&str>, Problem> {
    let invalid = || {
        let detail = "The Idempotency-Key has to be 1 to 255 visible ASCII characters without commas and quotation marks, quoted or bare, and there once.";
        Problem::new(Kind::Malformed, "invalid_idempotency_key", detail)
    };
    let Some(given) = request.only_header("idempotency-key").map_err(|_| invalid())? else { return Ok(None) };
    let key = unquote(given);
    let printable = key.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    // The gateway joins headers of one name with commas: two keys are one text, with a comma in it.
    let is_key = (1..=MAX_KEY_LENGTH).contains(&key.len()) && printable && !key.contains([',', '"']);
    is_key.then_some(Some(key)).ok_or_else(invalid)
}

/// The header is a structured string by the draft; bare keys are common and taken as well.
pub(super) fn unquote(given: &str) -> &str {
    given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(given)
}

/// SHA-256 over the parts, each preceded by its length, so that no two lists of parts run together.
pub(super) fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// Refuses a request without a key, on routes where one is required, or an `If-Match` in its place where those are honoured.
pub fn require_key(request: &Request) -> Result<(), Problem> {
    if key(request)?.is_some() {
        return Ok(());
    }
    let detail = "This is not idempotent by itself: send the header Idempotency-Key, or If-Match where the resource has an ETag.";
    Err(Problem::new(Kind::Malformed, "idempotency_key_required", detail))
}
