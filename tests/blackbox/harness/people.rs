//! Customers who register, and the operator whom `make up` and `make test` register.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, post, setting};

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

impl Person {
    /// `request` with this person's access token, and what is answered to it.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Answer {
        Answer::to(request.bearer_auth(&self.token)).await
    }
}

/// An address that nobody has.
pub(crate) fn unique_email() -> String {
    format!("buyer-{}@holdfast.test", Uuid::new_v4().simple())
}

/// A Russian mobile number that nobody has.
pub(crate) fn unique_phone() -> String {
    format!("+7916{:07}", Uuid::new_v4().as_u128() % 10_000_000)
}

/// A new customer with email and phone, logged in.
pub(crate) async fn customer() -> Person {
    let (email, phone) = (unique_email(), unique_phone());
    let registration = json!({
        "firstName": "Анна", "lastName": "Каренина", "email": email, "phone": phone, "password": PASSWORD,
    });
    let user = Answer::to(post("/api/v1/auth/register/email").json(&registration)).await.expect(201);
    let token = log_in(&email, PASSWORD).await;
    Person { id: user["id"].as_str().unwrap().to_owned(), email, phone, token }
}

/// The operator, logged in.
pub(crate) async fn operator() -> Person {
    let email = setting("OPERATOR_EMAIL");
    let token = log_in(&email, &setting("OPERATOR_PASSWORD")).await;
    Person { id: String::new(), email, phone: String::new(), token }
}

async fn log_in(email: &str, password: &str) -> String {
    let login = json!({"email": email, "password": password});
    let pair: Value = Answer::to(post("/api/v1/auth/login/email").json(&login)).await.expect(200);
    pair["accessToken"].as_str().unwrap().to_owned()
}
