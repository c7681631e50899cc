//! `GET /api/v1/users/me`, and what is no access token: every route reads them alike.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::harness::{
    Answer, PASSWORD, access_token, claims, customer, get, log_in, post, registration, token_header,
    wants_a_token, without,
};

/// What precedes the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410 section 7).
const PKCS8_HEADER: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

fn me() -> RequestBuilder {
    get("/api/v1/users/me")
}

/// `claims` signed with a key of ours, under the name of the key that signed `token`.
fn signed_by_another_key(token: &str, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(token_header(token)["kid"].as_str().unwrap().to_owned());
    let key = [PKCS8_HEADER.as_slice(), &[7; 32]].concat();
    encode(&header, claims, &EncodingKey::from_ed_der(&key)).unwrap()
}

/// `claims` signed with the public key as if it were a shared secret.
async fn signed_by_the_public_key(token: &str, claims: &Value) -> String {
    let keys = Answer::to(get("/.well-known/jwks.json")).await.expect(200);
    let secret = URL_SAFE_NO_PAD.decode(keys["keys"][0]["x"].as_str().unwrap()).unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(token_header(token)["kid"].as_str().unwrap().to_owned());
    encode(&header, claims, &EncodingKey::from_secret(&secret)).unwrap()
}

fn base64(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn everybody_sees_their_own_profile() {
    let body = registration();
    let user = Answer::to(post("/api/v1/auth/register/email").json(&body)).await.expect(201);
    let token = access_token(&log_in(body["email"].as_str().unwrap(), PASSWORD).await);
    let answer = Answer::to(me().bearer_auth(&token)).await;
    assert_eq!(
        (answer.header("content-type"), answer.header("cache-control")),
        ("application/json", "no-store")
    );
    let mut expected = without(&body, "password");
    expected["id"] = user["id"].clone();
    expected["emailVerified"] = json!(false);
    expected["phoneVerified"] = json!(false);
    expected["locale"] = json!("en");
    expected["notifications"] = json!({"email": true, "sms": true, "orderProgress": true});
    assert_eq!(answer.expect(200), expected);
    assert_eq!(Answer::to(me().bearer_auth(&token)).await.expect(200), user);
}

#[tokio::test]
async fn what_a_person_does_not_have_is_left_out() {
    let body = without(&registration(), "phone");
    Answer::to(post("/api/v1/auth/register/email").json(&body)).await.expect(201);
    let token = access_token(&log_in(body["email"].as_str().unwrap(), PASSWORD).await);
    assert_eq!(Answer::to(me().bearer_auth(&token)).await.expect(200).get("phone"), None);
}

#[tokio::test]
async fn the_scheme_may_be_written_in_any_case() {
    let anna = customer().await;
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let request = me().header("authorization", format!("{scheme} {}", anna.token));
        assert_eq!(Answer::to(request).await.expect(200)["id"], anna.id);
    }
}

#[tokio::test]
async fn nobody_is_seen_without_a_token_of_ours() {
    wants_a_token(me).await;
}

#[tokio::test]
async fn a_token_that_is_not_wholly_ours_is_refused() {
    let (anna, boris) = (customer().await, customer().await);
    let parts: Vec<&str> = anna.token.split('.').collect();
    let mut others = claims(&anna.token);
    others["sub"] = json!(boris.id);
    let mut raised = claims(&anna.token);
    raised["scope"] = json!("orders:write");
    let mut unnamed = token_header(&anna.token);
    unnamed.as_object_mut().unwrap().remove("kid");
    let refresh_token = log_in(&anna.email, PASSWORD).await["refreshToken"].as_str().unwrap().to_owned();
    let none = base64(&json!({"alg": "none", "typ": "JWT", "kid": token_header(&anna.token)["kid"]}));
    let refused = [
        ("another's id", format!("{}.{}.{}", parts[0], base64(&others), parts[2])),
        ("more scopes", format!("{}.{}.{}", parts[0], base64(&raised), parts[2])),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("no algorithm", format!("{none}.{}.", parts[1])),
        ("no algorithm, signed", format!("{none}.{}.{}", parts[1], parts[2])),
        ("no key's name", format!("{}.{}.{}", base64(&unnamed), parts[1], parts[2])),
        ("another key", signed_by_another_key(&anna.token, &claims(&anna.token))),
        ("the public key as a secret", signed_by_the_public_key(&anna.token, &claims(&anna.token)).await),
        ("a refresh token", refresh_token),
        ("two tokens", format!("{} {}", anna.token, boris.token)),
        ("one part more", format!("{}.{}", anna.token, parts[2])),
    ];
    for (what, token) in refused {
        let answer = Answer::to(me().bearer_auth(token)).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        answer.problem(401, "invalid_token");
    }
}
