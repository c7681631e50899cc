//! What holds for the settings of every kind.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockReadGuard};
use uuid::Uuid;

use crate::harness::{
    Answer, customer_with, delete, get, names_the_member_at_fault, operator, put, wants_a_json_object,
    wants_a_token, wants_the_scope, whole_journal,
};

/// Held for writing by the test that makes as many settings as there may be.
pub(crate) static ROOM: RwLock<()> = RwLock::const_new(());

/// A kind of settings.
pub(crate) struct Kind {
    /// The route of the list.
    pub(crate) path: &'static str,
    /// A body as it is returned, another one for each id.
    pub(crate) details: fn(&str) -> Value,
    /// A member, and another value for it.
    pub(crate) change: (&'static str, i64),
    /// The beginning of the events' names.
    pub(crate) event: &'static str,
    /// The member of the events with the id.
    pub(crate) id_member: &'static str,
}

/// Shipping methods, which customers can't choose.
pub(crate) const SHIPPING: Kind = Kind {
    path: "/api/v1/admin/shipping-methods",
    details: |_| {
        json!({
            "name": {"en": "Parcel", "ru": "Посылка", "pt-BR": "Encomenda"},
            "zones": [
                {"countries": ["IS"], "regions": ["REYKJAVÍK"], "postalPrefixes": ["101", "2"]},
                {"countries": ["GL", "FO"]},
            ],
            "currency": "ISK", "rateBy": "weight", "rates": [{"upTo": 1_000, "price": 500}, {"price": 900}],
            "freeFrom": 100_000, "minDays": 1, "maxDays": 3, "isActive": false,
        })
    },
    change: ("maxDays", 4),
    event: "pricing.shipping_method",
    id_member: "shippingMethodId",
};

/// Tax rates, each of a region of its own.
pub(crate) const TAX: Kind = Kind {
    path: "/api/v1/admin/tax-rates",
    details: |id| {
        json!({
            "country": "AU", "region": id.to_uppercase(), "taxCategory": "books", "rate": 1_000,
            "includedInPrices": true, "receiptVatCode": 3,
        })
    },
    change: ("rate", 1_100),
    event: "pricing.tax_rate",
    id_member: "taxRateId",
};

/// Promotions, each with a code of its own.
pub(crate) const PROMOTION: Kind = Kind {
    path: "/api/v1/admin/promotions",
    details: |id| {
        json!({
            "code": id.to_uppercase(), "kind": "percentage", "value": 1_500, "currency": "ISK",
            "conditions": {"minSubtotal": 5_000, "productIds": ["kettle-17"], "categories": ["Чай"], "firstOrder": true},
            "startsAt": "2026-03-01T00:00:00.000Z", "endsAt": "2026-04-01T00:00:00.000Z",
            "usageLimit": 7, "usageLimitPerCustomer": 1, "stackable": true,
        })
    },
    change: ("value", 1_600),
    event: "pricing.promotion",
    id_member: "promotionId",
};

/// An id that no setting has.
pub(crate) fn unique_id() -> String {
    format!("t-{}", Uuid::new_v4().simple())
}

/// The time after which every process prices by a setting that was changed: `PricingSettingsSeconds` of the stack under test, and some more.
const EFFECTIVE_AFTER: Duration = Duration::from_millis(1_500);

/// Waits until every process prices by the settings as they are.
pub(crate) async fn settings_are_effective() {
    tokio::time::sleep(EFFECTIVE_AFTER).await;
}

/// Room for a few settings of each kind.
pub(crate) async fn room() -> RwLockReadGuard<'static, ()> {
    ROOM.read().await
}

impl Kind {
    pub(crate) fn of(&self, id: &str) -> String {
        format!("{}/{id}", self.path)
    }

    /// Creates or replaces a setting.
    pub(crate) async fn put(&self, id: &str, body: &Value) -> Answer {
        operator().await.ask(put(&self.of(id)).json(body)).await
    }

