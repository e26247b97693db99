//! Scalekit ends sessions by logout token: on all replicas, at once, and once. Tokens that are no good are in
//! `relying_party`.

use leptos_scalekit::server::parts::Part;
use reqwest::{Method, RequestBuilder};
use scalekit_emulator::{Tamper, TokenKind};
use serde_json::Value;

use crate::support::{ADA, App, Browser, CHARLES, Page, Trouble, TroubledStore, app, app_with, until};

/// The provider's session that this browser's session belongs to.
pub(crate) async fn sid_of(browser: &mut Browser) -> String {
    browser.claim("sid").await
}

pub(crate) async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/dashboard").await.status == 200
}

/// A server calls: no cookies, no headers that browsers set.
pub(crate) async fn send(request: RequestBuilder) -> Page {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Page { status, headers, body: answer.text().await.unwrap() }
}

pub(crate) async fn send_logout_token(app: &App, token: &str) -> Page {
    let request = app.browser().request(Method::POST, "/auth/backchannel-logout");
    send(request.form(&[("logout_token", token)])).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrators_revoke_ends_the_session_on_every_replica_at_once() {
    let app = app().await;
    let replica = app.replica(|_| {}).await;
    let (mut browser, mut other) = (app.signed_in(ADA).await, app.signed_in(CHARLES).await);
    let sid = app.emulator.control().sessions().iter().find(|session| session.user == ADA).unwrap().sid.clone();
    app.emulator.control().end_session(&sid);
    let mut elsewhere = browser.at(&replica.url);
    until("the end on the other replica", async || !is_signed_in(&mut elsewhere).await).await;
    assert!(!is_signed_in(&mut browser).await);
    assert!(is_signed_in(&mut other).await, "nobody else is signed out");
    assert_eq!(app.token_calls("refresh_token"), 0, "no refresh was needed to learn of it");
    if !Part::Webhooks.is_here() {
        return;
    }
    let mut deliveries = Vec::new();
    until("both deliveries", async || {
        deliveries = app.emulator.control().deliveries();
        deliveries.iter().filter(|delivery| delivery.kind.contains("logout")).count() == 2
            && deliveries.iter().all(|delivery| delivery.done)
    })
    .await;
    for delivery in deliveries {
        assert!(delivery.is_delivered() && delivery.attempts == 1, "{delivery:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_here_is_anonymous_on_the_other_replica_at_the_next_request() {
    let app = app().await;
    let replica = app.replica(|_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    let mut elsewhere = browser.at(&replica.url);
    assert!(is_signed_in(&mut elsewhere).await);
    assert_eq!(browser.post("/api/logout", &[]).await.status, 302);
    assert!(!is_signed_in(&mut elsewhere).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_refresh_on_one_replica_does_not_undo_a_sign_out_on_another() {
    use scalekit_emulator::{Endpoint, Fault};
    let app = app().await;
    let replica = app.replica(|_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(300);
    app.emulator.control().add_fault(Fault::delay(Endpoint::Token, 60_000));
    let mut slow = browser.at(&replica.url);
    let mut after = slow.clone();
    let request = tokio::spawn(async move { slow.get("/dashboard").await });
    until("the refresh", async || app.emulator.control().open_token_calls() == 1).await;
    assert_eq!(browser.post("/api/logout", &[]).await.status, 302);
    app.emulator.control().clear_faults();
    let answer = request.await.unwrap();
    assert_eq!(answer.status, 302, "the slow request itself is anonymous");
    assert!(!answer.touches_session_cookie());
    assert!(!is_signed_in(&mut after).await);
}

/// Ada signs in; the provider has given out the tokens, which are not here yet, when `notice` is given to
/// another replica. The answer to the sign-in, and the browser.
pub(crate) async fn signs_in_meanwhile(app: &App, notice: impl AsyncFnOnce(&Browser, &str)) -> (Page, Browser) {
    use scalekit_emulator::{Endpoint, Fault};
    app.silence_provider();
    let replica = app.replica(|_| {}).await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let sid = app.emulator.control().sessions()[0].sid.clone();
    app.emulator.control().add_fault(Fault::delay_after(Endpoint::Token, 60_000));
    let signing_in = tokio::spawn(async move { (browser.get(&callback).await, browser) });
    until("the tokens", async || app.emulator.control().state().outcomes_of("token.authorization_code.ok") == 1).await;
    notice(&app.browser().at(&replica.url), &sid).await;
    app.emulator.control().clear_faults();
    signing_in.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_the_provider_ends_before_it_is_stored_begins_nothing_and_the_next_one_does() {
    for named_by in ["sid", "sub"] {
        let app = app().await;
        let (answer, mut browser) = signs_in_meanwhile(&app, async |elsewhere, sid| {
            if named_by == "sub" {
                app.emulator.control().tamper(Tamper::new(TokenKind::Logout).claim("sid", Value::Null));
            }
            let token = app.emulator.control().logout_token(sid).unwrap();
            let request = elsewhere.request(Method::POST, "/auth/backchannel-logout");
            assert_eq!(send(request.form(&[("logout_token", &token)])).await.status, 200);
        })
        .await;
        assert_eq!(answer.status, 400, "{named_by}: {}", answer.body);
        assert!(!browser.cookies.contains_key("session"));
        assert_eq!(app.user_of(&mut browser).await, None);
        // Times are whole seconds: whoever signs in within the very one of the notice may have to begin anew.
        app.advance(2);
        assert!(is_signed_in(&mut app.signed_in(ADA).await).await, "{named_by}: a genuine sign-in right after it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_comes_minutes_after_the_end_of_its_session_begins_nothing() {
    let app = app().await;
    app.silence_provider();
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let sid = app.emulator.control().sessions()[0].sid.clone();
    let token = app.emulator.control().logout_token(&sid).unwrap();
    assert_eq!(send_logout_token(&app, &token).await.status, 200);
    app.advance(500);
    let answer = browser.get(&callback).await;
    assert_eq!(app.emulator.control().state().outcomes_of("token.authorization_code.ok"), 1, "the code is still good");
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(!browser.cookies.contains_key("session"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_token_by_sid_ends_one_session_and_by_sub_all_of_the_persons() {
    let app = app().await;
    app.silence_provider();
    let mut browsers = [app.signed_in(ADA).await, app.signed_in(ADA).await, app.signed_in(ADA).await];
    let mut other = app.signed_in(CHARLES).await;
    let sids = [sid_of(&mut browsers[0]).await, sid_of(&mut browsers[1]).await];
    let answer = send_logout_token(&app, &app.emulator.control().logout_token(&sids[0]).unwrap()).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store, no-transform"));
    assert!(!is_signed_in(&mut browsers[0]).await);
    assert!(is_signed_in(&mut browsers[1]).await);

    app.emulator.control().tamper(Tamper::new(TokenKind::Logout).claim("sid", Value::Null));
    let by_sub = app.emulator.control().logout_token(&sids[1]).unwrap();
    assert_eq!(send_logout_token(&app, &by_sub).await.status, 200);
    assert!(!is_signed_in(&mut browsers[1]).await && !is_signed_in(&mut browsers[2]).await);
    assert!(is_signed_in(&mut other).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_token_for_a_session_that_is_not_here_is_accepted() {
    let app = app().await;
    app.silence_provider();
    app.emulator.control().login(ADA, None, "openid").unwrap();
    let sid = app.emulator.control().sessions()[0].sid.clone();
    let token = app.emulator.control().logout_token(&sid).unwrap();
    assert_eq!(send_logout_token(&app, &token).await.status, 200, "section 2.7: already signed out is success");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_token_works_once_on_all_replicas() {
    let app = app().await;
    app.silence_provider();
    let replica = app.replica(|_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    app.emulator.control().tamper(Tamper::new(TokenKind::Logout).claim("sid", Value::Null));
    let token = app.emulator.control().logout_token(&sid_of(&mut browser).await).unwrap();
    assert_eq!(send_logout_token(&app, &token).await.status, 200);
    // The person signs in again; the old token must not reach the new session, here or there. Not within the
    // very second of the notice: that would look like a sign-in that was under way.
    app.advance(2);
    let mut again = app.signed_in(ADA).await;
    assert_eq!(send_logout_token(&app, &token).await.status, 400);
    let elsewhere = browser.at(&replica.url).request(Method::POST, "/auth/backchannel-logout");
    assert_eq!(send(elsewhere.form(&[("logout_token", &token)])).await.status, 400);
    assert!(is_signed_in(&mut again).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_token_that_could_not_be_carried_out_works_when_it_comes_again() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    app.silence_provider();
    let mut browser = app.signed_in(ADA).await;
    let token = app.emulator.control().logout_token(&sid_of(&mut browser).await).unwrap();
    for trouble in [Trouble::Down, Trouble::ReadOnly] {
        store.be(trouble);
        let answer = send_logout_token(&app, &token).await;
        assert_eq!(answer.status, 503);
        assert!(!answer.header("retry-after").is_empty());
    }
    store.be(Trouble::No);
    assert!(is_signed_in(&mut browser).await);
    assert_eq!(send_logout_token(&app, &token).await.status, 200);
    assert!(!is_signed_in(&mut browser).await);
}
