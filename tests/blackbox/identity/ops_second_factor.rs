//! Signing in at the operator's page where `OpsSecondFactor` is `required`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::ops_session::{COOKIE, CSRF_HEADER, session};
use super::second_factor::operator_with_app;
use crate::harness::{
    PASSWORD, Person, customer, customer_with, invoke, make_copy, remove_copy, request_event, variables,
};

/// The function `of` of a stack whose operators need a second factor.
struct Strict(String);

impl Strict {
    async fn copy(of: &str) -> Self {
        let name = format!("Strict{}", Uuid::new_v4().simple());
        let mut settings = variables(of).await;
        assert_eq!(
            settings.insert("OPS_SECOND_FACTOR".to_owned(), "required".to_owned()).as_deref(),
            Some("optional")
        );
        make_copy(&name, of, of, settings).await;
        Self(name)
    }

    /// Asks as the page does; returns the status and the body.
    async fn ask(&self, path: &str, cookie: Option<&str>, body: &Value) -> (u64, Value) {
        let mut headers = json!({CSRF_HEADER.0: CSRF_HEADER.1, "sec-fetch-site": "same-origin"});
        if let Some(cookie) = cookie {
            headers["cookie"] = json!(format!("{COOKIE}={cookie}"));
        }
        let answer =
            invoke(&self.0, &request_event(&format!("POST {path}"), "", &headers, body)).await.unwrap();
        let body = answer["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
        (answer["statusCode"].as_u64().unwrap(), body.unwrap_or_default())
    }

    async fn sign_in(&self, person: &Person, code: Option<&str>) -> (u64, Value) {
        let mut body = json!({"login": person.email, "password": PASSWORD});
        if let Some(code) = code {
            body["code"] = json!(code);
        }
        self.ask("/ops/session", None, &body).await
    }
}

#[tokio::test]
async fn accounts_with_scopes_sign_in_with_a_second_factor_alone() {
    let strict = Strict::copy("BeginOpsSession").await;
    let without = customer_with(&["orders:read"]).await;
    let (status, problem) = strict.sign_in(&without, None).await;
    assert_eq!((status, &problem["code"]), (403, &json!("second_factor_not_enrolled")), "{problem}");

    let with = operator_with_app().await;
    let (status, problem) = strict.sign_in(&with.person, None).await;
    assert_eq!((status, &problem["code"]), (401, &json!("second_factor_required")), "{problem}");
    let (status, problem) = strict.sign_in(&with.person, Some(&with.used)).await;
    assert_eq!((status, &problem["code"]), (401, &json!("invalid_second_factor")), "{problem}");
    let (status, body) = strict.sign_in(&with.person, Some(&with.app.code(1))).await;
    assert_eq!((status, &body["scope"]), (200, &json!("orders:read")), "{body}");

    // A caller without scopes sees only their own data there.
    let (status, body) = strict.sign_in(&customer().await, None).await;
    assert_eq!(status, 200, "{body}");
    remove_copy(&strict.0).await;
}

/// A session that began before the second factor was required, or before the account had scopes, does not go on.
#[tokio::test]
async fn a_session_without_a_second_factor_does_not_go_on() {
    let strict = Strict::copy("RefreshOpsSession").await;
    let without = customer_with(&["orders:read"]).await;
    let cookie = session(&without).await;
    let (status, problem) = strict.ask("/ops/session/refresh", Some(&cookie), &Value::Null).await;
    assert_eq!((status, &problem["code"]), (403, &json!("second_factor_not_enrolled")), "{problem}");
    remove_copy(&strict.0).await;
}
