//! Rotating the signing key: two public keys are live at once, so that no session ends.

use std::collections::HashMap;

use aws_sdk_lambda::types::Environment;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::Value;

use crate::harness::{Answer, PATIENCE, claims, customer, eventually, get, lambda, setting, token_header};

/// The key pair of RFC 8037 appendix A, in the place of the next key.
const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
/// Its thumbprint (appendix A.3).
const KID: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
/// What precedes the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410 section 7).
const PKCS8_HEADER: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
/// The variable with the public keys, the newest first.
const KEYS: &str = "TOKEN_PUBLIC_KEYS";

async fn variables(function: &str) -> HashMap<String, String> {
    let configuration = lambda().get_function_configuration().function_name(function).send().await.unwrap();
    configuration.environment.unwrap().variables.unwrap()
}

/// Gives `function` these public keys, as a deployment does.
async fn publish(function: &str, keys: &str) {
    let mut variables = variables(function).await;
    variables.insert(KEYS.to_owned(), keys.to_owned());
    let environment = Environment::builder().set_variables(Some(variables)).build();
    let update = lambda().update_function_configuration().function_name(function).environment(environment);
    update.send().await.unwrap();
}

/// What `token` says, signed with the next key.
fn signed_by_the_next_key(token: &str) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(KID.to_owned());
    let key = [PKCS8_HEADER.as_slice(), &URL_SAFE_NO_PAD.decode(D).unwrap()].concat();
    encode(&header, &claims(token), &EncodingKey::from_ed_der(&key)).unwrap()
}

async fn is_known(token: &str) -> bool {
    Answer::to(get("/api/v1/users/me").bearer_auth(token)).await.status == 200
}

#[tokio::test]
async fn tokens_of_two_keys_are_good_while_both_are_published() {
    let anna = customer().await;
    let next = signed_by_the_next_key(&anna.token);
    assert!(is_known(&anna.token).await && !is_known(&next).await);

    let functions = ["GetMe", "GetJwks"].map(|id| format!("{}-{id}", setting("STACK_NAME")));
    let current = variables(&functions[0]).await.remove(KEYS).unwrap();
    for function in &functions {
        publish(function, &format!("{X},{current}")).await;
    }
    eventually("the next key to be taken", PATIENCE, || async { is_known(&next).await.then_some(()) }).await;
    assert!(is_known(&anna.token).await, "and nobody is logged out");
    let keys = Answer::to(get("/.well-known/jwks.json")).await.expect(200);
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    for kid in [&Value::from(KID), &token_header(&anna.token)["kid"]] {
        assert!(keys.find(kid.as_str().unwrap()).is_some(), "{kid} is published");
    }
    assert_eq!(keys.keys[0].common.key_id.as_deref(), Some(KID), "the newest first");

    for function in &functions {
        publish(function, &current).await;
    }
    eventually("the next key to be dropped", PATIENCE, || async { (!is_known(&next).await).then_some(()) })
        .await;
    assert!(is_known(&anna.token).await);
}
