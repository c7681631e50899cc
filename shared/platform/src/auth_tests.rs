//! Tokens that must be refused, each for its own reason.

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;

/// The key pair of RFC 8037 appendix A.
const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const ISSUER: &str = "holdfast-test";

fn signing_key(d: &str) -> EncodingKey {
    use base64::Engine as _;
    let mut der =
        vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(d).unwrap());
    EncodingKey::from_ed_der(&der)
}

fn kid() -> String {
    public_key(X).unwrap().common.key_id.unwrap()
}

fn claims() -> Value {
    let now = Timestamp::now().as_seconds();
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": UserId::derived("someone"), "scope": "orders:read",
           "iat": now, "exp": now + 60, "jti": "1"})
}

fn token(claims: &Value) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(kid());
    encode(&header, claims, &signing_key(D)).unwrap()
}

fn verifier() -> Verifier {
    Verifier::new(&[public_key(X).unwrap()], ISSUER).unwrap()
}

fn with(member: &str, value: Value) -> String {
    let mut claims = claims();
    claims[member] = value;
    token(&claims)
}

#[test]
fn a_good_token_names_its_account_and_scopes() {
    let principal = verifier().verify(&token(&claims())).unwrap();
    assert_eq!(principal.user, UserId::derived("someone"));
    assert!(principal.require(Scope::OrdersRead).is_ok());
    assert_eq!(principal.require(Scope::OrdersWrite).unwrap_err().kind, Kind::Forbidden);
}

#[test]
fn the_key_id_is_the_thumbprint_of_rfc_8037() {
    assert_eq!(kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn what_is_not_quite_right_is_refused() {
    let now = Timestamp::now().as_seconds();
    let good = token(&claims());
    let (head, _) = good.rsplit_once('.').unwrap();
    let cases = [
        ("another audience", with("aud", json!("other"))),
        ("another issuer", with("iss", json!("other"))),
        ("expired", with("exp", json!(now - 60))),
        ("from the future", with("iat", json!(now + 600))),
        ("an unknown scope", with("scope", json!("everything"))),
        ("a subject that is no id", with("sub", json!("admin"))),
        ("truncated", good[..good.len() - 6].to_owned()),
        ("unsigned", format!("{head}.")),
        ("nothing", String::new()),
    ];
    for (name, token) in cases {
        assert_eq!(verifier().verify(&token).unwrap_err().kind, Kind::Unauthenticated, "{name}");
    }
}

#[test]
fn another_algorithm_or_key_is_refused() {
    let mut symmetric = Header::new(Algorithm::HS256);
    symmetric.kid = Some(kid());
    let confused = encode(&symmetric, &claims(), &EncodingKey::from_secret(X.as_bytes())).unwrap();
    assert!(verifier().verify(&confused).is_err(), "HS256 with the public key as its secret");

    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(kid());
    let foreign =
        encode(&header, &claims(), &signing_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")).unwrap();
    assert!(verifier().verify(&foreign).is_err(), "signed with another key");

    header.kid = Some("other".to_owned());
    let unknown = encode(&header, &claims(), &signing_key(D)).unwrap();
    assert!(verifier().verify(&unknown).is_err(), "an unknown kid");

    let none = "eyJhbGciOiJub25lIiwia2lkIjoiayJ9.eyJzdWIiOiJ4In0.";
    assert!(verifier().verify(none).is_err(), "alg none");
}
