//! Endpoints end with the right of the account that registered them.

use futures_util::future::join;
use serde_json::{Value, json};

use super::{
    ENDPOINTS, RARE, change, endpoint, event, listening, register, remove, route, tell, unique_type, wish,
};
use crate::harness::{
    Answer, PATIENCE, claims, client, customer_with, delete, eventually, invoke, journal_of, operator, patch,
    post, token_of,
};

const SCOPE: &str = "webhooks:write";

/// The endpoint, once it is disabled because its owner's right ended.
async fn ended(made: &Value) -> Value {
    eventually("an endpoint whose owner has no right any more", PATIENCE, || async {
        Some(endpoint(made).await).filter(|now| now["disabledReason"] == "owner_rights_ended")
    })
    .await
}

#[tokio::test]
async fn who_loses_the_scope_has_nothing_told_any_more() {
    let (olga, others) = (customer_with(&[SCOPE, "orders:read"]).await, listening().await);
    let body = wish("https://erp.example.com/", &[RARE]);
    let made = olga.ask(post(ENDPOINTS).json(&body)).await.expect(201);
    assert_eq!(made["ownerId"], olga.id);
    invoke("GrantScopes", &json!({"userId": olga.id, "remove": [SCOPE]})).await.unwrap();
    let now = ended(&made).await;
    assert_eq!((&now["enabled"], &now["version"]), (&json!(false), &json!(2)));
    let told = journal_of(&format!("webhook-endpoint/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(told[1]["type"], "webhooks.endpoint_disabled");
    assert_eq!(
        (&told[1]["data"]["reason"], &told[1]["data"]["ownerId"]),
        (&now["disabledReason"], &json!(olga.id))
    );

    // The access token from before still says that she may.
    let again = patch(&route(&made)).json(&json!({"enabled": true}));
    olga.ask(again).await.problem(403, "insufficient_scope");
    olga.ask(post(ENDPOINTS).json(&body)).await.problem(403, "insufficient_scope");
    olga.ask(post(&format!("{}/rotate-secret", route(&made)))).await.problem(403, "insufficient_scope");
    olga.ask(delete(&route(&made))).await.problem(403, "insufficient_scope");
    let resend = format!("{}/deliveries/{}/resend", route(&made), uuid::Uuid::new_v4());
    olga.ask(post(&resend)).await.problem(403, "insufficient_scope");

    // Other owners' endpoints receive events as before, and another operator may keep this one.
    let (receiver, others, kind) = others;
    tell(&event(&kind)).await;
    receiver.hears(1).await;
    let kept = change(&made, &json!({"enabled": true})).await.expect(200);
    assert_eq!((&kept["enabled"], &kept["ownerId"]), (&json!(true), &claims(&operator().await.token)["sub"]));
    for each in [made, others] {
        remove(&each).await;
    }
}

/// The token is good for minutes, and the loss takes a moment to be heard of: what was registered or moved in it ends too.
#[tokio::test]
async fn nothing_that_was_changed_while_the_right_went_stays() {
    let olga = customer_with(&[SCOPE]).await;
    let body = || wish("https://erp.example.com/", &[RARE]);
    let made = olga.ask(post(ENDPOINTS).json(&body())).await.expect(201);
    let mut raced = vec![made.clone()];
    let racing = async {
        for turn in 0..40 {
            let moved = patch(&route(&made)).json(&json!({"url": format!("https://erp.example.com/{turn}")}));
            let other = olga.ask(post(ENDPOINTS).json(&body())).await;
            if olga.ask(moved).await.status == 403 || other.status != 201 {
                break;
            }
            raced.push(other.body);
        }
    };
    let order = json!({"userId": olga.id, "scopes": []});
    let ((), lost) = join(racing, invoke("GrantScopes", &order)).await;
    lost.unwrap();
    for each in &raced {
        ended(each).await;
    }
    for each in &raced {
        remove(each).await;
    }
}

#[tokio::test]
async fn who_gets_the_scope_again_registers_again() {
    let olga = customer_with(&[SCOPE]).await;
    let body = wish("https://erp.example.com/", &[RARE]);
    let made = olga.ask(post(ENDPOINTS).json(&body)).await.expect(201);
    invoke("GrantScopes", &json!({"userId": olga.id, "scopes": []})).await.unwrap();
    ended(&made).await;
    invoke("GrantScopes", &json!({"userId": olga.id, "scopes": [SCOPE]})).await.unwrap();
    eventually("the right to be there again", PATIENCE, || async {
        let again = olga.ask(patch(&route(&made)).json(&json!({"enabled": true}))).await;
        (again.status == 200).then_some(())
    })
    .await;
    remove(&made).await;
}

#[tokio::test]
async fn an_endpoint_ends_with_its_account_or_client() {
    let olga = customer_with(&[SCOPE]).await;
    let of_olga =
        olga.ask(post(ENDPOINTS).json(&wish("https://erp.example.com/", &[RARE]))).await.expect(201);
    let (client, secret) = client(&[SCOPE]).await;
    let token = token_of(&client, &secret).await.expect(200)["access_token"].as_str().unwrap().to_owned();
    let request = post(ENDPOINTS).bearer_auth(&token).json(&wish("https://erp.example.com/", &[RARE]));
    let of_client = Answer::to(request).await.expect(201);
    assert_eq!(of_client["ownerId"], client);
    let other = register("https://erp.example.com/", &[&unique_type()]).await;

    olga.ask(delete("/api/v1/users/me")).await.expect(204);
    invoke("ManageClients", &json!({"action": "revoke", "clientId": client})).await.unwrap();
    for made in [&of_olga, &of_client] {
        ended(made).await;
    }
    assert_eq!(endpoint(&other).await["enabled"], true);
    for made in [of_olga, of_client, other] {
        remove(&made).await;
    }
}