    /// Creates a setting; answers its id and what was answered.
    pub(crate) async fn create(&self) -> (String, Answer) {
        let id = unique_id();
        let answer = self.put(&id, &(self.details)(&id)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        (id, answer)
    }

    pub(crate) async fn get(&self, id: &str) -> Answer {
        operator().await.ask(get(&self.of(id))).await
    }

    pub(crate) async fn remove(&self, id: &str) {
        assert_eq!(operator().await.ask(delete(&self.of(id))).await.status, 204);
    }

    /// Every setting, in pages of `limit`.
    pub(crate) async fn all(&self, limit: usize) -> Vec<Value> {
        let (keeper, mut found, mut cursor) = (operator().await, Vec::new(), String::new());
        loop {
            let page = keeper.ask(get(&format!("{}?limit={limit}{cursor}", self.path))).await.expect(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            found.extend(items.clone());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }
}

/// What an answer of `details` has to be, at the version that it names.
fn stored(id: &str, details: &Value, answer: &Value) -> Value {
    let mut expected = details.clone();
    expected["id"] = json!(id);
    expected["version"] = answer["version"].clone();
    expected
}

fn version(setting: &Value) -> u64 {
    setting["version"].as_u64().unwrap()
}

pub(crate) async fn is_created_and_replaced(kind: &Kind) {
    let _room = room().await;
    let (id, created) = kind.create().await;
    let details = (kind.details)(&id);
    assert_eq!(created.body, stored(&id, &details, &created.body));
    assert_eq!(created.header("etag"), format!("\"{}\"", created.body["version"]));
    let again = kind.put(&id, &details).await;
    assert_eq!(again.header("etag"), created.header("etag"));
    assert_eq!(again.expect(200), created.body, "a repeat changes nothing");
    let mut changed = details.clone();
    changed[kind.change.0] = json!(kind.change.1);
    let replaced = kind.put(&id, &changed).await.expect(200);
    assert_eq!(replaced, stored(&id, &changed, &replaced));
    assert!(version(&replaced) > version(&created.body));
    assert_eq!(kind.get(&id).await.expect(200), replaced);
    kind.remove(&id).await;
}

pub(crate) async fn changes_are_published_with_versions_alone(kind: &Kind) {
    let _room = room().await;
    let (id, created) = kind.create().await;
    kind.remove(&id).await;
    let again = kind.put(&id, &(kind.details)(&id)).await.expect(201);
    assert!(version(&again) > version(&created.body) + 1, "a version never repeats");
    kind.remove(&id).await;
    let mut events: Vec<Value> = whole_journal().await;
    events.retain(|event| event["data"][kind.id_member] == id.as_str());
    events.sort_by_key(|event| event["sequence"].as_u64().unwrap());
    let names: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let [changed, removed] = ["changed", "removed"].map(|what| format!("{}_{what}", kind.event));
    assert_eq!(names, [changed.as_str(), &removed, &changed, &removed]);
    for event in &events {
        assert_eq!(event["aggregateId"], "pricing/settings");
        assert_eq!(event["data"], json!({kind.id_member: id, "version": event["sequence"]}));
    }
    assert_eq!(events[0]["sequence"], created.body["version"]);
    assert_eq!(events[2]["sequence"], again["version"]);
}

pub(crate) async fn is_changed_only_at_the_version_that_is_named(kind: &Kind) {
    let _room = room().await;
    let keeper = operator().await;
    let (id, created) = kind.create().await;
    let mut body = (kind.details)(&id);
    body[kind.change.0] = json!(kind.change.1);
    let path = kind.of(&id);
    let request = |tag: &str| put(&path).header("if-match", tag).json(&body);
    let first = created.header("etag").to_owned();
    for tag in [format!("W/{first}"), "\"0\"".to_owned(), "x".to_owned()] {
        let refused = keeper.ask(request(&tag)).await;
        assert_eq!(refused.header("etag"), first);
        assert_eq!(refused.problem(412, "etag_mismatch")["etag"], first.as_str(), "{tag}");
    }
    let changed = keeper.ask(request(&first)).await;
    assert_ne!(changed.header("etag"), first);
    let current = changed.header("etag").to_owned();
    changed.expect(200);
    keeper.ask(request(&first)).await.problem(412, "etag_mismatch");
    keeper.ask(request("*")).await.expect(200);

    keeper.ask(delete(&path).header("if-match", &first)).await.problem(412, "etag_mismatch");
    assert_eq!(keeper.ask(delete(&path).header("if-match", &current)).await.status, 204);
    for tag in [current.as_str(), "*"] {
        keeper.ask(request(tag)).await.problem(412, "etag_mismatch");
    }
    kind.get(&id).await.problem(404, "not_found");
}

pub(crate) async fn is_read_until_it_is_removed(kind: &Kind) {
    let _room = room().await;
    let keeper = operator().await;
    let (id, created) = kind.create().await;
    let read = kind.get(&id).await;
    let etag = read.header("etag").to_owned();
    assert_eq!(etag, created.header("etag"));
    assert_eq!(read.header("cache-control"), "private, no-cache");
    assert_eq!(read.expect(200), created.body);
    for known in [etag.clone(), format!("W/{etag}"), "*".to_owned()] {
        let known = keeper.ask(get(&kind.of(&id)).header("if-none-match", &known)).await;
        assert_eq!((known.status, known.text.as_str(), known.header("etag")), (304, "", etag.as_str()));
    }
    kind.remove(&id).await;
    kind.get(&id).await.problem(404, "not_found");
    keeper.ask(delete(&kind.of(&id))).await.problem(404, "not_found");
}

pub(crate) async fn are_listed_by_id_in_pages(kind: &Kind) {
    let _room = room().await;
    let mut made = BTreeSet::new();
    for _ in 0..3 {
        made.insert(kind.create().await.0);
    }
    for limit in [2, 100] {
        let found = kind.all(limit).await;
        let ids: Vec<&str> = found.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
        assert!(made.iter().all(|id| ids.contains(&id.as_str())), "{ids:?}");
        let first = found.iter().find(|one| one["id"] == made.first().unwrap().as_str()).unwrap();
        assert_eq!(*first, kind.get(made.first().unwrap()).await.expect(200));
    }
    for id in &made {
        kind.remove(id).await;
    }
    assert!(!kind.all(100).await.iter().any(|one| made.contains(one["id"].as_str().unwrap())));
    let keeper = operator().await;
    for (query, pointer) in
        [("limit=0", "/query/limit"), ("cursor=x", "/query/cursor"), ("active=true", "/query/active")]
    {
        let answer = keeper.ask(get(&format!("{}?{query}", kind.path))).await;
        answer.problem_at(400, "invalid_parameter", pointer);
    }
}

/// `request` is for those with the scope alone, and answered to them with `status`.
pub(crate) async fn needs_the_scope(status: u16, request: impl Fn() -> RequestBuilder) {
    wants_a_token(&request).await;
    wants_the_scope("pricing:write", &request).await;
    let others = customer_with(&["catalog:write", "orders:write", "stock:write"]).await;
    others.ask(request()).await.problem(403, "insufficient_scope");
    assert_eq!(customer_with(&["pricing:write"]).await.ask(request()).await.status, status);
}

/// An id that no setting can have is named on every route of it.
pub(crate) async fn ids_have_a_form(kind: &Kind, request: impl Fn(&str) -> RequestBuilder) {
    let keeper = operator().await;
    for id in ["x".repeat(65).as_str(), "two%20words", "%D1%8B", "a.b"] {
        keeper.ask(request(&kind.of(id))).await.problem_at(400, "invalid_parameter", "/path/id");
    }
}

/// Each of `cases` is refused and named, all of `faults` are named at once, and nothing is stored.
pub(crate) async fn faults_are_named(
    kind: &Kind,
    cases: Vec<(&'static str, Value)>,
    faults: &Value,
    pointers: &[&str],
) {
    let (id, keeper) = (unique_id(), operator().await);
    let path = kind.of(&id);
    let request = || put(&path).bearer_auth(&keeper.token);
    names_the_member_at_fault(&(kind.details)(&id), cases, request).await;
    let refused = keeper.ask(put(&path).json(faults)).await.problem(422, "invalid_input");
    let named: BTreeSet<&str> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(named, pointers.iter().copied().collect());
    wants_a_json_object(request).await;
    kind.get(&id).await.problem(404, "not_found");
}
