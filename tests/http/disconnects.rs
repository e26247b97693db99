//! Browsers that go away in the middle of a refresh lose nothing.

use std::time::Duration;

use reqwest::Method;
use scalekit_emulator::{Endpoint, Fault};

use crate::support::{ADA, app, until};

const LIFETIME: i64 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_hundred_random_disconnects_the_next_request_of_each_session_works() {
    let app = app().await;
    let mut browsers = Vec::new();
    for _ in 0..10 {
        browsers.push(app.signed_in(ADA).await);
    }
    let mut gone = 0;
    for round in 0..10 {
        app.advance(LIFETIME);
        app.emulator.control().add_fault(Fault::delay(Endpoint::Token, 40).times(0));
        let requests: Vec<_> = browsers
            .iter()
            .enumerate()
            .map(|(number, browser)| {
                // Spread over the whole way of a refresh: before, during and after the token call.
                let patience = Duration::from_millis(u64::try_from(number * 13 + round * 7).unwrap() % 120);
                let request = browser.request(Method::GET, "/dashboard").timeout(patience);
                tokio::spawn(async move { request.send().await.is_err() })
            })
            .collect();
        for request in requests {
            gone += u32::from(request.await.unwrap());
        }
        app.emulator.control().clear_faults();
        for browser in &mut browsers {
            assert_eq!(browser.get("/dashboard").await.status, 200, "round {round}");
        }
    }
    assert!(gone >= 30, "only {gone} of 100 browsers went away in time");
    let state = app.emulator.control().state();
    assert_eq!(state.refresh_reuse, 0);
    assert_eq!(state.token_calls_of("refresh_token"), 100, "one refresh for each session and lifetime");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_waits_for_the_refresh_under_way() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    app.emulator.control().add_fault(Fault::delay(Endpoint::Token, 60_000));
    let gone = tokio::spawn(browser.request(Method::GET, "/dashboard").send());
    until("the token call", async || app.emulator.control().open_token_calls() == 1).await;
    gone.abort();
    // The process begins to end before the call is let go.
    tokio::join!(app.state.sessions.finish_refreshes(Duration::from_secs(60)), async {
        app.emulator.control().clear_faults();
    });
    assert_eq!(app.emulator.control().open_token_calls(), 0);
    // Another process takes over the record that the first one wrote.
    let replica = app.replica(|_| {}).await;
    assert_eq!(browser.at(&replica.url).get("/dashboard").await.status, 200);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    assert_eq!(app.token_calls("refresh_token"), 1);
}
