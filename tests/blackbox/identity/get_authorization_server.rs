//! `GET /.well-known/oauth-authorization-server`

use serde_json::json;

use crate::harness::{Answer, PASSWORD, claims, customer, get, http, members, post, url};

#[tokio::test]
async fn the_metadata_leads_to_the_token_endpoint_and_its_keys() {
    let answer = Answer::to(get("/.well-known/oauth-authorization-server")).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let metadata = answer.expect(200);
    let expected = [
        "grant_types_supported",
        "issuer",
        "jwks_uri",
        "response_types_supported",
        "scopes_supported",
        "service_documentation",
        "token_endpoint",
        "token_endpoint_auth_methods_supported",
    ];
    assert_eq!(members(&metadata), expected);
    assert_eq!(metadata["response_types_supported"], json!([]));
    let anna = customer().await;
    assert_eq!(metadata["issuer"], claims(&anna.token)["iss"]);

    let form = [("grant_type", "password"), ("username", &*anna.email), ("password", PASSWORD)];
    let issued = http().post(metadata["token_endpoint"].as_str().unwrap()).form(&form).send().await.unwrap();
    assert_eq!(issued.status(), 200);
    let keys = http().get(metadata["jwks_uri"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(keys.status(), 200);
    let documentation = http().get(metadata["service_documentation"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(documentation.status(), 200);
}

#[tokio::test]
async fn it_names_the_grants_that_the_endpoint_knows() {
    let metadata = Answer::to(get("/.well-known/oauth-authorization-server")).await.expect(200);
    for grant in metadata["grant_types_supported"].as_array().unwrap() {
        let form = [("grant_type", grant.as_str().unwrap())];
        let refused = Answer::to(post("/token").form(&form)).await;
        assert_ne!(refused.body["error"], "unsupported_grant_type", "{grant}");
    }
    assert!(metadata["token_endpoint"].as_str().unwrap().starts_with(&url("")));
}
