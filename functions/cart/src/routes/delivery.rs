//! The delivery that a request asks prices for, in the parameters of its query.

use kernel::problem::{INVALID_PARAMETER, QUERY_POINTER};
use kernel::{FieldError, Kind, Problem};
use platform::http::Request;
use pricing::{Destination, SettingId};

/// The destination, if there is one. All parameters at fault are named.
pub(super) fn destination(request: &Request) -> Result<Option<Destination>, Problem> {
    let parts = ["country", "region", "postalCode"].map(|name| request.query(name));
    if parts.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [country, region, postal_code] = parts;
    let parsed = Destination::parse(country.unwrap_or_default(), region, postal_code);
    let mut errors = parsed.as_ref().err().map(|problem| problem.errors.clone()).unwrap_or_default();
    for (name, text) in [("/region", region), ("/postalCode", postal_code)] {
        if text.is_some_and(|text| text.trim().is_empty()) {
            let detail = "must have at least one letter or digit".to_owned();
            errors.push(FieldError { pointer: name.to_owned(), detail });
        }
    }
    if errors.is_empty() { parsed.map(Some) } else { Err(in_query(errors)) }
}

/// The chosen shipping method, if there is one.
pub(super) fn method(request: &Request) -> Result<Option<SettingId>, Problem> {
    let read = |id: &str| {
        id.parse().map_err(|error: pricing::text::BadText| {
            Problem::invalid_parameter("shippingMethodId", error.to_string())
        })
    };
    request.query("shippingMethodId").map(read).transpose()
}

/// The faults of members as those of parameters.
fn in_query(errors: Vec<FieldError>) -> Problem {
    let mut problem = Problem::new(Kind::Malformed, INVALID_PARAMETER, "A parameter can't be understood.");
    problem.errors = errors;
    for error in &mut problem.errors {
        error.pointer = format!("{QUERY_POINTER}{}", error.pointer.trim_start_matches('/'));
    }
    problem
}
