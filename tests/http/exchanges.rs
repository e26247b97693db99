//! Many code exchanges at once: so many are under way and no more, and they never stand in the way of
//! refreshes.

use scalekit_emulator::{Endpoint, Fault, FaultKind};
use scalekit_sessions::EXCHANGES_AT_ONCE;

use crate::support::{ADA, app, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanges_beyond_the_limit_wait_use_nothing_up_and_hinder_no_refresh() {
    let app = app().await;
    let mut signed_in = app.signed_in(ADA).await;
    app.advance(290);
    let control = app.emulator.control();
    // Strangers with codes that they made up, at a provider that hangs.
    control.add_fault(Fault {
        times: 0,
        grant: Some("authorization_code".to_owned()),
        ..Fault::new(Endpoint::Token, FaultKind::Hang)
    });
    let mut strangers = Vec::new();
    for _ in 0..EXCHANGES_AT_ONCE {
        let mut browser = app.browser();
        let start = browser.get("/auth/login").await;
        let state = url::Url::parse(start.location()).unwrap();
        let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        strangers.push(tokio::spawn(async move {
            browser.get(&format!("/auth/callback?code=made-up&state={state}")).await.status
        }));
    }
    let exchanges = EXCHANGES_AT_ONCE as u64;
    until("all places to be taken", async || app.token_calls("authorization_code") == exchanges + 1).await;

    let mut late = app.browser();
    let callback = late.sign_in_at_provider("/auth/login", ADA).await;
    let waiting = tokio::spawn(async move { (late.get(&callback).await.status, late, callback) });
    assert_eq!(signed_in.get("/dashboard").await.status, 200, "a refresh goes on");
    until("the refresh beside the request", async || app.token_calls("refresh_token") == 1).await;
    assert_eq!(app.token_calls("authorization_code"), exchanges + 1, "no further one is begun");

    // On a slow machine the late one's wait is over by now: either way nothing is lost.
    control.clear_faults();
    for stranger in strangers {
        assert_eq!(stranger.await.unwrap(), 503);
    }
    let (status, mut late, callback) = waiting.await.unwrap();
    if status == 503 {
        assert_eq!(late.get(&callback).await.status, 302, "the same answer can be tried again");
    } else {
        assert_eq!(status, 302);
    }
}
