//! The reasons for which requests are refused, and their problems: the only place of this context's codes and texts.

use kernel::{Kind, Problem};

/// The reasons for which products are not returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogRefusal {
    /// There is no such product, or none that the caller may know of.
    ProductNotFound,
    /// Anonymous callers do not see inactive products.
    TokenRequired,
}

/// The reasons for which an import, or a line of it, is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportRefusal {
    TooManyLines {
        /// Lines that an import takes.
        limit: usize,
    },
    /// The body is not in the encoding that it declares.
    NotInEncoding {
        encoding: &'static str,
    },
    UnknownCharset {
        label: String,
    },
    /// The JSON array breaks off at this place.
    MalformedArray {
        line: usize,
        column: usize,
    },
    LineTooLong {
        /// Bytes that a line may have.
        limit: usize,
    },
    LineNotUtf8,
    /// The line is not JSON, for the reason in `detail`.
    MalformedLine {
        detail: String,
    },
    /// The time of the request ended before the line was written. Nothing was done for it.
    NotReached,
}

impl From<CatalogRefusal> for Problem {
    fn from(refusal: CatalogRefusal) -> Self {
        match refusal {
            CatalogRefusal::ProductNotFound => Problem::not_found("There is no product with this id."),
            CatalogRefusal::TokenRequired => {
                let detail = "Products that are not active are shown to operators: Authorization: Bearer.";
                Problem::new(Kind::Unauthenticated, "token_required", detail)
            }
        }
    }
}

impl From<ImportRefusal> for Problem {
    fn from(refusal: ImportRefusal) -> Self {
        match refusal {
            ImportRefusal::TooManyLines { limit } => {
                let detail = format!("An import takes at most {limit} lines; send the others separately.");
                Problem::new(Kind::TooLarge, "too_many_lines", detail)
            }
            ImportRefusal::NotInEncoding { encoding } => {
                let detail = format!("The body is not {encoding}, as it says. Send it as UTF-8.");
                Problem::new(Kind::Malformed, "malformed_body", detail)
            }
            ImportRefusal::UnknownCharset { label } => {
                let detail = format!("The charset {label:?} is not known. Send the body as UTF-8.");
                Problem::new(Kind::UnsupportedType, "unsupported_media_type", detail)
            }
            ImportRefusal::MalformedArray { line, column } => {
                let detail = format!("The body is not a JSON array: line {line}, column {column}.");
                Problem::new(Kind::Malformed, "malformed_body", detail)
            }
            ImportRefusal::LineTooLong { limit } => {
                let detail = format!("The line is longer than {limit} bytes.");
                Problem::new(Kind::TooLarge, "line_too_long", detail)
            }
            ImportRefusal::LineNotUtf8 => {
                let detail = "The line is not UTF-8. Send it as UTF-8.";
                Problem::new(Kind::Malformed, "invalid_utf8", detail)
            }
            ImportRefusal::MalformedLine { detail } => {
                Problem::new(Kind::Malformed, "malformed_line", detail)
            }
            ImportRefusal::NotReached => {
                let detail = "The time of the request was over before this line; send it again.";
                Problem::new(Kind::Unavailable, "not_reached", detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Kind::{Malformed, NotFound, TooLarge, Unauthenticated, Unavailable, UnsupportedType};

    use super::*;

    fn assert_problem(refusal: impl Into<Problem>, kind: Kind, code: &'static str, detail: &str) {
        assert_eq!(refusal.into(), Problem::new(kind, code, detail));
    }

    #[test]
    fn the_problems_of_products() {
        let detail = "There is no product with this id.";
        assert_problem(CatalogRefusal::ProductNotFound, NotFound, "not_found", detail);
        let detail = "Products that are not active are shown to operators: Authorization: Bearer.";
        assert_problem(CatalogRefusal::TokenRequired, Unauthenticated, "token_required", detail);
    }

    #[test]
    fn the_problems_of_imports() {
        let detail = "An import takes at most 1000 lines; send the others separately.";
        assert_problem(ImportRefusal::TooManyLines { limit: 1_000 }, TooLarge, "too_many_lines", detail);
        let detail = "The body is not UTF-16LE, as it says. Send it as UTF-8.";
        let refusal = ImportRefusal::NotInEncoding { encoding: "UTF-16LE" };
        assert_problem(refusal, Malformed, "malformed_body", detail);
        let detail = "The charset \"ebcdic\" is not known. Send the body as UTF-8.";
        let refusal = ImportRefusal::UnknownCharset { label: "ebcdic".to_owned() };
        assert_problem(refusal, UnsupportedType, "unsupported_media_type", detail);
        let detail = "The body is not a JSON array: line 3, column 7.";
        let refusal = ImportRefusal::MalformedArray { line: 3, column: 7 };
        assert_problem(refusal, Malformed, "malformed_body", detail);
    }

    #[test]
    fn the_problems_of_lines() {
        let detail = "The line is longer than 131072 bytes.";
        assert_problem(ImportRefusal::LineTooLong { limit: 131_072 }, TooLarge, "line_too_long", detail);
        let detail = "The line is not UTF-8. Send it as UTF-8.";
        assert_problem(ImportRefusal::LineNotUtf8, Malformed, "invalid_utf8", detail);
        let refusal = ImportRefusal::MalformedLine { detail: "It breaks off.".to_owned() };
        assert_problem(refusal, Malformed, "malformed_line", "It breaks off.");
        let detail = "The time of the request was over before this line; send it again.";
        assert_problem(ImportRefusal::NotReached, Unavailable, "not_reached", detail);
    }
}
