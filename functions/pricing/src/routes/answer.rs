//! A setting as it is returned.

use http::StatusCode;
use http::header::ETAG;
use kernel::Problem;
use platform::http::Response;
use serde::Serialize;

use crate::setting::{Setting, Terms};
use crate::text::SettingId;

/// The id, the version and the terms beside each other.
#[derive(Debug, Serialize)]
pub(crate) struct SettingAnswer<'a, T> {
    id: &'a SettingId,
    version: u64,
    #[serde(flatten)]
    terms: &'a T,
}

impl<'a, T: Terms> SettingAnswer<'a, T> {
    pub(crate) fn of(setting: &'a Setting<T>) -> Self {
        Self { id: &setting.id, version: setting.version, terms: &setting.terms }
    }
}

/// The response with a setting and its entity tag.
pub(crate) fn reply<T: Terms>(status: StatusCode, setting: &Setting<T>) -> Result<Response, Problem> {
    Ok(Response::json(status, &SettingAnswer::of(setting))?.header(ETAG, &setting.tag()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::tax_rate;

    #[test]
    fn terms_stand_beside_the_id() {
        let draft = json!({"country": "DE", "taxCategory": "books", "rate": 700, "includedInPrices": true});
        let response = reply(StatusCode::CREATED, &tax_rate("de-books", draft.clone())).unwrap();
        assert_eq!(
            (response.status, &response.headers[ETAG]),
            (StatusCode::CREATED, &"\"1\"".parse().unwrap())
        );
        let mut expected = draft;
        expected["id"] = json!("de-books");
        expected["version"] = json!(1);
        assert_eq!(serde_json::from_str::<Value>(&response.body).unwrap(), expected);
    }
}
