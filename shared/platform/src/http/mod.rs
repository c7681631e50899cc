//! HTTP as a route sees it: a request, an answer or a problem, and `serve`.

mod base_url;
mod body;
mod caching;
mod codes;
mod faults;
mod members;
mod precondition;
mod problem;
mod query;
pub(crate) mod request;
mod response;
mod serve;
mod slashes;
mod strict;
mod surface;
mod unread;

pub use base_url::BaseUrl;
pub use body::{read_json, read_json_as};
pub use caching::Caching;
pub use codes::{CODES, ErrorCode, OAUTH_ERRORS};
pub use faults::MAX_FAULTS;
pub use precondition::Precondition;
pub use request::{Request, UnclearHeader};
pub use response::{IDEMPOTENT_REPLAY, Response, StoredResponse};
pub(crate) use serve::serve;
pub use serve::{Handler, handler};
pub use slashes::without_slash;
pub use surface::Surface;
