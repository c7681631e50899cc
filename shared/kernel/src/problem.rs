//! Problems, classified by the caller's possible reaction. Independent of HTTP.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// The class of a problem: what the caller has to do differently, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The message itself can't be read: broken JSON, a bad query parameter, a missing header.
    Malformed,
    /// The message is readable and what it says breaks a rule.
    Invalid,
    /// The caller is not logged in, or the credentials are wrong.
    Unauthenticated,
    /// The caller is known and may not do this.
    Forbidden,
    /// There is no such thing, or none that the caller may know of.
    NotFound,
    /// The thing exists and is not dealt with in this way (the method).
    NotAllowed,
    /// The thing exists and is not in a state that allows this.
    Conflict,
    /// The caller's copy is out of date (`If-Match`).
    Stale,
    /// More was sent than is taken.
    TooLarge,
    /// The body is of a type that is not understood here.
    UnsupportedType,
    /// Too many attempts; come back later.
    Throttled,
    /// Busy, or something behind us does not answer: the same request may succeed later.
    Unavailable,
    /// Our fault; repeating will probably not help.
    Internal,
}

impl Kind {
    /// True when the same request may succeed when it is sent again unchanged.
    pub fn retryable(self) -> bool {
        match self {
            Self::Throttled | Self::Unavailable => true,
            Self::Malformed
            | Self::Invalid
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::NotFound
            | Self::NotAllowed
            | Self::Conflict
            | Self::Stale
            | Self::TooLarge
            | Self::UnsupportedType
            | Self::Internal => false,
        }
    }
}

/// The fault of one member of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// A JSON Pointer (RFC 6901) into the body; for parameters `/query/<name>`, `/path/<name>` or `/header/<name>`.
    pub pointer: String,
    /// The rule that the member breaks.
    pub detail: String,
}

/// The message for the log. It has no way into an answer: nothing serialises it.
#[derive(Clone, PartialEq, Eq)]
pub struct InternalDetail(String);

impl fmt::Debug for InternalDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The reason for which a request is not served, in words for the caller, with words for the operator kept apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The class of the problem, by what the caller can do about it.
    pub kind: Kind,
    /// Stable `snake_case` name that programs branch on.
    pub code: &'static str,
    /// One sentence for the person who reads it.
    pub detail: String,
    /// The members of the input at fault.
    pub errors: Vec<FieldError>,
    /// Further members of the answer, such as the SKU that is out of stock.
    pub extensions: Map<String, Value>,
    /// Seconds after which a retry makes sense.
    pub retry_after: Option<u32>,
    inside: Option<InternalDetail>,
}

/// The code of members that break a rule.
pub const INVALID_INPUT: &str = "invalid_input";
/// The code of parameters that can't be understood.
pub const INVALID_PARAMETER: &str = "invalid_parameter";
/// The prefix of pointers to query parameters.
pub const QUERY_POINTER: &str = "/query/";
/// Seconds that a caller is asked to wait when something is busy.
pub const RETRY_AFTER_SECONDS: u32 = 1;

impl Problem {
    /// A problem of `kind` with a stable `code` and a sentence for the caller.
    pub fn new(kind: Kind, code: &'static str, detail: impl Into<String>) -> Self {
        let retry_after = kind.retryable().then_some(RETRY_AFTER_SECONDS);
        Self {
            kind,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            extensions: Map::new(),
            retry_after,
            inside: None,
        }
    }

