//! `GET /.well-known/jwks.json`

use jsonwebtoken::jwk::{JwkSet, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use crate::harness::{Answer, customer, get, members, setting, tampered, token_header};

async fn keys() -> Answer {
    Answer::to(get("/.well-known/jwks.json")).await
}

/// What `token` says, verified as a client would who knows nothing but the published keys.
async fn verify(token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let keys: JwkSet = serde_json::from_value(keys().await.expect(200)).unwrap();
    let key = keys.find(token_header(token)["kid"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["holdfast-api"]);
    validation.set_issuer(&[setting("STACK_NAME")]);
    decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).map(|token| token.claims)
}

#[tokio::test]
async fn the_public_keys_are_there_for_anybody_and_may_be_kept_a_while() {
    let answer = keys().await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let body = answer.expect(200);
    let keys = body["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for key in keys {
        assert_eq!(members(key), ["alg", "crv", "kid", "kty", "use", "x"], "and never the private half");
        for (name, value) in [("alg", "EdDSA"), ("crv", "Ed25519"), ("kty", "OKP"), ("use", "sig")] {
            assert_eq!(key[name], value);
        }
    }
    let parsed: JwkSet = serde_json::from_value(body.clone()).unwrap();
    for key in parsed.keys {
        assert_eq!(key.common.key_id.clone(), Some(key.thumbprint(ThumbprintHash::SHA256).unwrap()));
    }
    assert_eq!(Answer::to(get("/.well-known/jwks.json").bearer_auth("nonsense")).await.expect(200), body);
}

#[tokio::test]
async fn whoever_has_the_keys_can_verify_a_token() {
    let anna = customer().await;
    assert_eq!(verify(&anna.token).await.unwrap()["sub"], json!(anna.id));
    assert!(verify(&tampered(&anna.token)).await.is_err());
}
