//! Importing many products in one request.
//!
//! | room | what is in it |
//! |---|---|
//! | [`body`] | the three formats, and the lines of a body; pure |
//! | [`table`] | the lines of a CSV table; pure |
//! | [`charset`] | the encoding of a body; pure |
//! | [`line`](mod@line) | one line, read into a product and its opening stock; pure |
//! | [`report`] | what became of the lines; pure |
//! | [`importer`] | writing them |

pub mod body;
pub mod charset;
pub mod importer;
pub mod line;
pub mod report;
pub mod table;

use kernel::Problem;

/// Something that stands on a line of a body, counted from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered<T> {
    /// The line that it begins on.
    pub line: u64,
    /// The content of that line.
    pub content: T,
}

/// A line as it came, as JSON text, or what keeps it from being that.
pub type Raw<'a> = Numbered<Result<std::borrow::Cow<'a, str>, Problem>>;
