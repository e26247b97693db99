//! Carries messages to apps.
//!
//! What for: posts, and tries again, three times in all, as any sender of webhooks does. Scalekit's own
//! material names three schedules (scalekit-api §19); this one is short enough for a test. Not here: what is
//! in a message (`events`). Nothing it does is waited for by a request. Called by: `Emulator::start`, which
//! runs one.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use axum::http::header::CONTENT_TYPE;
use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use tokio::{sync::mpsc, task::JoinSet};

use super::signature;
use crate::{
    messages::{Message, Order},
    tokens,
    world::{Shared, World},
};

/// The pauses after the first and the second attempt; after the third it gives up.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// An app has to answer within ten seconds (scalekit-api §14).
const PATIENCE: Duration = Duration::from_secs(10);

/// So many deliveries are under way at once; more wait in the queue.
const MOST_AT_ONCE: usize = 32;

/// A client that can't leave this machine: no proxy, no redirect, and every name means the IPv4 loopback
/// address, where apps listen. Registered URLs have loopback hosts only (`world::registered`).
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    let builder = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE);
    builder.dns_resolver(Arc::new(Loopback)).user_agent("scalekit-emulator").build()
}

/// Sends what is queued until the emulator stops.
pub(crate) async fn run(shared: Arc<Shared>, mut orders: mpsc::UnboundedReceiver<Order>, client: Client) {
    let mut under_way = JoinSet::new();
    let work = async {
        while let Some(order) = orders.recv().await {
            let message = prepare(&shared, order.message).map(Arc::new);
            for (number, url) in order.targets {
                while under_way.try_join_next().is_some() {}
                if under_way.len() >= MOST_AT_ONCE {
                    under_way.join_next().await;
                }
                match &message {
                    Ok(message) => {
                        let (shared, client) = (Arc::clone(&shared), client.clone());
                        under_way.spawn(deliver(shared, client, Arc::clone(message), number, url));
                    }
                    Err(kind) => give_up(&mut shared.world(), number, kind),
                }
            }
        }
    };
    // Deliveries under way end with `under_way`, when this function returns.
    tokio::select! {
        () = shared.stopped() => {}
        () = work => {}
    }
}

/// What is posted.
enum Prepared {
    /// Signed anew at each attempt, since the signature covers the time of the attempt.
    Webhook { id: String, body: String },
    /// A form with the token.
    Logout { form: String },
}

impl Prepared {
    /// The prefix of its outcomes.
    fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Logout { .. } => "backchannel_logout",
        }
    }
}

/// Signs a logout token. The error is the kind of what can't be sent.
fn prepare(shared: &Shared, message: Message) -> Result<Prepared, &'static str> {
    match message {
        Message::Webhook { id, body, .. } => Ok(Prepared::Webhook { id, body }),
        Message::Logout { claims, tamper, .. } => {
            let token = tokens::issue_logout_token(&mut shared.world(), claims, tamper).map_err(|failure| {
                tracing::error!(%failure, "a logout token could not be signed");
                "backchannel_logout"
            })?;
            let form =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
            Ok(Prepared::Logout { form })
        }
    }
}

/// Posts until the app takes it or the attempts are used up.
async fn deliver(shared: Arc<Shared>, client: Client, message: Arc<Prepared>, number: u64, url: String) {
    let pauses = PAUSES.into_iter().map(Some).chain([None]);
    for pause in pauses {
        // Asked before and after: a reset may come at any time, and counts nothing of before it.
        if shared.world().notifications.deliveries.is_called_off(number) {
            return;
        }
        let status = post(&shared, &client, &message, &url).await;
        let taken = status.is_some_and(|status| (200..300).contains(&status));
        {
            let mut world = shared.world();
            if world.notifications.deliveries.is_called_off(number) {
                return;
            }
            if let Some(report) = world.notifications.deliveries.report_mut(number) {
                report.attempts += 1;
                report.status = status.or(report.status);
                report.done = taken;
            }
            if taken {
                world.counters.count_outcome(format!("{}.delivered", message.kind()));
                return;
            }
        }
        let Some(pause) = pause else {
            tracing::info!(url, status, kind = message.kind(), "an app did not take a message");
            return give_up(&mut shared.world(), number, message.kind());
        };
        tokio::time::sleep(pause).await;
    }
}

/// Records that no more will be tried.
fn give_up(world: &mut World, number: u64, kind: &str) {
    if let Some(report) = world.notifications.deliveries.report_mut(number) {
        report.done = true;
    }
    world.counters.count_outcome(format!("{kind}.failed"));
}

/// The status the app answered with, if it did.
async fn post(shared: &Shared, client: &Client, message: &Prepared, url: &str) -> Option<u16> {
    let request = match message {
        Prepared::Webhook { id, body } => {
            let signed = signature::sign(id, shared.world().now(), body);
            client
                .post(url)
                .header(CONTENT_TYPE, "application/json")
                .header("webhook-id", signed.id)
                .header("webhook-timestamp", signed.timestamp)
                .header("webhook-signature", signed.signature)
                .body(signed.body)
        }
        Prepared::Logout { form } => {
            client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone())
        }
    };
    match request.send().await {
        Ok(answer) => Some(answer.status().as_u16()),
        Err(error) => {
            tracing::debug!(%error, url, "an app could not be reached");
            None
        }
    }
}

/// Every name is this machine.
struct Loopback;

impl Resolve for Loopback {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(std::iter::once((Ipv4Addr::LOCALHOST, 0).into()));
        Box::pin(std::future::ready(Ok(addresses)))
    }
}
