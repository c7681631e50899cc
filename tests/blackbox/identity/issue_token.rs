//! `POST /token` and `POST /api/token`: RFC 6749, shown with a client library that knows nothing of this system.

use oauth2::basic::{BasicClient, BasicErrorResponseType};
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RefreshToken, RequestTokenError,
    ResourceOwnerPassword, ResourceOwnerUsername, Scope, TokenResponse as _, TokenUrl,
};
use serde_json::{Value, json};

use crate::harness::{
    Answer, PASSWORD, claims, client, customer, customer_with, details, get, http, invoke, members, post,
    put, unique_email, unique_sku, url,
};

/// The library's way to the network.
async fn carry(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let sent = http().request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
    let response = sent.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut carried = HttpResponse::new(response.bytes().await?.to_vec());
    *carried.status_mut() = status;
    *carried.headers_mut() = headers;
    Ok(carried)
}

fn token_url(path: &str) -> TokenUrl {
    TokenUrl::new(url(path)).unwrap()
}

async fn token(form: &[(&str, &str)]) -> Answer {
    Answer::to(post("/token").form(form)).await
}

/// An error as section 5.2 has it; answers its body.
#[track_caller]
fn error(answer: Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.body["error"], code, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge.starts_with("Basic "), status == 401, "{challenge}");
    assert_eq!(members(&answer.body), ["error", "error_description"]);
    answer.body
}

#[tokio::test]
async fn a_stock_client_logs_in_refreshes_and_reads_a_protected_route() {
    let anna = customer().await;
    for (path, login) in [("/token", &anna.email), ("/api/token", &anna.phone)] {
        let library = BasicClient::new(ClientId::new("a-shop-app".to_owned())).set_token_uri(token_url(path));
        let username = ResourceOwnerUsername::new(login.clone());
        let password = ResourceOwnerPassword::new(PASSWORD.to_owned());
        let first = library.exchange_password(&username, &password).request_async(&carry).await.unwrap();
        assert_eq!(first.expires_in().unwrap().as_secs(), 900);
        let me = Answer::to(get("/api/v1/users/me").bearer_auth(first.access_token().secret())).await;
        assert_eq!(me.expect(200)["id"], anna.id);

        let refresh = RefreshToken::new(first.refresh_token().unwrap().secret().clone());
        let second = library.exchange_refresh_token(&refresh).request_async(&carry).await.unwrap();
        assert_ne!(second.refresh_token().unwrap().secret(), refresh.secret());
        let me = Answer::to(get("/api/v1/users/me").bearer_auth(second.access_token().secret())).await;
        assert_eq!(me.expect(200)["id"], anna.id);
    }
}

#[tokio::test]
async fn a_stock_client_with_a_secret_acts_for_itself() {
    let (id, secret) = client(&["catalog:write", "stock:write"]).await;
    for how in [AuthType::BasicAuth, AuthType::RequestBody] {
        let library = BasicClient::new(ClientId::new(id.clone()))
            .set_client_secret(ClientSecret::new(secret.clone()))
            .set_token_uri(token_url("/token"))
            .set_auth_type(how);
        let granted = library.exchange_client_credentials().request_async(&carry).await.unwrap();
        assert!(granted.refresh_token().is_none());
        let token = granted.access_token().secret();
        assert_eq!(claims(token)["sub"], id);
        let request = put(&format!("/api/v1/products/{}", unique_sku())).json(&details(100));
        Answer::to(request.bearer_auth(token)).await.expect(200);

        let narrow = library.exchange_client_credentials().add_scope(Scope::new("stock:write".to_owned()));
        let narrow = narrow.request_async(&carry).await.unwrap();
        assert_eq!(claims(narrow.access_token().secret())["scope"], "stock:write");
        let wide = library.exchange_client_credentials().add_scope(Scope::new("loms".to_owned()));
        let Err(RequestTokenError::ServerResponse(refused)) = wide.request_async(&carry).await else {
            panic!("more than the client has")
        };
        assert_eq!(*refused.error(), BasicErrorResponseType::InvalidScope);
    }
}

