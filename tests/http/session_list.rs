//! "Your sessions": what is listed, and that people end their own sessions and nobody else's.

use leptos_scalekit::server::views::session_api_permits::SESSION_API_CALLS_AT_ONCE;
use scalekit_emulator::{Endpoint, Fault, FaultKind, SettingsChange};
use scalekit_sessions::MemoryStore;

use crate::support::{ADA, App, Browser, CHARLES, app, app_with, until};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/18.0 Mobile/15E148 Safari/604.1";
const COMPUTER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn signed_in_with(app: &App, user: &str, user_agent: &str) -> Browser {
    let mut browser = app.browser().calling_itself(user_agent);
    browser.sign_in("/auth/login", user).await;
    browser
}

/// By what `other`, the same person's browser, can end this one's session: the first row that this one does
/// not have is this one itself.
async fn id_of(browser: &mut Browser, other: &mut Browser) -> String {
    let known = browser.devices().await.others();
    other.devices().await.others().into_iter().find(|id| !known.contains(id)).unwrap()
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/dashboard").await.status == 200
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_shows_this_device_first_and_what_is_known_of_the_others() {
    let app = app().await;
    let mut phone = signed_in_with(&app, ADA, PHONE).await;
    app.advance(120);
    let mut computer = signed_in_with(&app, ADA, COMPUTER).await;
    let _other = signed_in_with(&app, CHARLES, COMPUTER).await;
    let list = phone.devices().await;
    let [mine, another] = list.rows.as_slice() else { panic!("{list:?}") };
    assert!(mine.id.is_none() && mine.here && mine.html.contains("This device"), "{}", mine.html);
    assert!(mine.html.contains("#icon-phone") && mine.html.contains("Safari on iOS"), "{}", mine.html);
    assert!(mine.html.contains("London, GB"), "the provider knows the location: {}", mine.html);
    assert!(another.id.is_some() && another.here && another.html.contains("Firefox on Linux"), "{}", another.html);
    assert!(another.signed_in_at() > mine.signed_in_at(), "{list:?}");
    let page = computer.devices().await.html;
    assert!(page.contains("Firefox") && page.contains("Safari"));
    for secret in [&phone.cookies["session"], &computer.cookies["session"]] {
        assert!(!page.contains(secret) && !list.html.contains(secret));
    }
    assert!(!list.html.contains("ses_"), "the provider's identifiers stay on the server");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ending_one_ends_it_here_and_at_the_provider_and_nothing_else() {
    let app = app().await;
    let mut first = app.signed_in(ADA).await;
    let (mut second, mut third) = (app.signed_in(ADA).await, app.signed_in(ADA).await);
    let id_of_third = id_of(&mut third, &mut first).await;
    let answer = first.call("/api/end_session", &format!("id={id_of_third}")).await;
    assert_eq!((answer.status, answer.location()), (200, ""));
    assert!(!is_signed_in(&mut third).await);
    assert!(is_signed_in(&mut first).await && is_signed_in(&mut second).await);
    assert_eq!(app.emulator.control().state().live_sessions, 2);
    assert_eq!(first.devices().await.rows.len(), 2);
    let again = first.call("/api/end_session", &format!("id={id_of_third}")).await;
    assert_eq!(again.status, 200, "what has ended is no error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ending_all_others_keeps_this_one() {
    let app = app().await;
    let mut browsers = [app.signed_in(ADA).await, app.signed_in(ADA).await, app.signed_in(ADA).await];
    let mut other = app.signed_in(CHARLES).await;
    app.emulator.control().login(ADA, None, "openid").unwrap();
    assert_eq!(browsers[0].devices().await.rows.len(), 4, "one of them is at the provider only");
    let answer = browsers[0].post("/api/end_other_sessions", &[]).await;
    assert_eq!((answer.status, answer.location(), answer.body.as_str()), (302, "/dashboard/sessions?ended=others", ""));
    assert!(is_signed_in(&mut browsers[0]).await);
    assert!(!is_signed_in(&mut browsers[1]).await && !is_signed_in(&mut browsers[2]).await);
    assert!(is_signed_in(&mut other).await);
    assert_eq!(app.emulator.control().state().live_sessions, 2, "this one, and the other person's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_only_the_provider_knows_can_be_ended_too() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.emulator.control().login(ADA, None, "openid").unwrap();
    let id = browser.devices().await.elsewhere();
    let answer = browser.post("/api/end_session", &[("id", &id)]).await;
    assert_eq!((answer.status, answer.location()), (302, "/dashboard/sessions?ended=1"));
    assert_eq!(app.emulator.control().state().live_sessions, 1);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_does_not_end_ones_own_session_this_way() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let mut other = app.signed_in(ADA).await;
    let id = id_of(&mut browser, &mut other).await;
    assert_eq!(browser.post("/api/end_session", &[("id", &id)]).await.status, 302);
    assert!(is_signed_in(&mut browser).await, "sign-out does that, and ends the provider's session in the browser too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anonymous_callers_are_refused() {
    let app = app().await;
    for function in ["end_session", "end_other_sessions"] {
        assert_eq!(app.browser().call(&format!("/api/{function}"), "id=x").await.status, 401, "{function}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_providers_api_the_list_holds_this_applications_sessions() {
    let app = app().await;
    let (mut first, _second) = (app.signed_in(ADA).await, app.signed_in(ADA).await);
    for fault in [Fault::status(Endpoint::Management, 503), Fault::new(Endpoint::Management, FaultKind::Hang)] {
        app.emulator.control().add_fault(fault.clone().times(0));
        let listed = first.devices().await;
        assert!(listed.html.contains("can't be shown right now") && listed.rows.len() == 2, "{fault:?}");
        assert!(!listed.html.contains("London"), "{fault:?}");
        app.emulator.control().clear_faults();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_that_may_not_ask_the_provider_says_so_and_nothing_looks_like_an_outage() {
    let refusals = [
        SettingsChange { management_api: Some(false), ..SettingsChange::default() },
        SettingsChange { client_credentials: Some(false), ..SettingsChange::default() },
    ];
    for refusal in refusals {
        let app = app().await;
        let (mut first, mut second, mut third) =
            (app.signed_in(ADA).await, app.signed_in(ADA).await, app.signed_in(ADA).await);
        app.emulator.control().change_settings(refusal.clone());
        let listed = first.devices().await;
        assert_eq!(listed.rows.len(), 3, "{refusal:?}");
        assert!(listed.html.contains("this application may not ask for them"), "{refusal:?}");
        let id = id_of(&mut second, &mut first).await;
        assert_eq!(first.call("/api/end_session", &format!("id={id}")).await.status, 200, "{refusal:?}");
        let answer = first.post("/api/end_other_sessions", &[]).await;
        assert_eq!((answer.status, answer.location()), (302, "/dashboard/sessions?ended=others"), "{refusal:?}");
        assert!(!is_signed_in(&mut second).await && !is_signed_in(&mut third).await, "sessions here end all the same");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_lists_without_end_keeps_nobody_elses_list_from_being_asked_for() {
    let app = app().await;
    let (mut busy, mut other) = (app.signed_in(ADA).await, app.signed_in(CHARLES).await);
    busy.devices().await;
    let calls = || app.emulator.control().state().calls_of(Endpoint::Management);
    let before = calls();
    // The provider never answers the first of them, whose asker may be gone long since; all others stand in
    // line behind it.
    app.emulator.control().add_fault(Fault::new(Endpoint::Management, FaultKind::Hang));
    let lists: Vec<_> = (0..2 * SESSION_API_CALLS_AT_ONCE)
        .map(|_| {
            let mut busy = busy.clone();
            tokio::spawn(async move { busy.devices().await })
        })
        .collect();
    until("the first", async || calls() == before + 1).await;
    let listed = other.devices().await;
    assert!(listed.html.contains("London"), "the provider was asked: {}", listed.html);
    assert_eq!(calls(), before + 2);
    app.emulator.control().clear_faults();
    for listed in lists {
        let listed = listed.await.unwrap();
        assert_eq!(listed.rows.len(), 1, "{listed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn switched_off_the_providers_api_is_never_called() {
    let app = app_with(std::sync::Arc::new(MemoryStore::default()), |settings| settings.session_api = false).await;
    let mut browser = app.signed_in(ADA).await;
    let calls = app.token_calls("client_credentials");
    let listed = browser.devices().await;
    assert!(listed.rows.len() == 1 && !listed.html.contains("other applications"), "{listed:?}");
    assert_eq!(browser.post("/api/end_other_sessions", &[]).await.status, 302);
    assert_eq!(app.token_calls("client_credentials"), calls);
    assert_eq!(app.emulator.control().state().calls_of(Endpoint::Management), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_elsewhere_that_the_provider_did_not_end_is_not_said_to_have_ended() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.emulator.control().login(ADA, None, "openid").unwrap();
    let id = browser.devices().await.elsewhere();
    app.emulator.control().add_fault(Fault::status(Endpoint::Management, 503).times(0));
    assert_eq!(browser.call("/api/end_session", &format!("id={id}")).await.status, 503);
    app.emulator.control().clear_faults();
    assert_eq!(browser.call("/api/end_session", &format!("id={id}")).await.status, 200);
    assert_eq!(app.emulator.control().state().live_sessions, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ended_here_only_is_not_said_to_have_ended() {
    let app = app().await;
    let (mut browser, mut stolen) = (app.signed_in(ADA).await, app.signed_in(ADA).await);
    let id = browser.devices().await.other();
    app.emulator.control().add_fault(Fault::status(Endpoint::Management, 503).times(0));
    assert_eq!(browser.call("/api/end_session", &format!("id={id}")).await.status, 503);
    assert!(!is_signed_in(&mut stolen).await, "here it has ended");
    assert_eq!(app.emulator.control().state().live_sessions, 2, "whoever has the device could sign in again");
    app.emulator.control().clear_faults();
    assert_eq!(browser.call("/api/end_session", &format!("id={id}")).await.status, 200, "the same button again");
    assert_eq!(app.emulator.control().state().live_sessions, 1);
    assert!(is_signed_in(&mut browser).await);
}

/// Signs in twice in one browser, whose cookie of the first session somebody else has by now: both belong to
/// one session of the provider.
async fn signed_in_twice(app: &App) -> (Browser, Browser) {
    let first = app.signed_in(ADA).await;
    let mut second = first.clone();
    second.cookies.remove("session");
    second.sign_in_silently().await;
    (first, second)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_shares_ones_own_at_the_provider_can_be_ended_too() {
    let app = app().await;
    let (mut copied, mut mine) = signed_in_twice(&app).await;
    let id = mine.devices().await.other();
    assert_eq!(mine.call("/api/end_session", &format!("id={id}")).await.status, 200);
    assert!(!is_signed_in(&mut copied).await);
    assert!(is_signed_in(&mut mine).await);
    assert_eq!(app.emulator.control().state().live_sessions, 1, "one's own goes on at the provider");

    let (mut copied, mut mine) = signed_in_twice(&app).await;
    assert_eq!(mine.call("/api/end_other_sessions", "").await.status, 200);
    assert!(!is_signed_in(&mut copied).await);
    assert!(is_signed_in(&mut mine).await);
}
