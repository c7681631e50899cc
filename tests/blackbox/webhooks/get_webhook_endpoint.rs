//! `GET /api/v1/webhooks/endpoints/{id}`

use uuid::Uuid;

use super::{ENDPOINTS, register, remove, route, unique_type};
use crate::harness::{customer_with, get, members, operator, wants_a_token, wants_the_scope};

#[tokio::test]
async fn an_endpoint_is_seen_without_its_secret() {
    let made = register("https://erp.example.com/", &[&unique_type()]).await;
    wants_a_token(|| get(&route(&made))).await;
    wants_the_scope("orders:read", || get(&route(&made))).await;
    for scope in ["orders:read", "webhooks:write"] {
        let seen = customer_with(&[scope]).await.ask(get(&route(&made))).await.expect(200);
        let wanted = [
            "createdAt",
            "enabled",
            "eventTypes",
            "failedDeliveries",
            "id",
            "ownerId",
            "secretCreatedAt",
            "updatedAt",
            "url",
            "version",
        ];
        assert_eq!(members(&seen), wanted);
    }
    remove(&made).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let keeper = operator().await;
    for id in [Uuid::new_v4().to_string(), "x".to_owned(), "COUNT".to_owned()] {
        keeper.ask(get(&format!("{ENDPOINTS}/{id}"))).await.problem(404, "not_found");
    }
}
