//! Issuing access tokens. Only the functions that do this can read the private key.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kernel::{Problem, Timestamp, UserId, ids::SessionId};
use platform::auth::{AUDIENCE, Claims, Scopes, Verifier, public_key, public_keys};
use platform::{Init, InitError};
use serde::Deserialize;
use uuid::Uuid;

use crate::session::access_token_id;

/// The time for which an access token is valid. It can't be revoked before that, so it is short.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_mins(15);
/// The variable that holds the ARN of the private key's secret.
const KEY_SETTING: &str = "TOKEN_SIGNING_SECRET_ARN";
/// Length of an Ed25519 private key (RFC 8032 section 5.1.5).
const PRIVATE_KEY_BYTES: usize = 32;
/// The prefix of the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410 section 7): DER, of one fixed form.
const PKCS8_HEADER: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The private key as its secret holds it: a JWK (RFC 8037 section 2). Deliberately not `Debug`.
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    crv: String,
    x: String,
    d: String,
}

/// Signs access tokens.
pub(crate) struct Issuer {
    key: EncodingKey,
    header: Header,
    iss: String,
}

impl Issuer {
    /// The key in the secret of `TOKEN_SIGNING_SECRET_ARN`, which has to be one of `TOKEN_PUBLIC_KEYS`.
    pub(crate) async fn from_init(init: &Init) -> Result<Self, InitError> {
        let (known, issuer) = (public_keys(init)?, init.required("TOKEN_ISSUER")?);
        Self::new(&init.secret(KEY_SETTING).await?, &known, issuer)
    }

    /// Signs with the private key in `secret`, for verifiers that have the public keys `known`.
    fn new(secret: &str, known: &[Jwk], issuer: String) -> Result<Self, InitError> {
        // What the parser says may quote the secret, so it is not repeated.
        let malformed =
            || InitError::new(KEY_SETTING, "the secret is not an Ed25519 private key in the form of a JWK");
        let jwk: PrivateJwk = serde_json::from_str(secret).map_err(|_| malformed())?;
        let d = URL_SAFE_NO_PAD.decode(&jwk.d).map_err(|_| malformed())?;
        if jwk.kty != "OKP" || jwk.crv != "Ed25519" || d.len() != PRIVATE_KEY_BYTES {
            return Err(malformed());
        }
        let public = public_key(&jwk.x).map_err(|_| malformed())?;
        if !known.iter().any(|key| key.common.key_id == public.common.key_id) {
            return Err(InitError::new(KEY_SETTING, "the key is not among TOKEN_PUBLIC_KEYS"));
        }
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid.clone_from(&public.common.key_id);
        let key = EncodingKey::from_ed_der(&[PKCS8_HEADER.as_slice(), &d].concat());
        let signer = Self { key, header, iss: issuer };
        signer.prove(&public)?;
        Ok(signer)
    }

    /// Signs one token and verifies it, so that a private key with another one's public half is found now and not by
    /// every customer.
    fn prove(&self, public: &Jwk) -> Result<(), InitError> {
        let verifier = Verifier::new(std::slice::from_ref(public), &self.iss)?;
        let probe = self.issue(UserId::derived("probe"), &Scopes::default(), None, Timestamp::now());
        probe
            .and_then(|token| verifier.verify(&token))
            .map(|_| ())
            .map_err(|_| InitError::new(KEY_SETTING, "the private and the public half don't belong together"))
    }

    /// An access token for `user`, who may do what `scopes` say, issued at `now` in `session`, if it is in one.
    pub(crate) fn issue(
        &self,
        user: UserId,
        scopes: &Scopes,
        session: Option<SessionId>,
        now: Timestamp,
    ) -> Result<String, Problem> {
        let id = session.map_or_else(|| Ok(Uuid::new_v4()), access_token_id)?;
        let claims = Claims {
            iss: self.iss.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            scope: scopes.to_string(),
            iat: now.as_seconds(),
            exp: now.plus(ACCESS_TOKEN_LIFETIME).as_seconds(),
            jti: id.to_string(),
            client_id: None,
        };
        self.sign(&claims)
    }

