//! A provider, or something in its place, that hangs, drips, sends without end, redirects or sends HTML:
//! bounded time, bounded memory, and no secret goes anywhere else. A browser of these tests waits for 30
//! seconds at most, so an answer is a bound.

use std::time::Duration;

use scalekit_emulator::{Endpoint, Fault, FaultKind};

use super::elsewhere::Elsewhere;
use crate::support::{ADA, App, app_that_gives_up};

/// Far below the gigabyte that is offered: what the client reads before it gives up, and the buffers of two
/// sockets.
const MOST_BYTES: u64 = 64 << 20;

fn faults(endpoint: Endpoint, elsewhere: &Elsewhere) -> Vec<Fault> {
    let of = |kind| Fault::new(endpoint, kind).times(0);
    let mut faults: Vec<_> = [
        FaultKind::Hang,
        FaultKind::Drip,
        FaultKind::Endless,
        FaultKind::Html,
        FaultKind::Garbage,
        FaultKind::Truncated,
        FaultKind::DropBefore,
        FaultKind::DropAfter,
    ]
    .map(of)
    .into();
    faults.push(Fault { status: Some(502), ..of(FaultKind::Html) });
    faults.extend([301, 302, 303, 307, 308].map(|status| Fault::redirect(endpoint, status, &elsewhere.url).times(0)));
    faults
}

/// What a call without a browser around it answers: it must end by itself as well.
async fn ended<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), call).await.unwrap()
}

/// Nothing was sent elsewhere, and only a little of what has no end was taken.
fn stayed_within_bounds(app: &App, elsewhere: &Elsewhere, what: &Fault) {
    assert_eq!(elsewhere.received(), Vec::<String>::new(), "{what:?}");
    let bytes = app.emulator.control().state().endless_bytes;
    assert!(bytes > 0 || what.kind != FaultKind::Endless, "{what:?}");
    assert!(bytes < MOST_BYTES, "{what:?}: {bytes} bytes");
    app.emulator.control().clear_faults();
    app.emulator.control().reset_counters();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_token_endpoint_begins_no_session_and_gets_the_secret_no_further() {
    let (app, elsewhere) = (app_that_gives_up().await, Elsewhere::start().await);
    for fault in faults(Endpoint::Token, &elsewhere) {
        let mut browser = app.browser();
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        app.emulator.control().add_fault(fault.clone());
        let page = browser.get(&callback).await;
        assert_eq!(page.status, 503, "{fault:?}");
        assert!(!page.touches_session_cookie(), "{fault:?}");
        assert_eq!(app.token_calls("authorization_code"), 1, "{fault:?}: nothing is sent twice");
        stayed_within_bounds(&app, &elsewhere, &fault);
    }
    drop(app.signed_in(ADA).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_token_endpoint_at_a_refresh_ends_no_session_and_gets_no_refresh_token_further() {
    let (app, elsewhere) = (app_that_gives_up().await, Elsewhere::start().await);
    for fault in faults(Endpoint::Token, &elsewhere) {
        if matches!(fault.kind, FaultKind::DropAfter | FaultKind::Truncated) {
            // These spend the refresh token: `refresh.rs` has what follows.
            continue;
        }
        let mut browser = app.signed_in(ADA).await;
        app.advance(300);
        app.emulator.control().add_fault(fault.clone());
        let page = browser.get("/dashboard").await;
        assert_eq!(page.status, 503, "{fault:?}");
        stayed_within_bounds(&app, &elsewhere, &fault);
        app.advance(31);
        assert_eq!(browser.get("/dashboard").await.status, 200, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_keys_begin_no_session() {
    let elsewhere = Elsewhere::start().await;
    for fault in faults(Endpoint::Keys, &elsewhere) {
        let app = app_that_gives_up().await;
        let mut browser = app.browser();
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        app.emulator.control().add_fault(fault.clone());
        let page = browser.get(&callback).await;
        assert_eq!(page.status, 503, "{fault:?}");
        assert!(!page.touches_session_cookie(), "{fault:?}");
        stayed_within_bounds(&app, &elsewhere, &fault);
        app.advance(3);
        drop(app.signed_in(ADA).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_discovery_document_is_none() {
    let (app, elsewhere) = (app_that_gives_up().await, Elsewhere::start().await);
    for fault in faults(Endpoint::Discovery, &elsewhere) {
        app.emulator.control().add_fault(fault.clone());
        assert!(ended(app.state.scalekit.discover()).await.is_err(), "{fault:?}");
        stayed_within_bounds(&app, &elsewhere, &fault);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_management_api_gets_its_token_no_further() {
    let (app, elsewhere) = (app_that_gives_up().await, Elsewhere::start().await);
    let now = app.state.clock.now();
    app.emulator.control().login(ADA, None, "openid").unwrap();
    let sid = app.emulator.control().sessions()[0].sid.clone();
    for fault in faults(Endpoint::Management, &elsewhere) {
        app.emulator.control().add_fault(fault.clone());
        let sessions = ended(app.state.scalekit.management().sessions_of(ADA, now)).await;
        assert!(sessions.is_err(), "{fault:?}: {sessions:?}");
        let revoked = ended(app.state.scalekit.management().revoke_session(&sid, now)).await;
        assert!(revoked.is_err(), "{fault:?}: {revoked:?}");
        stayed_within_bounds(&app, &elsewhere, &fault);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_token_endpoint_gives_the_management_api_no_token() {
    let (app, elsewhere) = (app_that_gives_up().await, Elsewhere::start().await);
    let now = app.state.clock.now();
    for fault in faults(Endpoint::Token, &elsewhere) {
        app.emulator.control().add_fault(fault.clone());
        assert!(ended(app.state.scalekit.management().sessions_of(ADA, now)).await.is_err(), "{fault:?}");
        assert_eq!(app.emulator.control().state().calls_of(Endpoint::Management), 0, "{fault:?}");
        stayed_within_bounds(&app, &elsewhere, &fault);
    }
}
