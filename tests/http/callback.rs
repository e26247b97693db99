//! The provider's answer: everything that is wrong with one is explained, costs no token call and touches no session.

use scalekit_emulator::{Endpoint, Fault, FaultKind};

use crate::support::{ADA, App, Browser, CHARLES, Page, app, app_that_gives_up, until};

/// Opens a callback that must be refused, and checks what is left behind: no token call, the same session as before.
pub(crate) async fn refused(app: &App, browser: &mut Browser, callback: &str) -> Page {
    let (calls, session) = (app.token_calls("authorization_code"), browser.cookies.get("session").cloned());
    let page = browser.get(callback).await;
    assert_eq!(app.token_calls("authorization_code"), calls, "no token call");
    assert_eq!(browser.cookies.get("session"), session.as_ref(), "no session touched");
    assert!(!page.touches_session_cookie());
    assert!(page.body.contains("<h1"), "the page explains itself: {}", page.body);
    assert_eq!(page.header("cache-control"), "no-store, no-transform");
    page
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_foreign_or_changed_state_is_refused() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for query in [
        "",
        "?code=abc",
        "?code=abc&state=",
        "?code=abc&state=AAAAAAAAAAAAAAAAAAAAAAAA",
        "?state=AAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(refused(&app, &mut browser, &format!("/auth/callback{query}")).await.status, 400, "{query}");
    }
    // Another person at the provider ends Ada's session there; here, the answers alone must not.
    app.silence_provider();
    let genuine = browser.sign_in_at_provider("/auth/login?prompt=login", CHARLES).await;
    let mut changed = genuine.clone();
    changed.push('x');
    assert_eq!(refused(&app, &mut browser, &changed).await.status, 400);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
    assert_eq!(browser.get(&genuine).await.status, 302, "a wrong answer does not use the attempt up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incomplete_answer_and_one_without_an_attempt_are_told_apart() {
    let app = app().await;
    let mut browser = app.browser();
    assert!(refused(&app, &mut browser, "/auth/callback?code=abc").await.body.contains("answer can't be read"));
    let foreign = refused(&app, &mut browser, "/auth/callback?code=abc&state=AAAAAAAAAAAAAAAAAAAAAAAA").await;
    assert!(foreign.body.contains("can't be continued"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_browsers_answer_is_refused() {
    let app = app().await;
    let mut attacker = app.browser();
    let callback = attacker.sign_in_at_provider("/auth/login", CHARLES).await;
    let mut victim = app.signed_in(ADA).await;
    assert_eq!(refused(&app, &mut victim, &callback).await.status, 400);
    assert_eq!(app.user_of(&mut victim).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replayed_answer_is_refused_and_the_session_stays() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let cookies_before = browser.cookies.clone();
    assert_eq!(browser.get(&callback).await.status, 302);
    assert_eq!(refused(&app, &mut browser, &callback).await.status, 400);
    let mut rewound = browser.clone();
    rewound.cookies.extend(cookies_before);
    assert_eq!(refused(&app, &mut rewound, &callback).await.status, 400, "even with the attempt's cookie put back");
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_answer_twenty_times_at_once_makes_one_token_call_and_one_session() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let (mut browser, callback) = (browser.clone(), callback.clone());
            tokio::spawn(async move { browser.get(&callback).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 302).count(), 1, "{statuses:?}");
    assert_eq!(app.token_calls("authorization_code"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_after_ten_minutes_is_refused() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    app.state.clock.advance(600);
    assert_eq!(refused(&app, &mut browser, &callback).await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_at_the_provider_is_explained_and_keeps_the_session() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let hosted = browser.open_hosted_page("/auth/login?prompt=login&return_to=%2Fdashboard%3Ftab%3D1").await;
    let answer = browser.post(&format!("{hosted}/cancel"), &[]).await;
    let callback = browser.follow_to_app(answer, &hosted).await;
    let page = refused(&app, &mut browser, &callback).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("Sign-in was cancelled"));
    assert!(page.body.contains("/login?return_to=%2Fdashboard%3Ftab%3D1"), "the way back is kept");
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_providers_error_text_is_never_shown() {
    let app = app().await;
    let mut browser = app.browser();
    let start = browser.get("/auth/login").await;
    let url = url::Url::parse(start.location()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let callback =
        format!("/auth/callback?error=server_error&error_description=%3Cscript%3Ephish%3C%2Fscript%3E&state={state}");
    let page = refused(&app, &mut browser, &callback).await;
    assert_eq!(page.status, 400);
    assert!(!page.body.contains("phish"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_endpoint_that_fails_is_a_503_page_and_the_next_try_works() {
    let app = app_that_gives_up().await;
    for fault in [
        Fault::status(Endpoint::Token, 500),
        Fault::status(Endpoint::Token, 429).with_retry_after(7),
        Fault::new(Endpoint::Token, FaultKind::Garbage),
        Fault::new(Endpoint::Token, FaultKind::Html),
        Fault::new(Endpoint::Token, FaultKind::DropBefore),
        Fault::new(Endpoint::Token, FaultKind::Hang),
    ] {
        let mut browser = app.browser();
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        app.emulator.control().add_fault(fault.clone());
        let page = browser.get(&callback).await;
        assert_eq!(page.status, 503, "{fault:?}");
        assert!(!page.touches_session_cookie());
        assert!(page.body.contains("not answering"), "{fault:?}");
        app.emulator.control().clear_faults();
        assert_eq!(browser.sign_in_silently().await, "/dashboard/profile", "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spent_code_is_explained() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 400).with_error("invalid_grant"));
    let page = browser.get(&callback).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("This sign-in has expired"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_are_our_fault_and_say_so() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 401).with_error("invalid_client"));
    let page = browser.get(&callback).await;
    assert_eq!(page.status, 502);
    assert!(page.body.contains("not set up correctly"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_is_explained_without_a_state_and_whatever_its_description_is_like() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let start = browser.get("/auth/login").await;
    let url = url::Url::parse(start.location()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let long = "SAML+".repeat(1000);
    for (query, status, heading) in [
        ("error=access_denied", 400, "Sign-in was cancelled"),
        ("error=invalid_request", 502, "Sign-in is not set up correctly"),
        ("error=invalid_saml_response&error_description=ung%FCltig", 502, "Sign-in is not set up correctly"),
        ("error=user_not_active&state=", 403, "can't sign in here"),
        (&format!("error=domain_not_found&error_description={long}"), 400, "No sign-in method was found"),
        (&format!("error=temporarily_unavailable&error_description={long}&state={state}"), 400, "reported a problem"),
    ] {
        let page = refused(&app, &mut browser, &format!("/auth/callback?{query}")).await;
        assert_eq!(page.status, status, "{query:.100}");
        assert!(page.body.contains(heading) && !page.body.contains("SAML"), "{query:.100}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_goes_away_during_the_exchange_does_not_cut_it_in_half() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    app.emulator.control().add_fault(Fault::delay(Endpoint::Token, 60_000));
    let gone = tokio::spawn(browser.request(reqwest::Method::GET, &callback).send());
    until("the token call", async || app.emulator.control().open_token_calls() == 1).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    // The emulator answers after the browser has gone; the exchange is completed all the same.
    app.emulator.control().clear_faults();
    until("the session", async || app.state.sessions.list(ADA).await.unwrap().len() == 1).await;
    assert_eq!(app.emulator.control().state().outcomes_of("token.authorization_code.ok"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_answer_at_two_replicas_at_once_makes_one_token_call_and_one_session() {
    let app = app().await;
    let replica = app.replica(|_| {}).await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let requests: Vec<_> = (0..10)
        .map(|number| {
            let (url, callback) = if number % 2 == 0 {
                (&app.url, callback.clone())
            } else {
                (&replica.url, callback.replace(&app.url, &replica.url))
            };
            let mut browser = browser.at(url);
            tokio::spawn(async move { browser.get(&callback).await.touches_session_cookie() })
        })
        .collect();
    let mut sessions = 0;
    for request in requests {
        sessions += u32::from(request.await.unwrap());
    }
    assert_eq!((app.token_calls("authorization_code"), sessions), (1, 1));
}
