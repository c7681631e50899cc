//! Lists of objects: filters and pages (yookassa.ru/developers/using-api/lists).

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::refusal::Refusal;

/// The filters that are understood; the API has more.
const FILTERS: [&str; 5] = ["created_at.gte", "created_at.lte", "payment_id", "limit", "cursor"];
const MOST: usize = 100;
const USUAL: usize = 10;

/// A page of `objects`, the newest first.
pub(crate) fn page(objects: Vec<Value>, query: &HashMap<String, String>) -> Result<Value, Refusal> {
    if let Some(unknown) = query.keys().find(|name| !FILTERS.contains(&name.as_str())) {
        return Err(Refusal::of(unknown, "Unknown parameter"));
    }
    let limit = match query.get("limit").map(|limit| limit.parse()) {
        None => USUAL,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => return Err(Refusal::of("limit", "Must be 1 to 100")),
    };
    let from = match query.get("cursor").map(|cursor| cursor.parse()) {
        None => 0,
        Some(Ok(from)) => from,
        Some(Err(_)) => return Err(Refusal::of("cursor", "Unknown cursor")),
    };
    let (after, before) = (moment(query, "created_at.gte")?, moment(query, "created_at.lte")?);
    let created = |object: &Value| -> Option<Timestamp> { object["created_at"].as_str()?.parse().ok() };
    let mut found: Vec<Value> = objects
        .into_iter()
        .filter(|object| after.is_none_or(|after| created(object).is_some_and(|at| at >= after)))
        .filter(|object| before.is_none_or(|before| created(object).is_some_and(|at| at <= before)))
        .filter(|object| {
            query.get("payment_id").is_none_or(|payment| object["payment_id"] == payment.as_str())
        })
        .collect();
    found.sort_by_key(|object| std::cmp::Reverse(created(object)));
    let more = found.len() > from + limit;
    let items: Vec<Value> = found.into_iter().skip(from).take(limit).collect();
    let mut body = json!({"type": "list", "items": items});
    if more {
        body["next_cursor"] = json!((from + limit).to_string());
    }
    Ok(body)
}

fn moment(query: &HashMap<String, String>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let parsed = query.get(name).map(|text| text.parse()).transpose();
    parsed.map_err(|_| Refusal::of(name, "Must be a time as RFC 3339 writes it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_every_object_that_fits_once() {
        let at =
            |second: u8| json!({"created_at": format!("2026-01-01T00:00:{second:02}Z"), "payment_id": "p"});
        let objects: Vec<Value> = (0..30).map(at).collect();
        let query = |more: &[(&str, &str)]| {
            let all =
                [("created_at.gte", "2026-01-01T00:00:05Z"), ("created_at.lte", "2026-01-01T00:00:24Z")];
            all.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let (mut seen, mut cursor) = (0, None::<String>);
        loop {
            let limits = [("limit", "7")];
            let next: Vec<_> = cursor.iter().map(|cursor| ("cursor", cursor.as_str())).collect();
            let body = page(objects.clone(), &query(&[limits.as_slice(), &next].concat())).unwrap();
            seen += body["items"].as_array().unwrap().len();
            match body["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(seen, 20);
        assert!(page(objects.clone(), &query(&[("limit", "101")])).is_err());
        assert!(page(objects, &query(&[("status", "pending")])).is_err());
    }
}