    /// One member of the body breaks a rule; `pointer` is a JSON Pointer to it.
    pub fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        Self::invalid_all(vec![FieldError { pointer: pointer.to_owned(), detail: detail.into() }])
    }

    /// Several members of the body break a rule.
    pub fn invalid_all(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(Kind::Invalid, INVALID_INPUT, "The request body breaks a rule.");
        problem.errors = errors;
        problem
    }

    /// Both values, or one problem that names every fault of either. Of two problems that are not of one code, one that is about more than members, such as
    /// too many lines, is returned alone.
    pub fn both<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(problem), Ok(_)) | (Ok(_), Err(problem)) => Err(problem),
            (Err(mut one), Err(other)) if one.code == other.code => {
                one.errors.extend(other.errors);
                Err(one)
            }
            (Err(one), Err(other)) => Err(if one.code == INVALID_INPUT { other } else { one }),
        }
    }

    /// Joins the problems that several checks of one body found into one that names every member at fault. A problem
    /// that is about more than members, such as too many lines, comes first and alone.
    pub fn joined(found: impl IntoIterator<Item = Option<Self>>) -> Option<Self> {
        let mut errors = Vec::new();
        for problem in found.into_iter().flatten() {
            if problem.code != INVALID_INPUT {
                return Some(problem);
            }
            errors.extend(problem.errors);
        }
        (!errors.is_empty()).then(|| Self::invalid_all(errors))
    }

    /// A query parameter can't be understood.
    pub fn invalid_parameter(name: &str, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(Kind::Malformed, INVALID_PARAMETER, "A parameter can't be understood.");
        problem.errors.push(FieldError { pointer: format!("{QUERY_POINTER}{name}"), detail: detail.into() });
        problem
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, "not_found", detail)
    }

    /// The thing's state does not allow this.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, detail)
    }

    /// Something behind us is busy or does not answer. `inside` is for the log.
    pub fn unavailable(inside: impl fmt::Display) -> Self {
        Self::new(Kind::Unavailable, "unavailable", "The service is busy; send the same request again.")
            .with_internal_detail(inside)
    }

    /// Our fault. `inside` is for the log.
    pub fn internal(inside: impl fmt::Display) -> Self {
        Self::new(Kind::Internal, "internal", "The request could not be served.").with_internal_detail(inside)
    }

    /// Adds a detail for the log. The response never has it.
    #[must_use]
    pub fn with_internal_detail(mut self, inside: impl fmt::Display) -> Self {
        self.inside = Some(InternalDetail(inside.to_string()));
        self
    }

    /// Adds a further member to the answer.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    /// Asks the caller to wait this many seconds before the next attempt.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The message for the log.
    pub fn internal_detail(&self) -> Option<&InternalDetail> {
        self.inside.as_ref()
    }
}

impl fmt::Display for Problem {
    /// For the log: the code, and the inside message where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inside {
            Some(inside) => write!(f, "{}: {inside:?}", self.code),
            None => write!(f, "{}: {}", self.code, self.detail),
        }
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faults_of_both_are_told() {
        let fault = |pointer: &str| Err::<(), _>(Problem::invalid(pointer, "is wrong"));
        let pointers = |both: Result<_, Problem>| {
            let errors = both.map(|_: ((), ())| ()).unwrap_err().errors;
            errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
        };
        assert_eq!(Problem::both(Ok(1), Ok("a")), Ok((1, "a")));
        assert_eq!(pointers(Problem::both(fault("/a"), Ok(()))), ["/a"]);
        assert_eq!(pointers(Problem::both(fault("/a"), fault("/b"))), ["/a", "/b"]);
        let many = || Err::<(), _>(Problem::new(Kind::Invalid, "too_many_lines", "So many."));
        for both in [Problem::both(many(), fault("/b")), Problem::both(fault("/b"), many())] {
            assert_eq!(both.unwrap_err().code, "too_many_lines");
        }
    }

    #[test]
    fn what_several_checks_found_is_one_problem() {
        let found = |pointer: &str| Some(Problem::invalid(pointer, "is wrong"));
        assert_eq!(Problem::joined([None, None]), None);
        let both = Problem::joined([found("/a"), None, found("/b")]).unwrap();
        let pointers: Vec<_> = both.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!((both.code, pointers), ("invalid_input", vec!["/a", "/b"]));
        let many = Problem::new(Kind::Invalid, "too_many_lines", "There are too many.");
        assert_eq!(Problem::joined([found("/a"), Some(many.clone())]), Some(many));
    }
}
