//! Scalekit tells by webhook what happened: sessions end on all replicas, once, and only when it is Scalekit.

use reqwest::Method;
use scalekit_emulator::{Endpoint, Fault, SettingsChange, SignedWebhook, Tamper, TokenKind};
use scalekit_sessions::{KeyRing, MemoryStore};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{
    remote_sign_out::{is_signed_in, send, sid_of, signs_in_meanwhile},
    support::{ADA, App, Browser, CHARLES, Trouble, TroubledStore, app, app_with, app_with_store, until},
};

const ORGANIZATION: &str = "org_103845067215790101";

async fn send_webhook(app: &App, webhook: &SignedWebhook) -> u16 {
    send_webhook_from(&app.browser(), webhook).await
}

async fn send_webhook_from(sender: &Browser, webhook: &SignedWebhook) -> u16 {
    let request = sender
        .request(Method::POST, "/webhooks/scalekit")
        .header("webhook-id", &webhook.id)
        .header("webhook-timestamp", webhook.timestamp.to_string())
        .header("webhook-signature", &webhook.signature)
        .body(webhook.body.clone());
    send(request).await.status
}

fn logout_of(sid: &str) -> Value {
    json!({ "user": { "id": ADA }, "user_session": { "session_id": sid, "user_id": ADA } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_of_a_logout_that_names_no_session_ends_none() {
    let app = app().await;
    app.silence_provider();
    let mut browser = app.signed_in(ADA).await;
    let webhook = app.emulator.control().webhook("user.logout", json!({ "user": { "id": ADA } }));
    assert_eq!(send_webhook(&app, &webhook).await, 204);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_of_a_logout_ends_that_session_only() {
    let app = app().await;
    app.silence_provider();
    let (mut first, mut second) = (app.signed_in(ADA).await, app.signed_in(ADA).await);
    let webhook = app.emulator.control().webhook("user.logout", logout_of(&sid_of(&mut second).await));
    assert_eq!(send_webhook(&app, &webhook).await, 204);
    assert!(is_signed_in(&mut first).await);
    assert!(!is_signed_in(&mut second).await);
    assert_eq!(send_webhook(&app, &webhook).await, 200, "a repeated delivery is accepted and does nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_a_membership_ends_the_sessions_in_that_organization_and_deleting_a_user_all_of_theirs() {
    let app = app().await;
    app.silence_provider();
    let mut browser = app.signed_in(CHARLES).await;
    let membership = |organization: &str| json!({ "organization": { "id": organization }, "user": { "id": CHARLES } });
    let control = app.emulator.control();
    let other = control.webhook("user.organization_membership_deleted", membership("org_1"));
    assert_eq!(send_webhook(&app, &other).await, 204);
    assert!(is_signed_in(&mut browser).await, "a membership of another organization");
    let this = control.webhook("user.organization_membership_deleted", membership(ORGANIZATION));
    assert_eq!(send_webhook(&app, &this).await, 204);
    assert!(!is_signed_in(&mut browser).await);

    control.change_settings(SettingsChange { notify_apps: Some(true), ..SettingsChange::default() });
    let mut browsers = [app.signed_in(ADA).await, app.signed_in(ADA).await];
    control.delete_user(ADA).unwrap();
    for browser in &mut browsers {
        until("the end of a deleted person's session", async || !is_signed_in(browser).await).await;
    }
}

fn membership_of(user: &str) -> Value {
    json!({ "organization": { "id": ORGANIZATION }, "user": { "id": user } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_membership_that_is_told_late_ends_no_session_of_a_person_who_has_come_back() {
    let app = app().await;
    app.silence_provider();
    // This application's clock is ahead, which verification does not notice: only the provider's counts.
    app.state.clock.advance(20);
    let mut before = app.signed_in(ADA).await;
    let told = app.emulator.control().webhook("user.organization_membership_deleted", membership_of(ADA));
    app.advance(120);
    let mut since = app.signed_in(ADA).await;
    assert_eq!(send_webhook(&app, &told).await, 204);
    assert!(!is_signed_in(&mut before).await);
    assert!(is_signed_in(&mut since).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_to_an_organization_that_the_person_has_just_left_begins_nothing() {
    let app = app().await;
    let (answer, browser) = signs_in_meanwhile(&app, async |elsewhere, _| {
        let told = app.emulator.control().webhook("user.organization_membership_deleted", membership_of(ADA));
        assert_eq!(send_webhook_from(elsewhere, &told).await, 204);
    })
    .await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(!browser.cookies.contains_key("session"));
    app.advance(2);
    assert!(is_signed_in(&mut app.signed_in(ADA).await).await, "they have come back");
}

/// The notice finds the session in the organization of before, and the new tokens are not here yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_into_an_organization_that_the_person_has_just_left_ends_the_session() {
    const OTHER: &str = "org_103845067215790999";
    let app = app().await;
    app.silence_provider();
    let replica = app.replica(|_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    let mut elsewhere = browser.at(&replica.url);
    for token in [TokenKind::Access, TokenKind::Id] {
        app.emulator.control().tamper(Tamper::new(token).claim("oid", OTHER));
    }
    app.emulator.control().add_fault(Fault::delay_after(Endpoint::Token, 60_000));
    app.advance(300);
    let asking = tokio::spawn(async move { browser.get("/dashboard").await.status });
    until("the tokens", async || app.emulator.control().state().outcomes_of("token.refresh_token.ok") == 1).await;
    let left = json!({ "organization": { "id": OTHER }, "user": { "id": ADA } });
    let told = app.emulator.control().webhook("user.organization_membership_deleted", left);
    assert_eq!(send_webhook_from(&app.browser().at(&replica.url), &told).await, 204);
    app.emulator.control().clear_faults();
    assert_eq!(asking.await.unwrap(), 302);
    assert!(!is_signed_in(&mut elsewhere).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_membership_ends_sessions_that_this_replica_can_not_read() {
    let app = app().await;
    app.silence_provider();
    let mut browser = app.signed_in(ADA).await;
    let key = SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let other_keys = app.replica(|settings| settings.key_ring = KeyRing::parse(&key).unwrap()).await;
    let told = app.emulator.control().webhook("user.organization_membership_deleted", membership_of(ADA));
    assert_eq!(send_webhook_from(&app.browser().at(&other_keys.url), &told).await, 204);
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_old_and_changed_webhooks_are_400_and_end_nothing() {
    let app = app().await;
    app.silence_provider();
    let mut browser = app.signed_in(ADA).await;
    let sid = sid_of(&mut browser).await;
    let genuine = || app.emulator.control().webhook("user.logout", logout_of(&sid));
    let mut wrong = Vec::new();
    let mut change = |what: &'static str, change: &dyn Fn(&mut SignedWebhook)| {
        let mut webhook = genuine();
        change(&mut webhook);
        wrong.push((what, webhook));
    };
    change("a changed body", &|webhook| webhook.body.push(' '));
    change("another id", &|webhook| webhook.id.push('1'));
    change("a moved timestamp", &|webhook| webhook.timestamp += 1);
    change("no signature", &|webhook| webhook.signature.clear());
    change("a signature of another version", &|webhook| webhook.signature = webhook.signature.replace("v1,", "v2,"));
    change("a signature of nothing", &|webhook| webhook.signature = format!("v1,{}", "A".repeat(43) + "="));
    change("no id", &|webhook| webhook.id.clear());
    for (what, webhook) in wrong {
        assert_eq!(send_webhook(&app, &webhook).await, 400, "{what}");
    }
    let old = genuine();
    app.advance(301);
    assert_eq!(send_webhook(&app, &old).await, 400, "older than five minutes");
    let early = genuine();
    app.state.clock.advance(-400);
    assert_eq!(send_webhook(&app, &early).await, 400, "more than five minutes ahead");
    app.state.clock.advance(400);
    assert!(is_signed_in(&mut browser).await);

    let mut among_others = genuine();
    among_others.signature = format!("v2,x v1,{}= {}", "A".repeat(43), among_others.signature);
    assert_eq!(send_webhook(&app, &among_others).await, 204, "one good signature among several");
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_handled_once_on_all_replicas_and_again_if_it_failed() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    app.silence_provider();
    let mut browser = app.signed_in(ADA).await;
    let webhook = app.emulator.control().webhook("user.logout", logout_of(&sid_of(&mut browser).await));
    for trouble in [Trouble::Down, Trouble::ReadOnly] {
        store.be(trouble);
        assert_eq!(send_webhook(&app, &webhook).await, 503);
    }
    store.be(Trouble::No);
    assert!(is_signed_in(&mut browser).await);
    let deliveries: Vec<_> = (0..10).map(|_| send_webhook(&app, &webhook)).collect();
    let mut handled = 0;
    for status in futures_of(deliveries).await {
        assert!(matches!(status, 200 | 204 | 409), "{status}");
        handled += u32::from(status == 204);
    }
    assert_eq!(handled, 1);
    assert!(!is_signed_in(&mut browser).await);
}

/// Runs futures at once, on this task.
async fn futures_of<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut waiting {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        let is_done = waiting.iter().all(|(_, output)| output.is_some());
        if is_done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhook_secrets_are_rotated_without_a_lost_event() {
    let new = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
    let both = [new, scalekit_emulator::WEBHOOK_SECRET].join(",");
    let app = app_with(std::sync::Arc::new(MemoryStore::default()), |settings| {
        settings.webhook_secrets = Some(scalekit::WebhookSecrets::parse(&both).unwrap());
    })
    .await;
    app.silence_provider();
    let mut browser = app.signed_in(ADA).await;
    let webhook = app.emulator.control().webhook("user.logout", logout_of(&sid_of(&mut browser).await));
    let new_only = app.replica(|settings| {
        settings.webhook_secrets = Some(scalekit::WebhookSecrets::parse(new).unwrap());
    });
    let new_only = new_only.await;
    let request = browser.at(&new_only.url).request(Method::POST, "/webhooks/scalekit");
    let request = request.header("webhook-id", &webhook.id).header("webhook-timestamp", webhook.timestamp.to_string());
    let request = request.header("webhook-signature", &webhook.signature).body(webhook.body.clone());
    assert_eq!(send(request).await.status, 400, "the old secret is gone there");
    assert_eq!(send_webhook(&app, &webhook).await, 204);
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_secret_no_webhook_is_accepted() {
    let store = std::sync::Arc::new(MemoryStore::default());
    let app = app_with(store, |settings| settings.webhook_secrets = None).await;
    app.silence_provider();
    let mut browser = app.signed_in(ADA).await;
    let webhook = app.emulator.control().webhook("user.logout", logout_of(&sid_of(&mut browser).await));
    assert_eq!(send_webhook(&app, &webhook).await, 404);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_without_a_handler_are_accepted() {
    let app = app_with_store(std::sync::Arc::new(MemoryStore::default())).await;
    for event in ["organization.created", "user.login", "something.new"] {
        let webhook = app.emulator.control().webhook(event, json!({ "anything": [1, 2, 3] }));
        assert_eq!(send_webhook(&app, &webhook).await, 204, "{event}");
    }
}
