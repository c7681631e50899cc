//! What functions start with here: an environment, keys, the stubbed AWS, and a runtime to run their handlers on.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kernel::{Actor, Timestamp, UserId};
use platform::auth::{AUDIENCE, Claims, Scope, Scopes, Verifier, public_key};
use platform::{BoxFuture, InvocationContext, Init, InitError};
use tokio::runtime::Runtime;

use crate::stub::Stub;

/// The issuer of access tokens.
pub const ISSUER: &str = "https://fuzz.example.com";
/// The first pair of keys in RFC 8032 section 7.1.
const PRIVATE_KEY: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44,
    0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];
/// Its public half, as `TOKEN_PUBLIC_KEYS` has it.
const PUBLIC_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
/// What stands before an Ed25519 key in PKCS 8 (RFC 8410 section 7).
const PKCS8_HEADER: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// Callbacks are signed with it.
pub const CALLBACK_SECRET: &str = "callback-secret-callback-secret!";
/// Cart snapshots are signed with it.
pub const SNAPSHOT_SECRET: &str = "snapshot-secret-snapshot-secret!";
/// Longer than any run.
const TOKEN_LIFETIME: Duration = Duration::from_hours(24 * 30);
/// What a function has before Lambda ends it.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(15);
/// Nothing listens there, so calls to it fail at once.
const NOWHERE: &str = "http://127.0.0.1:9";

/// The tables and queues that functions name by variables.
const TABLES: [&str; 11] = [
    "IDENTITY",
    "CATALOG",
    "PRICING",
    "STOCK",
    "CARTS",
    "ORDERS",
    "PAYMENTS",
    "NOTIFICATIONS",
    "WEBHOOKS",
    "IDEMPOTENCY",
    "JOURNAL",
];
const QUEUES: [&str; 9] = [
    "BULK_WEBHOOK_DELIVERY",
    "DELETED_USERS",
    "EXPIRY",
    "NOTIFIER",
    "RECONCILE",
    "REPORTS",
    "RESERVATION_EXPIRY",
    "SECRETS",
    "WEBHOOK_DELIVERY",
];

/// What every run of this process shares.
pub struct Shop {
    /// What functions start with.
    pub init: Init,
    /// The AWS behind it.
    pub stub: Stub,
    /// Accepts the tokens that [`Self::sign`] makes.
    pub verifier: Verifier,
    /// An access token with all scopes.
    pub token: String,
    /// The account of that token.
    pub user: UserId,
    runtime: Runtime,
    key: EncodingKey,
    header: Header,
}

static SHOP: LazyLock<Shop> = LazyLock::new(|| Shop::open().expect("the environment is complete"));

impl Shop {
    /// The one of this process.
    pub fn shared() -> &'static Self {
        &SHOP
    }

    fn open() -> Result<Self, InitError> {
        let stub = Stub::new(secrets());
        let init = Init::from_variables(variables())?.over(SharedHttpClient::new(stub.clone()));
        let public = public_key(PUBLIC_KEY)?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid.clone_from(&public.common.key_id);
        let key = EncodingKey::from_ed_der(&[PKCS8_HEADER.as_slice(), &PRIVATE_KEY].concat());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let user = UserId::derived("fuzz");
        let verifier = Verifier::new(&[public], ISSUER)?;
        let mut shop = Self { init, stub, verifier, token: String::new(), user, runtime, key, header };
        shop.token = shop.sign(&serde_json::to_value(claims(user)).expect("claims"));
        Ok(shop)
    }

    /// An access token with these claims, signed with the key of this environment.
    pub fn sign(&self, claims: &serde_json::Value) -> String {
        encode(&self.header, claims, &self.key).expect("the key signs")
    }

    /// Runs to the end.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Starts a function.
    pub fn start<H>(&self, init: fn(Init) -> BoxFuture<'static, Result<H, InitError>>) -> H {
        self.run(init(self.init.clone())).expect("the function starts")
    }

    /// The circumstances of an invocation by the system itself.
    pub fn call(&self) -> InvocationContext {
        InvocationContext::new(deadline_ms(), "fuzz".to_owned(), Actor::system("fuzz"))
    }
}

/// When Lambda ends an invocation that begins now, in milliseconds since 1970.
pub fn deadline_ms() -> u64 {
    u64::try_from(Timestamp::now().plus(FUNCTION_TIMEOUT).as_millis()).unwrap_or(0)
}

/// The claims of a good token of `user`, with all scopes.
pub fn claims(user: UserId) -> Claims {
    let now = Timestamp::now();
    Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: user,
        scope: Scopes(Scope::ALL.into_iter().collect()).to_string(),
        iat: now.as_seconds(),
        exp: now.plus(TOKEN_LIFETIME).as_seconds(),
        jti: "fuzz".to_owned(),
        client_id: None,
    }
}

fn secrets() -> Vec<(String, String)> {
    let d = URL_SAFE_NO_PAD.encode(PRIVATE_KEY);
    let signing = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": PUBLIC_KEY, "d": d}).to_string();
    [
        ("token-signing", signing.as_str()),
        ("login-hash", "login-hash-login-hash-login-hash"),
        ("second-factor", "second-factor-second-factor-second-factor-second-factor"),
        ("callback", CALLBACK_SECRET),
        ("cart-snapshot", SNAPSHOT_SECRET),
        ("yookassa", r#"{"shopId": "1", "secretKey": "fuzz"}"#),
    ]
    .map(|(arn, value)| (arn.to_owned(), value.to_owned()))
    .into()
}

fn variables() -> HashMap<String, String> {
    let mut variables: HashMap<String, String> = [
        ("AWS_REGION", "eu-central-2"),
        ("AWS_ACCESS_KEY_ID", "fuzz"),
        ("AWS_SECRET_ACCESS_KEY", "fuzz"),
        ("STACK_NAME", "fuzz"),
        ("TOKEN_PUBLIC_KEYS", PUBLIC_KEY),
        ("TOKEN_ISSUER", ISSUER),
        ("TOKEN_SIGNING_SECRET_ARN", "token-signing"),
        ("LOGIN_HASH_SECRET_ARN", "login-hash"),
        ("SECOND_FACTOR_SECRET_ARN", "second-factor"),
        ("CALLBACK_SECRET_ARN", "callback"),
        ("CART_SNAPSHOT_SECRET_ARN", "cart-snapshot"),
        ("YOOKASSA_SECRET_ARN", "yookassa"),
        ("YOOKASSA_API_URL", NOWHERE),
        ("YOOKASSA_SOURCES", "0.0.0.0/0 ::/0"),
        ("PUBLIC_BASE_URL", NOWHERE),
        ("MERCHANT_NAME", "Tea"),
        ("EMAIL_TOPIC_ARN", "arn:aws:sns:eu-central-2:000000000000:email"),
        ("EVENT_BUS_NAME", "fuzz"),
        ("RULE_ARN", "arn:aws:events:eu-central-2:000000000000:rule/fuzz"),
        ("PUBLISHER_FAILURES_URL", "https://sqs.example.com/failures"),
        ("QUEUES_URL", "https://sqs.example.com/"),
        (
            "DEAD_LETTERS",
            "NotifierDeadLetters:NotifyCustomer:dead:notifier,PublisherFailures:PublishEvents:failures:",
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    variables.extend(TABLES.map(|name| (format!("{name}_TABLE"), name.to_lowercase())));
    variables.extend(QUEUES.map(|name| {
        (format!("{name}_QUEUE_URL"), format!("https://sqs.example.com/{}", name.to_lowercase()))
    }));
    variables
}
