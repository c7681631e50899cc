//! Customers who register, the operator whom `make up` and `make test` register, and machine clients.

use std::time::{Duration, Instant};

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Answer, invoke, post, setting};

/// Someone who is logged in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// The account's id.
    pub(crate) id: String,
    /// The address that they log in with.
    pub(crate) email: String,
    /// The number that they have, if any.
    pub(crate) phone: String,
    /// Their access token.
    pub(crate) token: String,
}

/// The password of every customer here.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// Every scope, in the order in which responses list them.
pub(crate) const SCOPES: [&str; 10] = [
    "orders:read",
    "orders:write",
    "stock:write",
    "catalog:write",
    "pricing:write",
    "payments:write",
    "webhooks:write",
    "notifications:write",
    "operations:write",
    "loms",
];
/// How often a request is sent that is answered 503 each time.
const MOST_REPEATS: usize = 5;
/// How long the operator's token is used before they log in again: well below the 15 minutes that it is good for.
const SHIFT: Duration = Duration::from_mins(5);

impl Person {
    /// `request` with this person's access token, and what is answered to it.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Answer {
        Answer::to(request.bearer_auth(&self.token)).await
    }

    /// As [`Self::ask`]; a 503 is repeated, as clients do: nothing was done, and a machine with much to do has less time for each attempt.
    pub(crate) async fn ask_until_available(&self, request: impl Fn() -> RequestBuilder) -> Answer {
        for _ in 1..MOST_REPEATS {
            let answer = self.ask(request()).await;
            if answer.status != 503 {
                return answer;
            }
        }
        self.ask(request()).await
    }

    /// The same person on another device: logged in once more, with another token.
    pub(crate) async fn elsewhere(&self) -> Self {
        Self { token: access_token(&log_in(&self.email, PASSWORD).await), ..self.clone() }
    }
}

/// An address that no account has.
pub(crate) fn unique_email() -> String {
    format!("buyer-{}@holdfast.test", Uuid::new_v4().simple())
}

/// A Russian mobile number that no account has.
pub(crate) fn unique_phone() -> String {
    format!("+79{:09}", Uuid::new_v4().as_u128() % 1_000_000_000)
}

/// What somebody new says of themselves to register by email or by phone, with both.
pub(crate) fn registration() -> Value {
    json!({
        "firstName": "Анна", "lastName": "Каренина", "email": unique_email(), "phone": unique_phone(),
        "password": PASSWORD,
    })
}

/// `body` without its member `name`.
pub(crate) fn without(body: &Value, name: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().remove(name);
    body
}

/// A new customer with email and phone, logged in.
pub(crate) async fn customer() -> Person {
    let body = registration();
    let user = Answer::to(post("/api/v1/auth/register/email").json(&body)).await.expect(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (email, phone) = (text(&body["email"]), text(&body["phone"]));
    let token = access_token(&log_in(&email, PASSWORD).await);
    Person { id: text(&user["id"]), email, phone, token }
}

/// A new customer who was granted `scopes`, logged in since.
pub(crate) async fn customer_with(scopes: &[&str]) -> Person {
    let customer = customer().await;
    invoke("GrantScopes", &json!({"userId": customer.id, "scopes": scopes})).await.unwrap();
    customer.elsewhere().await
}

/// The operator, logged in.
pub(crate) async fn operator() -> Person {
    static ON_DUTY: Mutex<Option<(Instant, Person)>> = Mutex::const_new(None);
    // A test that comes while another logs the operator in waits for that login: logins are throttled.
    let mut on_duty = ON_DUTY.lock().await;
    if let Some((since, operator)) = &*on_duty
        && since.elapsed() < SHIFT
    {
        return operator.clone();
    }
    let email = setting("OPERATOR_EMAIL");
    let token = access_token(&log_in(&email, &setting("OPERATOR_PASSWORD")).await);
    let operator = Person { id: String::new(), email, phone: String::new(), token };
    *on_duty = Some((Instant::now(), operator.clone()));
    operator
}

/// The tokens of a new session.
pub(crate) async fn log_in(email: &str, password: &str) -> Value {
    let login = json!({"email": email, "password": password});
    Answer::to(post("/api/v1/auth/login/email").json(&login)).await.expect(200)
}

/// The access token of a pair.
pub(crate) fn access_token(pair: &Value) -> String {
    pair["accessToken"].as_str().unwrap().to_owned()
}

/// A new machine client with `scopes`: its id and its secret.
pub(crate) async fn client(scopes: &[&str]) -> (String, String) {
    let order = json!({"name": "a test's client", "scopes": scopes});
    let created = invoke("CreateClient", &order).await.unwrap();
    let text = |member: &str| created[member].as_str().unwrap().to_owned();
    (text("clientId"), text("clientSecret"))
}

/// The access token of a machine client with `scopes`.
pub(crate) async fn client_token(scopes: &[&str]) -> String {
    let (id, secret) = client(scopes).await;
    token_of(&id, &secret).await.expect(200)["access_token"].as_str().unwrap().to_owned()
}

/// What a machine client with this secret is answered that asks for a token.
pub(crate) async fn token_of(id: &str, secret: &str) -> Answer {
    let form = [("grant_type", "client_credentials")];
    Answer::to(post("/token").basic_auth(id, Some(secret)).form(&form)).await
}
