//! Filters of order lists. Pure.

use std::time::Duration;

use kernel::{Problem, Timestamp};

use crate::edges::Status;

/// Sorts before every time of creation.
const LOWEST: &str = "0";
/// Sorts after every time of creation: the character after `9`.
const HIGHEST: &str = ":";
/// A calendar day in UTC.
const DAY: Duration = Duration::from_hours(24);

/// The conditions that an order of a list meets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// The state of the order.
    pub(crate) status: Option<Status>,
    /// Created then or later.
    pub(crate) from: Option<Timestamp>,
    /// Created earlier.
    pub(crate) before: Option<Timestamp>,
}

impl Filter {
    /// From the query parameters `status`, `from` and `to`. The times are RFC 3339 in any offset; `from` is included and `to` is not. A
    /// date alone stands for that whole day in UTC, in both of them.
    pub(crate) fn parse(status: Option<&str>, from: Option<&str>, to: Option<&str>) -> Result<Self, Problem> {
        let status = status.map(parse_status).transpose();
        let from = from.map(|text| parse_time("from", text, Duration::ZERO)).transpose();
        let before = to.map(|text| parse_time("to", text, DAY)).transpose();
        let (status, (from, before)) = Problem::both(status, Problem::both(from, before))?;
        if let (Some(from), Some(before)) = (from, before)
            && before <= from
        {
            return Err(Problem::invalid_parameter("to", "has to be after from"));
        }
        Ok(Self { status, from, before })
    }

    /// Returns true when an order in this state, which is in the span of the filter, belongs to the list.
    pub(crate) fn wants(&self, state: Status) -> bool {
        self.status.is_none_or(|status| status == state)
    }

    /// The filter in a list's name, which distinguishes the list from others.
    pub fn name(&self) -> String {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        let status = self.status.map(Status::name).unwrap_or_default();
        format!("status={status}&from={}&before={}", time(self.from), time(self.before))
    }

    /// The stretch of the list that follows the order created at `after`; the newest come first.
    pub(crate) fn span(&self, after: Option<&str>) -> Span {
        let edge = |time: Option<Timestamp>, other: &str| {
            time.map_or_else(|| other.to_owned(), |time| time.to_string())
        };
        let (low, mut high) = (edge(self.from, LOWEST), edge(self.before, HIGHEST));
        if let Some(after) = after.filter(|after| **after < *high) {
            after.clone_into(&mut high);
        }
        Span { low, high }
    }
}

/// A span of created keys, `<time>#<number>`. A key that is equal to an edge does not belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) low: String,
    pub(crate) high: String,
}

impl Span {
    /// All keys.
    pub(crate) fn whole() -> Self {
        Self { low: LOWEST.to_owned(), high: HIGHEST.to_owned() }
    }

    /// Returns true when no key can lie in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.low >= self.high
    }
}

fn parse_status(text: &str) -> Result<Status, Problem> {
    // The orders surface spells it with one l.
    let name = if text == "canceled" { Status::Cancelled.name() } else { text };
    Status::ALL.into_iter().find(|status| status.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Status::ALL.into_iter().map(Status::name).collect();
        Problem::invalid_parameter("status", format!("must be one of {}", names.join(", ")))
    })
}

/// Reads a time; `later` is added to a date, so that it can stand for the end of its day.
fn parse_time(name: &str, text: &str, later: Duration) -> Result<Timestamp, Problem> {
    let is_date = text.len() == "2026-11-21".len();
    let time = if is_date { format!("{text}T00:00:00Z").parse() } else { text.parse::<Timestamp>() };
    let time = time.map_err(|_| {
        let example = "must be a date such as 2026-11-21 or a time such as 2026-11-21T09:30:00Z";
        Problem::invalid_parameter(name, example)
    })?;
    Ok(if is_date { time.plus(later) } else { time })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: Option<&str>, to: Option<&str>, after: Option<&str>) -> (String, String) {
        let span = Filter::parse(None, from, to).unwrap().span(after);
        (span.low, span.high)
    }

    fn pair(low: &str, high: &str) -> (String, String) {
        (low.to_owned(), high.to_owned())
    }

    #[test]
    fn times_bound_the_stretch() {
        let key = "2026-11-21T09:30:00.000Z#42";
        assert_eq!(span(None, None, None), pair("0", ":"));
        assert!(*"0" < *key && *key < *":");
        let day = pair("2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z");
        assert_eq!(span(Some("2026-11-21"), Some("2026-11-21"), None), day, "a date is its whole day");
        let local = span(Some("2026-11-21T12:00:00+03:00"), Some("2026-11-21T10:00:00Z"), None);
        assert_eq!(local, pair("2026-11-21T09:00:00.000Z", "2026-11-21T10:00:00.000Z"));
    }

    #[test]
    fn a_position_shortens_the_stretch_and_never_widens_it() {
        let (inside, beyond) = ("2026-11-21T09:30:00.000Z#42", "2027-01-01T00:00:00.000Z#1");
        assert_eq!(span(None, Some("2026-11-21"), Some(inside)), pair("0", inside));
        let end = pair("0", "2026-11-22T00:00:00.000Z");
        assert_eq!(span(None, Some("2026-11-21"), Some(beyond)), end);
        let before = Filter::parse(None, Some("2026-11-21"), None).unwrap().span(Some("2026-11-20T#1"));
        assert!(before.is_empty(), "a forged position finds nothing");
    }

    #[test]
    fn what_is_no_filter_is_named() {
        let pointer =
            |status, from, to| Filter::parse(status, from, to).unwrap_err().errors.remove(0).pointer;
        for status in ["", "PAID", "payed", "paid,new"] {
            assert_eq!(pointer(Some(status), None, None), "/query/status", "{status}");
        }
        for time in ["", "yesterday", "2026-11-31", "2026-11-21T09:30:00", "1700000000", "2026-11-2!"] {
            assert_eq!(pointer(None, Some(time), None), "/query/from", "{time}");
            assert_eq!(pointer(None, None, Some(time)), "/query/to", "{time}");
        }
        assert_eq!(pointer(None, Some("2026-11-22"), Some("2026-11-21")), "/query/to");
    }

    #[test]
    fn every_status_is_found_by_its_name_and_one_by_two() {
        for status in Status::ALL {
            assert_eq!(parse_status(status.name()).unwrap(), status);
        }
        assert_eq!(parse_status("canceled").unwrap(), Status::Cancelled);
    }

    #[test]
    fn lists_with_other_filters_have_other_names() {
        let name = |status, from, to| Filter::parse(status, from, to).unwrap().name();
        let day = Some("2026-11-21");
        let names = [
            name(None, None, None),
            name(Some("new"), None, None),
            name(None, day, None),
            name(None, None, day),
        ];
        for (index, one) in names.iter().enumerate() {
            assert!(!names[index + 1..].contains(one), "{one}");
        }
    }
}
