//! A shop that receives notifications.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::support::{World, any_port};

/// A shop that takes notifications, and answers the first ones as scripted.
#[derive(Clone, Default)]
pub(crate) struct Shop {
    taken: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Shop {
    /// A shop that listens, known to the YooKassa stub.
    pub(crate) async fn open(world: &World, answers: &[u16]) -> Self {
        let shop =
            Self { answers: Arc::new(Mutex::new(answers.iter().copied().collect())), ..Self::default() };
        let listener = TcpListener::bind(any_port()).await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(take)).with_state(shop.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let set = format!("{}/control/notifications/url", world.double.base_url());
        world.http.put(set).json(&json!({"url": url})).send().await.unwrap();
        shop
    }

    /// The notifications that were taken.
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }

    /// The events that were taken, once there are `count` of them.
    pub(crate) async fn events(&self, count: usize) -> Vec<String> {
        for _ in 0..200 {
            let taken = self.taken();
            if taken.len() >= count {
                return taken.iter().map(|body| body["event"].as_str().unwrap().to_owned()).collect();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("fewer than {count} notifications: {:?}", self.taken());
    }
}

async fn take(State(shop): State<Shop>, Json(body): Json<Value>) -> StatusCode {
    shop.taken.lock().unwrap().push(body);
    let answer = shop.answers.lock().unwrap().pop_front();
    answer.map_or(StatusCode::OK, |status| StatusCode::from_u16(status).unwrap())
}
