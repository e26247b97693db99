//! An app that takes whatever it is told, and remembers it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Url;
use scalekit_emulator::{Control, DeliveryReport, WEBHOOK_SECRET};
use serde_json::Value;

use crate::support::{World, world_of};

/// No test waits longer.
const DEADLINE: Duration = Duration::from_secs(20);

/// One request that arrived.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The event of a webhook whose signature is right, checked without the emulator's code.
    pub(crate) fn event(&self) -> Value {
        let (id, timestamp) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        assert_eq!(self.header("webhook-signature"), signature(id, timestamp, &self.body));
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_str(&self.body).unwrap()
    }

    /// The token of a back-channel logout.
    pub(crate) fn logout_token(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/x-www-form-urlencoded");
        let form = Url::parse(&format!("http://localhost/?{}", self.body)).unwrap();
        let pairs: Vec<(String, String)> = form.query_pairs().into_owned().collect();
        let [(name, token)] = pairs.as_slice() else { panic!("one field, not {pairs:?}") };
        assert_eq!(name, "logout_token");
        Value::from(token.as_str())
    }
}

/// What `webhook-signature` has to be.
pub(crate) fn signature(id: &str, timestamp: &str, body: &str) -> String {
    let key = STANDARD.decode(WEBHOOK_SECRET.split_once('_').unwrap().1).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    format!("v1,{}", STANDARD.encode(hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes())))
}

/// The app.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    received: Arc<Mutex<Vec<Received>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    /// The next requests are answered with these; all others with 201.
    pub(crate) fn answer_next(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    /// Every webhook so far.
    pub(crate) fn webhooks(&self) -> Vec<Received> {
        self.at("/webhooks/scalekit")
    }

    /// Every logout token so far.
    pub(crate) fn logouts(&self) -> Vec<Received> {
        self.at("/auth/backchannel-logout")
    }

    fn at(&self, path: &str) -> Vec<Received> {
        self.received.lock().unwrap().iter().filter(|received| received.path == path).cloned().collect()
    }

    async fn take(State(receiver): State<Self>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
        let body = String::from_utf8(body.to_vec()).unwrap();
        receiver.received.lock().unwrap().push(Received { path: uri.path().to_owned(), headers, body });
        let status = receiver.statuses.lock().unwrap().pop_front().unwrap_or(201);
        StatusCode::from_u16(status).unwrap()
    }
}

/// An emulator with one browser and one app that listens.
pub(crate) async fn told_world() -> (World, Receiver) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let receiver = Receiver::default();
    let app = Router::new().fallback(Receiver::take).with_state(receiver.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (world_of(&url).await, receiver)
}

/// Waits until nothing is under way any more.
pub(crate) async fn settled(control: &Control) -> Vec<DeliveryReport> {
    let begun = Instant::now();
    loop {
        let deliveries = control.deliveries();
        if deliveries.iter().all(|delivery| delivery.done) {
            return deliveries;
        }
        assert!(begun.elapsed() < DEADLINE, "{deliveries:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
