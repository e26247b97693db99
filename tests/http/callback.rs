//! The provider's answer: everything that is wrong with one is explained, costs no token call and touches no
//! session.

use scalekit_emulator::{Endpoint, Fault, FaultKind};
use scalekit_sessions::id::UserKey;

use crate::support::{ADA, App, Browser, CHARLES, Page, app, app_that_gives_up, until};

/// Opens a callback that must be refused, and checks what is left behind: no token call, the same session as
/// before.
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

/// Opens an old callback while signed in: it leads on, and nothing else happens.
async fn leads_on(app: &App, browser: &mut Browser, callback: &str) {
    let calls = app.token_calls("authorization_code");
    let page = browser.get(callback).await;
    assert_eq!((page.status, page.location()), (302, "/dashboard/profile"), "{callback}: {}", page.body);
    assert!(!page.touches_session_cookie());
    assert_eq!(app.token_calls("authorization_code"), calls, "no token call");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_foreign_or_changed_state_is_refused() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for query in ["", "?code=abc", "?code=abc&state="] {
        assert_eq!(refused(&app, &mut browser, &format!("/auth/callback{query}")).await.status, 400, "{query}");
    }
    for query in ["?code=abc&state=AAAAAAAAAAAAAAAAAAAAAAAA", "?state=AAAAAAAAAAAAAAAAAAAAAAAA"] {
        let callback = format!("/auth/callback{query}");
        assert_eq!(refused(&app, &mut app.browser(), &callback).await.status, 400, "{query}");
        leads_on(&app, &mut browser, &callback).await;
    }
    // Another person at the provider ends Ada's session there; here, the answers alone must not.
    app.silence_provider();
    let genuine = browser.sign_in_at_provider("/auth/login?prompt=login", CHARLES).await;
    let mut changed = genuine.clone();
    changed.push('x');
    leads_on(&app, &mut browser, &changed).await;
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
    assert_eq!(refused(&app, &mut app.browser(), &callback).await.status, 400);
    let mut victim = app.signed_in(ADA).await;
    leads_on(&app, &mut victim, &callback).await;
    assert_eq!(app.user_of(&mut victim).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_used_leads_on_who_is_signed_in_and_nobody_else() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    assert_eq!(browser.get(&callback).await.status, 302);
    leads_on(&app, &mut browser, &callback).await;
    assert_eq!(refused(&app, &mut app.browser(), &callback).await.status, 400);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_whose_outcome_was_lost_gets_it_again_within_a_minute() {
    let app = app().await;
    let replica = app.replica(|_| {}).await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login?return_to=/dashboard", ADA).await;
    // What reaches the first one is lost to the others: they hold the attempt, and no session.
    let lost = browser.clone();
    assert_eq!(browser.get(&callback).await.location(), "/dashboard");
    app.state.clock.advance(59);
    for url in [&app.url, &replica.url] {
        let mut again = lost.at(url);
        let landed = again.get(&callback.replace(&app.url, url)).await;
        assert_eq!((landed.status, landed.location()), (302, "/dashboard"), "{}", landed.body);
        assert_eq!(again.cookies, browser.cookies, "the same session, and the attempt is gone");
    }
    assert_eq!(app.token_calls("authorization_code"), 1);
    assert_eq!(app.state.sessions.list(&UserKey::of(ADA)).await.unwrap().len(), 1);

    for (who, callback) in [
        (app.browser(), callback.clone()),
        (lost.clone(), callback.replace("code=", "code=x")),
        (lost.clone(), format!("{callback}&more=1")),
    ] {
        assert_eq!(refused(&app, &mut who.clone(), &callback).await.status, 400, "{callback}");
    }
    // Somebody who has signed in as another person since keeps what they have.
    app.silence_provider();
    let mut other = app.signed_in(CHARLES).await;
    other.cookies.extend(lost.cookies.clone().into_iter().filter(|(name, _)| name.starts_with("login.")));
    let landed = other.get(&callback).await;
    assert!(landed.status == 302 && !landed.touches_session_cookie());
    assert_eq!(app.user_of(&mut other).await.as_deref(), Some(CHARLES));

    app.state.clock.advance(1);
    assert_eq!(refused(&app, &mut lost.clone(), &callback).await.status, 400, "a minute later");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_has_ended_is_not_given_again() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let mut lost = browser.clone();
    assert_eq!(browser.get(&callback).await.status, 302);
    browser.call("/api/logout", "").await;
    assert_eq!(refused(&app, &mut lost, &callback).await.status, 400);
    assert_eq!(app.state.sessions.list(&UserKey::of(ADA)).await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_was_lost_is_given_again() {
    let app = app().await;
    for (fault, status, words) in [
        (Fault::status(Endpoint::Token, 400).with_error("invalid_grant"), 400, "This sign-in has expired"),
        (Fault::status(Endpoint::Token, 401).with_error("invalid_client"), 502, "not set up correctly"),
    ] {
        let mut browser = app.browser();
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        let mut lost = browser.clone();
        app.emulator.control().add_fault(fault);
        assert_eq!(browser.get(&callback).await.status, status);
        app.emulator.control().clear_faults();
        let again = refused(&app, &mut lost, &callback).await;
        assert!(again.status == status && again.body.contains(words), "{}", again.body);
    }
    let mut browser = app.browser();
    let hosted = browser.open_hosted_page("/auth/login").await;
    let answer = browser.post(&format!("{hosted}/cancel"), &[]).await;
    let callback = browser.follow_to_app(answer, &hosted).await;
    for mut browser in [browser.clone(), browser.clone()] {
        assert!(refused(&app, &mut browser, &callback).await.body.contains("Sign-in was cancelled"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_again_while_the_first_is_at_the_provider_waits_for_it() {
    let app = app().await;
    let replica = app.replica(|_| {}).await;
    let browser = {
        let mut browser = app.browser();
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        (browser, callback)
    };
    let open = |url: &str| {
        let (mut browser, callback) = (browser.0.at(url), browser.1.replace(&app.url, url));
        tokio::spawn(async move { (browser.get(&callback).await.status, browser.cookies.get("session").cloned()) })
    };
    app.emulator.control().add_fault(Fault::delay(Endpoint::Token, 60_000));
    let first = open(&app.url);
    until("the token call", async || app.emulator.control().open_token_calls() == 1).await;
    // A browser gives up and asks again, here and by way of another replica.
    first.abort();
    let again = [open(&app.url), open(&replica.url)];
    assert_eq!(app.browser().get("/").await.status, 200);
    assert!(again.iter().all(|again| !again.is_finished()), "nothing is decided yet");
    app.emulator.control().clear_faults();
    let mut outcomes = Vec::new();
    for again in again {
        outcomes.push(again.await.unwrap());
    }
    assert!(outcomes[0].0 == 302 && outcomes[0].1.is_some() && outcomes[0] == outcomes[1], "{outcomes:?}");
    assert_eq!(app.token_calls("authorization_code"), 1);
    assert_eq!(app.state.sessions.list(&UserKey::of(ADA)).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_answer_twenty_times_at_once_makes_one_token_call_and_one_session() {
    let app = app().await;
    let replica = app.replica(|_| {}).await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let requests: Vec<_> = (0..20)
        .map(|number| {
            let url = if number % 2 == 0 { &app.url } else { &replica.url };
            let (mut browser, callback) = (browser.at(url), callback.replace(&app.url, url));
            tokio::spawn(async move { (browser.get(&callback).await.status, browser.cookies.get("session").cloned()) })
        })
        .collect();
    let mut outcomes = Vec::new();
    for request in requests {
        outcomes.push(request.await.unwrap());
    }
    assert!(outcomes.iter().all(|outcome| outcome.0 == 302 && *outcome == outcomes[0]), "{outcomes:?}");
    assert_eq!(app.token_calls("authorization_code"), 1);
    assert_eq!(app.state.sessions.list(&UserKey::of(ADA)).await.unwrap().len(), 1);
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
    until("the session", async || app.state.sessions.list(&UserKey::of(ADA)).await.unwrap().len() == 1).await;
    assert_eq!(app.emulator.control().state().outcomes_of("token.authorization_code.ok"), 1);
}
