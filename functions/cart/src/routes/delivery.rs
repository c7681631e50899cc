//! The delivery that a request asks prices for, in the parameters of its query.

use kernel::problem::{INVALID_PARAMETER, QUERY_POINTER};
use kernel::{Kind, Problem};
use platform::http::Request;
use pricing::{Destination, SettingId};

/// The destination, if there is one. All parameters at fault are named.
pub(super) fn destination(request: &Request) -> Result<Option<Destination>, Problem> {
    let parts = ["country", "region", "postalCode"].map(|name| request.query(name));
    if parts.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [country, region, postal_code] = parts;
    let destination = Destination::parse(country.unwrap_or_default(), region, postal_code).map_err(in_query);
    let is_blank = |text: Option<&str>| text.is_some_and(|text| text.trim().is_empty());
    let blank = |name, text| {
        is_blank(text).then(|| Problem::invalid_parameter(name, "must have at least one letter or digit"))
    };
    let blanks = Problem::joined([blank("region", region), blank("postalCode", postal_code)]);
    let (destination, ()) = Problem::both(destination, blanks.map_or(Ok(()), Err))?;
    Ok(Some(destination))
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

/// The same faults of parameters, where `problem` has those of members.
fn in_query(problem: Problem) -> Problem {
    let mut faulty = Problem::new(Kind::Malformed, INVALID_PARAMETER, "A parameter can't be understood.");
    faulty.errors = problem.errors;
    for error in &mut faulty.errors {
        error.pointer = format!("{QUERY_POINTER}{}", error.pointer.trim_start_matches('/'));
    }
    faulty
}