    /// An access token for the machine client `client`, which acts for itself.
    pub(crate) fn issue_to_client(
        &self,
        client: UserId,
        scopes: &Scopes,
        now: Timestamp,
    ) -> Result<String, Problem> {
        self.sign(&Claims {
            iss: self.iss.clone(),
            aud: AUDIENCE.to_owned(),
            sub: client,
            scope: scopes.to_string(),
            iat: now.as_seconds(),
            exp: now.plus(ACCESS_TOKEN_LIFETIME).as_seconds(),
            jti: Uuid::new_v4().to_string(),
            client_id: Some(client),
        })
    }

    fn sign(&self, claims: &Claims) -> Result<String, Problem> {
        encode(&self.header, claims, &self.key).map_err(Problem::internal)
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::decode_header;
    use platform::auth::Scope;
    use serde_json::{Value, json};

    use super::*;

    /// The key pair of RFC 8037 appendix A.
    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    /// The public key of RFC 8032 section 7.1, test 2.
    const OTHER_X: &str = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";

    fn issuer(jwk: &Value, known: &[&str]) -> Result<Issuer, InitError> {
        let known: Vec<_> = known.iter().map(|x| public_key(x).unwrap()).collect();
        Issuer::new(&jwk.to_string(), &known, "holdfast-test".to_owned())
    }

    fn jwk() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": X, "d": D})
    }

    #[test]
    fn a_token_is_accepted_by_whoever_has_the_public_key() {
        let issuer = issuer(&jwk(), &[OTHER_X, X]).unwrap();
        let scopes = Scopes([Scope::OrdersRead, Scope::Loms].into());
        let user = UserId::derived("someone");
        let token = issuer.issue(user, &scopes, None, Timestamp::now()).unwrap();
        let verifier = Verifier::new(&[public_key(X).unwrap()], "holdfast-test").unwrap();
        let principal = verifier.verify(&token).unwrap();
        assert_eq!((principal.user, principal.scopes), (user, scopes));
        let header = decode_header(&token).unwrap();
        assert_eq!(header.alg, Algorithm::EdDSA);
        assert_eq!(header.kid.as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    }

    #[test]
    fn a_token_lasts_fifteen_minutes_and_no_two_are_the_same() {
        let issuer = issuer(&jwk(), &[X]).unwrap();
        let claims = |token: &str| -> Value {
            let middle = token.split('.').nth(1).unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
        };
        let now = Timestamp::from_millis(1_700_000_000_999);
        let [one, two] = [(); 2].map(|()| {
            claims(&issuer.issue(UserId::derived("someone"), &Scopes::default(), None, now).unwrap())
        });
        assert_eq!((&one["iat"], &one["exp"]), (&json!(1_700_000_000), &json!(1_700_000_900)));
        assert_eq!((&one["aud"], &one["iss"]), (&json!("holdfast-api"), &json!("holdfast-test")));
        assert_eq!(one["scope"], "");
        assert_ne!(one["jti"], two["jti"]);
    }

    #[test]
    fn a_wrong_key_is_found_at_the_start_and_not_repeated() {
        let mut halves = jwk();
        halves["x"] = json!(OTHER_X);
        let cases = [
            ("unknown", issuer(&jwk(), &[OTHER_X]), "the key is not among TOKEN_PUBLIC_KEYS"),
            ("halves", issuer(&halves, &[OTHER_X]), "the private and the public half don't belong together"),
        ];
        for (name, made, reason) in cases {
            assert_eq!(made.err().unwrap().reason, reason, "{name}");
        }
        let mut malformed = vec![json!({}), json!("text"), json!({"kty": "OKP", "crv": "Ed25519", "x": X})];
        for (member, value) in [("kty", "EC"), ("crv", "X25519"), ("d", "c2hvcnQ"), ("d", "%%"), ("x", "%%")]
        {
            let mut wrong = jwk();
            wrong[member] = json!(value);
            malformed.push(wrong);
        }
        for wrong in malformed {
            let error = issuer(&wrong, &[X]).err().unwrap();
            assert_eq!(error.setting, KEY_SETTING);
            assert_eq!(
                error.reason, "the secret is not an Ed25519 private key in the form of a JWK",
                "{wrong}"
            );
        }
    }
}
