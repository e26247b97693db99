//! Anybody can post made-up tokens. Their `kid`s cause at most one key fetch in 30 seconds: with keys and
//! without, while the provider fails, and if the sender hangs up.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use scalekit_emulator::{Endpoint, Fault};

use crate::support::{ADA, App, app, until};

/// Where a stranger can hand in a token.
#[derive(Clone, Copy, Debug)]
enum Door {
    LogoutToken,
    IdpInitiatedLogin,
}

const DOORS: [Door; 2] = [Door::LogoutToken, Door::IdpInitiatedLogin];

/// A token whose key nobody has.
fn made_up(number: usize) -> String {
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"RS256","kid":"snk_{number}"}}"#));
    format!("{header}.e30.AAAA")
}

fn knock(app: &App, door: Door, number: usize) -> reqwest::RequestBuilder {
    let (browser, token) = (app.browser(), made_up(number));
    match door {
        Door::LogoutToken => browser.request(Method::POST, "/auth/backchannel-logout").form(&[("logout_token", token)]),
        Door::IdpInitiatedLogin => browser.request(Method::GET, &format!("/auth/login?idp_initiated_login={token}")),
    }
}

/// Knocks with so many different `kid`s at once; all answers have this status.
async fn knock_at_once(app: &App, door: Door, numbers: std::ops::Range<usize>, expected: u16) {
    let requests: Vec<_> = numbers.map(|number| tokio::spawn(knock(app, door, number).send())).collect();
    for request in requests {
        assert_eq!(request.await.unwrap().unwrap().status().as_u16(), expected, "{door:?}");
    }
}

/// An IdP-initiated login that is no good becomes an ordinary one.
fn answer_of(door: Door, to_a_logout_token: u16) -> u16 {
    match door {
        Door::LogoutToken => to_a_logout_token,
        Door::IdpInitiatedLogin => 302,
    }
}

fn fetches(app: &App) -> u64 {
    app.emulator.control().state().calls_of(Endpoint::Keys)
}

/// Counts the fetches from here on. The clock runs meanwhile, so the bound grows with it: one, and one more
/// for each interval that has passed.
struct Bound<'a> {
    app: &'a App,
    before: u64,
    begun: i64,
    interval: i64,
}

impl<'a> Bound<'a> {
    fn begin(app: &'a App, interval: i64) -> Self {
        Self { app, before: fetches(app), begun: app.state.clock.now(), interval }
    }

    fn holds(&self, what: impl std::fmt::Debug) {
        let passed = self.app.state.clock.now() - self.begun;
        let (made, most) = (fetches(self.app) - self.before, 1 + passed / self.interval);
        assert!(made >= 1 && i64::try_from(made).unwrap() <= most, "{what:?}: {made} fetches in {passed} s");
    }
}

/// Many waves of made-up tokens within one interval, then as many after the next has begun.
async fn knock_for_two_intervals(app: &App, door: Door, expected: u16, interval: i64) {
    let bound = Bound::begin(app, interval);
    for round in 0..2 {
        for wave in 0..8 {
            knock_at_once(app, door, wave * 5..wave * 5 + 5, expected).await;
            bound.holds((door, round, wave));
        }
        app.advance(interval);
    }
    let made = fetches(app) - bound.before;
    assert!(made >= 2, "{door:?}: after the interval a fetch is made again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_keys_at_hand_made_up_kids_cause_one_fetch_in_thirty_seconds() {
    for door in DOORS {
        let app = app().await;
        drop(app.signed_in(ADA).await);
        assert_eq!(fetches(&app), 1);
        knock_for_two_intervals(&app, door, answer_of(door, 400), 30).await;
        drop(app.signed_in(ADA).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_kids_before_the_first_keys_cause_one_fetch_in_thirty_seconds() {
    for door in DOORS {
        let app = app().await;
        knock_for_two_intervals(&app, door, answer_of(door, 400), 30).await;
        let made = fetches(&app);
        drop(app.signed_in(ADA).await);
        assert_eq!(fetches(&app), made, "what was fetched for a made-up token serves sign-ins too");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_provider_has_no_keys_made_up_kids_cause_one_fetch_in_three_seconds() {
    for door in DOORS {
        let app = app().await;
        app.emulator.control().add_fault(Fault::status(Endpoint::Keys, 503).times(0));
        knock_for_two_intervals(&app, door, answer_of(door, 503), 3).await;
        let bound = Bound::begin(&app, 3);
        for _ in 0..8 {
            assert_eq!(app.browser().get("/readyz").await.status, 503);
            bound.holds("readiness");
        }
        // The outage is over: the first sign-in after the pause works.
        app.emulator.control().clear_faults();
        app.advance(3);
        drop(app.signed_in(ADA).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_there_were_keys_an_outage_is_asked_about_once_in_thirty_seconds() {
    for door in DOORS {
        let app = app().await;
        drop(app.signed_in(ADA).await);
        app.emulator.control().add_fault(Fault::status(Endpoint::Keys, 503).times(0));
        knock_for_two_intervals(&app, door, answer_of(door, 503), 30).await;
        drop(app.signed_in(ADA).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hangs_up_causes_no_more_fetches_than_who_waits() {
    for door in DOORS {
        let app = app().await;
        app.emulator.control().add_fault(Fault::delay(Endpoint::Keys, 1500).times(0));
        let first = tokio::spawn(knock(&app, door, 0).send());
        until("the fetch", async || fetches(&app) == 1).await;
        first.abort();
        for number in 1..10 {
            // Whether each of them is gone before the answer comes does not matter: the first is.
            let _ = knock(&app, door, number).timeout(Duration::from_millis(50)).send().await;
        }
        until("its result", async || app.state.scalekit.key_set_fetches().done == 1).await;
        assert_eq!(fetches(&app), 1, "{door:?}");
        app.emulator.control().clear_faults();
        drop(app.signed_in(ADA).await);
        assert_eq!(fetches(&app), 1, "{door:?}: its result is there for all");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_token_of_ours_by_its_looks_causes_no_fetch() {
    let app = app().await;
    let header = |json: &str| format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(json));
    for token in [
        String::new(),
        "x".to_owned(),
        "..".to_owned(),
        header(r#"{"alg":"none"}"#),
        header(r#"{"alg":"HS256","kid":"a"}"#),
        header(r#"{"alg":"RS256","kid":7}"#),
        header(r#"{"alg":"RS256","kid":"a","crit":["x"]}"#),
        header(r#"{"alg":"RS256","alg":"RS256","kid":"a"}"#),
        format!("{}.{}.AAAA", header(r#"{"alg":"RS256"}"#), "a".repeat(17_000)),
    ] {
        let post = app.browser().request(Method::POST, "/auth/backchannel-logout").form(&[("logout_token", &token)]);
        assert_eq!(post.send().await.unwrap().status().as_u16(), 400, "{token:.40}");
        app.browser().get(&format!("/auth/login?idp_initiated_login={token:.4000}")).await;
    }
    assert_eq!(fetches(&app), 0);
}