#[tokio::test]
async fn the_answer_is_the_one_of_the_rfc() {
    let anna = customer_with(&["orders:read", "loms"]).await;
    let form = [("grant_type", "password"), ("username", &anna.email), ("password", PASSWORD), ("else", "x")];
    let answer = token(&form).await;
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let body = answer.expect(200);
    assert_eq!(members(&body), ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(body["scope"], "orders:read loms");
    assert_eq!(claims(body["access_token"].as_str().unwrap())["scope"], "orders:read loms");
}

#[tokio::test]
async fn an_account_without_scopes_gets_no_scope_parameter() {
    let anna = customer().await;
    let form = [("grant_type", "password"), ("username", &*anna.email), ("password", PASSWORD)];
    let body = token(&form).await.expect(200);
    assert_eq!(members(&body), ["access_token", "expires_in", "refresh_token", "token_type"]);
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", body["refresh_token"].as_str().unwrap())];
    assert!(token(&refresh).await.expect(200).get("scope").is_none());
}

#[tokio::test]
async fn a_session_keeps_to_the_scopes_that_it_asked_for() {
    let anna = customer_with(&["orders:read", "loms"]).await;
    let form =
        [("grant_type", "password"), ("username", &anna.email), ("password", PASSWORD), ("scope", "loms")];
    let first = token(&form).await.expect(200);
    assert_eq!(first["scope"], "loms");
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", first["refresh_token"].as_str().unwrap())];
    error(token(&[refresh[0], refresh[1], ("scope", "orders:read")]).await, 400, "invalid_scope");
    let second = token(&refresh).await.expect(200);
    assert_eq!(second["scope"], "loms", "and a refused request used nothing up");
    invoke("GrantScopes", &json!({"userId": anna.id, "scopes": []})).await.unwrap();
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", second["refresh_token"].as_str().unwrap())];
    let none = token(&refresh).await.expect(200);
    assert!(none.get("scope").is_none(), "what was taken away is gone: {none}");
}

#[tokio::test]
async fn what_is_wrong_has_the_name_that_the_rfc_gives_it() {
    let anna = customer().await;
    let password = |username: &str, password: &str| {
        vec![
            ("grant_type", "password".to_owned()),
            ("username", username.to_owned()),
            ("password", password.to_owned()),
        ]
    };
    let unknown = unique_email();
    let cases = [
        (password(&anna.email, "a wrong password"), "invalid_grant"),
        (password(&unknown, PASSWORD), "invalid_grant"),
        (password("neither@", PASSWORD), "invalid_grant"),
        (password("no phone", PASSWORD), "invalid_grant"),
        (password(&anna.email, &"x".repeat(200)), "invalid_grant"),
        (password(&anna.email, ""), "invalid_request"),
        (vec![], "invalid_request"),
        (vec![("grant_type", "password".to_owned())], "invalid_request"),
        (vec![("grant_type", "authorization_code".to_owned())], "unsupported_grant_type"),
        (vec![("grant_type", "refresh_token".to_owned())], "invalid_request"),
        (
            vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", "x".to_owned())],
            "invalid_grant",
        ),
    ];
    for (form, code) in cases {
        error(Answer::to(post("/token").form(&form)).await, 400, code);
    }
    let known =
        token(&[("grant_type", "password"), ("username", &anna.email), ("password", "wrong wrong")]).await;
    let unknown =
        token(&[("grant_type", "password"), ("username", &unknown), ("password", "wrong wrong")]).await;
    assert_eq!(known.text, unknown.text);
    let twice = post("/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=password&grant_type=password");
    error(Answer::to(twice).await, 400, "invalid_request");
    error(Answer::to(post("/token").json(&json!({"grant_type": "password"}))).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_client_that_is_not_who_it_says_is_challenged() {
    let (id, secret) = client(&["loms"]).await;
    let form = [("grant_type", "client_credentials")];
    let basic = |id: &str, secret: &str| post("/token").basic_auth(id, Some(secret)).form(&form);
    let nobody = uuid::Uuid::new_v4().to_string();
    for request in [
        basic(&id, "wrong"),
        basic(&nobody, &secret),
        basic("nobody", &secret),
        basic(&id, ""),
        post("/token").form(&form),
        post("/token").bearer_auth("x").form(&form),
        post("/token").form(&[form[0], ("client_id", id.as_str())]),
    ] {
        error(Answer::to(request).await, 401, "invalid_client");
    }
    let both =
        basic(&id, &secret).form(&[form[0], ("client_id", id.as_str()), ("client_secret", secret.as_str())]);
    error(Answer::to(both).await, 400, "invalid_request");
    let anna = customer().await;
    let password = [("grant_type", "password"), ("username", anna.email.as_str()), ("password", PASSWORD)];
    let request = post("/token").basic_auth(&id, Some(&secret)).form(&password);
    error(Answer::to(request).await, 400, "unauthorized_client");
    Answer::to(basic(&id, &secret)).await.expect(200);
}

#[tokio::test]
async fn who_knows_a_clients_id_does_not_lock_it_out() {
    let (id, secret) = client(&["loms"]).await;
    let attempt = async |secret: &str| {
        let form =
            [("grant_type", "client_credentials"), ("client_id", id.as_str()), ("client_secret", secret)];
        token(&form).await
    };
    for _ in 0..12 {
        let refused = attempt("wrong").await;
        assert_eq!((refused.status, refused.header("retry-after")), (401, ""));
    }
    assert_eq!(attempt(&secret).await.status, 200);
}
