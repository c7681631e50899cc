//! Every route of the API document, asked by every kind of caller: who may not is refused, and who may is not. A route that is added is in it by
//! being documented.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Operation, Person, customer, customer_with, document, http, tampered, url};

/// Requests at a time.
const PARALLEL: usize = 4;
/// Operations that end the session or the account of their caller, or that reach into the tests beside this one.
const SPARED: [&str; 4] = [
    "DELETE /api/v1/users/me",
    "DELETE /api/v1/users/me/sessions",
    "POST /api/v1/admin/dead-letters/redrive",
    "POST /api/v1/auth/logout",
];

/// The ways in which an operation lets somebody in by an access token.
struct Rule {
    route: String,
    /// Each is a set of scopes that are enough together; empty for a token without any.
    ways: Vec<BTreeSet<String>>,
    /// Set if the operation also takes requests without an access token: unauthenticated ones, or ones with another proof.
    open: bool,
}

impl Rule {
    fn of(operation: &Operation<'_>) -> Option<Self> {
        let mut rule =
            Self { route: format!("{} {}", operation.method, operation.path), ways: Vec::new(), open: false };
        for way in operation.place.value["security"].as_array()? {
            let way = way.as_object()?;
            match (way.get("bearer"), way.get("oauth").and_then(Value::as_array)) {
                (_, Some(scopes)) => {
                    rule.ways.push(scopes.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect());
                }
                (Some(_), None) => rule.ways.push(BTreeSet::new()),
                (None, None) => rule.open = true,
            }
        }
        (!rule.ways.is_empty()).then_some(rule)
    }

    fn needs_scopes(&self) -> bool {
        self.ways.iter().all(|way| !way.is_empty())
    }

    fn is_spared(&self) -> bool {
        SPARED.contains(&self.route.as_str())
    }
}

/// A request that the caller's token decides, and what it was answered.
struct Asked {
    what: String,
    status: u16,
    code: String,
    challenge: String,
}

fn rules() -> Vec<Rule> {
    document().operations().iter().filter_map(Rule::of).collect()
}

/// Sends an empty body to a place where nothing is.
async fn ask(route: &str, who: &str, authorization: Option<&str>) -> Asked {
    let (method, path) = route.split_once(' ').unwrap();
    let filled = path.split('/').map(|segment| match segment {
        "{sku}" => "NOTHING-HERE".to_owned(),
        segment if segment.starts_with('{') => Uuid::new_v4().to_string(),
        segment => segment.to_owned(),
    });
    let mut request =
        http().request(method.parse::<Method>().unwrap(), url(&filled.collect::<Vec<_>>().join("/")));
    if !["GET", "DELETE"].contains(&method) {
        request = request.json(&json!({}));
    }
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let answer = request.send().await.unwrap();
    let challenge = answer.headers().get("www-authenticate").map_or("", |it| it.to_str().unwrap()).to_owned();
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
    let code = body["code"].as_str().unwrap_or_default().to_owned();
    Asked { what: format!("{route} by {who}: {status} {code}"), status, code, challenge }
}

/// Asks all of `requests`; the answers that `is_right` does not hold for.
async fn surprises(
    requests: Vec<(String, &'static str, Option<String>)>,
    is_right: impl Fn(&Asked) -> bool,
) -> Vec<String> {
    assert!(!requests.is_empty());
    let answers = stream::iter(requests)
        .map(async |(route, who, authorization)| ask(&route, who, authorization.as_deref()).await)
        .buffer_unordered(PARALLEL);
    answers.filter_map(async |asked| (!is_right(&asked)).then_some(asked.what)).collect().await
}

fn bearer(person: &Person) -> String {
    format!("Bearer {}", person.token)
}

#[tokio::test]
async fn nobody_is_let_in_without_a_token() {
    let closed = rules().into_iter().filter(|rule| !rule.open);
    let requests = closed.map(|rule| (rule.route, "nobody", None)).collect();
    let found = surprises(requests, |asked| asked.status == 401 && !asked.challenge.is_empty()).await;
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn a_forged_token_is_refused_even_where_none_is_needed() {
    let forged = format!("Bearer {}", tampered(&customer().await.token));
    let requests = rules().into_iter().map(|rule| (rule.route, "a forger", Some(forged.clone()))).collect();
    let found = surprises(requests, |asked| asked.status == 401 && !asked.challenge.is_empty()).await;
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn whoever_lacks_the_scope_is_refused_whatever_else_they_may_do() {
    let flows = &document().root().value["components"]["securitySchemes"]["oauth"]["flows"];
    let all: BTreeSet<String> = flows["password"]["scopes"].as_object().unwrap().keys().cloned().collect();
    let plain = customer().await;
    let (mut requests, mut people) = (Vec::new(), BTreeMap::<Vec<String>, Person>::new());
    for rule in rules().into_iter().filter(Rule::needs_scopes) {
        requests.push((rule.route.clone(), "a customer", Some(bearer(&plain))));
        let enough: BTreeSet<String> = rule.ways.into_iter().flatten().collect();
        let others: Vec<String> = all.difference(&enough).cloned().collect();
        if !people.contains_key(&others) {
            let scopes: Vec<&str> = others.iter().map(String::as_str).collect();
            people.insert(others.clone(), customer_with(&scopes).await);
        }
        requests.push((rule.route, "whoever has every other scope", Some(bearer(&people[&others]))));
    }
    let found = surprises(requests, |asked| asked.status == 403 && asked.code == "insufficient_scope").await;
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn whoever_has_just_the_scope_is_let_in() {
    let (mut requests, mut people) = (Vec::new(), BTreeMap::<BTreeSet<String>, Person>::new());
    for rule in rules().into_iter().filter(|rule| !rule.is_spared()) {
        for way in rule.ways {
            if !people.contains_key(&way) {
                let scopes: Vec<&str> = way.iter().map(String::as_str).collect();
                people.insert(way.clone(), customer_with(&scopes).await);
            }
            requests.push((rule.route.clone(), "whoever has just the scope", Some(bearer(&people[&way]))));
        }
    }
    let is_right =
        |asked: &Asked| asked.status != 401 && asked.code != "insufficient_scope" && asked.status < 500;
    let found = surprises(requests, is_right).await;
    assert!(found.is_empty(), "{found:#?}");
}
