//! Sign-ins that another site starts (login CSRF, RFC 9700 §4.7): they may sign somebody in who is nobody
//! yet, since Scalekit's portals and people's links do so. Whoever is signed in is asked first, and only the
//! person can answer.

use reqwest::Method;

use crate::support::{ADA, App, Browser, CHARLES, KATHERINE, Page, Trouble, TroubledStore, app, app_with_store};

/// Belongs to two organizations.
const GRACE: &str = "usr_103845067215791003";
const HARBOR: &str = "org_103845067215790202";
const ANALYTICAL: &str = "org_103845067215790101";

/// A navigation to the start of a sign-in from a page of `site`; of a browser that says nothing, if that is
/// empty.
async fn start_from(browser: &mut Browser, link: &str, site: &str) -> Page {
    let mut request = browser.request(Method::GET, link);
    if !site.is_empty() {
        request = request.header("sec-fetch-site", site);
    }
    browser.send(request).await
}

/// Follows a link to the start of a sign-in from a page of `site`, signs in as `user` and brings the answer
/// back.
async fn sign_in_from(app: &App, browser: &mut Browser, site: &str, user: &str) -> Page {
    sign_in_by(app, browser, "/auth/login?prompt=login&return_to=/dashboard", site, user).await
}

async fn sign_in_by(app: &App, browser: &mut Browser, link: &str, site: &str, user: &str) -> Page {
    let start = start_from(browser, link, site).await;
    assert_eq!(start.status, 302, "{}", start.body);
    let callback = browser.choose_person(&start, user).await;
    assert!(callback.starts_with(&app.url));
    browser.get(&callback).await
}

/// The same for somebody who is signed in, is asked and presses the button.
async fn consent_and_sign_in_by(browser: &mut Browser, link: &str, site: &str, user: &str) -> Page {
    let asked = start_from(browser, link, site).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let onward = press(browser, &asked).await;
    let callback = browser.choose_person(&onward.as_redirect(), user).await;
    browser.get(&callback).await
}

/// Presses the button of the page that asks.
async fn press(browser: &mut Browser, asked: &Page) -> Page {
    let fields = asked.hidden_fields();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    browser.post("/auth/login", &fields).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_signed_in_is_asked_before_the_provider_is() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let (cookies, calls) = (browser.cookies.clone(), app.provider_calls());
    let link = "/auth/login?organization_id=org_%22%3E%3Cb%3E1&return_to=/dashboard&invitation=in_1%262&prompt=login";
    for site in ["cross-site", "same-site", "nonsense", ""] {
        let asked = start_from(&mut browser, link, site).await;
        assert_eq!(asked.status, 200, "{site}");
        assert!(asked.header("cache-control").contains("no-store"));
        for words in ["You are signed in as", "Ada Lovelace", "Analytical Engines", "another account or organization?"]
        {
            assert!(asked.body.contains(words), "{words} is missing for {site}: {}", asked.body);
        }
        assert!(asked.body.contains(r#"<form method="post" action="/auth/login""#), "{}", asked.body);
        let fields = [
            ("organization_id", "org_\"><b>1"),
            ("return_to", "/dashboard"),
            ("invitation", "in_1&2"),
            ("prompt", "login"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(asked.hidden_fields(), fields, "what the link asked for, no more and no less");
        assert!(
            !asked.body.contains(app.state.scalekit.config().environment_url()),
            "nothing in it leads to the provider"
        );
        assert!(!asked.body.contains("<b>1"), "the link's words are text");
    }
    assert_eq!((&browser.cookies, app.provider_calls()), (&cookies, calls), "nothing has begun");
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_presses_the_button_switches() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let link = "/auth/login?prompt=login&return_to=/dashboard?from=mail";
    let landed = consent_and_sign_in_by(&mut browser, link, "cross-site", CHARLES).await;
    assert_eq!((landed.status, landed.location()), (302, "/dashboard?from=mail"), "{}", landed.body);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(CHARLES));

    let link = |organization: &str| format!("/auth/login?prompt=login&organization_id={organization}");
    let mut browser = app.browser();
    assert_eq!(sign_in_by(&app, &mut browser, &link(HARBOR), "cross-site", GRACE).await.status, 302);
    let landed = consent_and_sign_in_by(&mut browser, &link(ANALYTICAL), "cross-site", GRACE).await;
    assert_eq!(landed.location(), "/dashboard/profile", "{}", landed.body);
    assert!(browser.get("/dashboard").await.body.contains("Analytical Engines"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_the_person_presses_the_button() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let asked = start_from(&mut browser, "/auth/login?prompt=login", "cross-site").await;
    assert!(asked.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(asked.header("x-frame-options"), "DENY");
    let cookies = browser.cookies.clone();
    let attempts: [&[(&str, &str)]; 7] = [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://sibling.localhost")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[],
        // Not even this site's own scripts and frames: a person does.
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
    ];
    for headers in attempts {
        let mut request = browser.request(Method::POST, "/auth/login").form(&[("prompt", "login")]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = browser.send(request).await;
        assert_eq!((answer.status, &browser.cookies), (403, &cookies), "{headers:?}");
    }
    // And what the button posts is of no use in an address.
    let fields = "/auth/login?prompt=login&by=form&started_here=true&confirmed=true";
    assert_eq!(start_from(&mut browser, fields, "cross-site").await.status, 200, "asked all the same");
    assert_eq!(browser.cookies, cookies);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_consent_another_site_can_not_replace_who_is_signed_in() {
    let app = app().await;
    // Which would end the first person's sessions of this browser: here it is the application that has to
    // care.
    app.silence_provider();
    for site in ["cross-site", "same-site", "nonsense"] {
        // Nobody is asked who is nobody yet; by the time of the answer they are somebody.
        let mut browser = app.browser();
        let start = start_from(&mut browser, "/auth/login?prompt=login&return_to=/dashboard", site).await;
        let callback = browser.choose_person(&start, CHARLES).await;
        let session = app.signed_in(ADA).await.cookies["session"].clone();
        browser.cookies.insert("session".to_owned(), session.clone());
        let answer = browser.get(&callback).await;
        assert_eq!(answer.status, 409, "{site}");
        assert!(
            answer.body.contains("You are signed in to another account") && !answer.body.contains("Charles"),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("/login?return_to=%2Fdashboard"), "the way on begins here");
        assert_eq!(browser.cookies["session"], session);
        assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA), "{site}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_consent_another_site_can_not_move_somebody_to_another_of_their_organizations() {
    let app = app().await;
    app.silence_provider();
    let link = |organization: &str| format!("/auth/login?prompt=login&organization_id={organization}");
    for (organization, status) in [(ANALYTICAL, 409), (HARBOR, 302)] {
        let mut browser = app.browser();
        let start = start_from(&mut browser, &link(organization), "cross-site").await;
        let callback = browser.choose_person(&start, GRACE).await;
        let mut other = app.browser();
        other.sign_in(&link(HARBOR), GRACE).await;
        let session = other.cookies["session"].clone();
        browser.cookies.insert("session".to_owned(), session.clone());
        assert_eq!(browser.get(&callback).await.status, status, "{organization}");
        assert_eq!(browser.cookies["session"] == session, status == 409);
    }
    let mut browser = app.browser();
    browser.sign_in(&link(HARBOR), GRACE).await;
    let landed = sign_in_by(&app, &mut browser, &link(ANALYTICAL), "same-origin", GRACE).await;
    assert_eq!(landed.location(), "/dashboard/profile", "from here, people move");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_here_and_from_the_address_bar_people_switch() {
    let app = app().await;
    for site in ["same-origin", "none"] {
        let mut browser = app.signed_in(ADA).await;
        assert_eq!(sign_in_from(&app, &mut browser, site, CHARLES).await.location(), "/dashboard", "{site}");
        assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(CHARLES), "{site}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mail_program_opens_is_asked_about_if_it_chooses_for_the_person() {
    let app = app().await;
    app.silence_provider();
    let mut ada = app.signed_in(ADA).await;
    for choice in [
        "organization_id=org_1",
        "connection_id=conn_1",
        "login_hint=charles%40b.example",
        "domain_hint=b.example",
        "provider=google",
        "idp_initiated_login=x",
        "invitation=in_1",
    ] {
        let link = format!("/auth/login?prompt=login&{choice}");
        let asked = start_from(&mut ada, &link, "none").await;
        assert_eq!(asked.status, 200, "{choice}");
    }
    // Nobody is asked who is nobody yet; by the time of the answer they are somebody.
    let mut browser = app.browser();
    let start = start_from(&mut browser, "/auth/login?prompt=login&invitation=in_1", "none").await;
    let callback = browser.choose_person(&start, CHARLES).await;
    browser.cookies.insert("session".to_owned(), ada.cookies["session"].clone());
    assert_eq!(browser.get(&callback).await.status, 409);
    // A bookmark chooses nobody.
    let plain = "/auth/login?prompt=login&return_to=/dashboard&max_age=600&ui_locales=de&acr_values=a";
    assert_eq!(start_from(&mut ada, plain, "none").await.status, 302);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_says_nothing_of_where_it_is_from_is_nobodys_consent() {
    let app = app().await;
    app.silence_provider();
    let session = app.signed_in(ADA).await.cookies["session"].clone();
    for (origin, status) in [(None, 409), (Some(app.url.as_str()), 302)] {
        // Without a cookie, which is how it passes.
        let mut browser = app.browser();
        let mut request = browser.request(Method::POST, "/auth/login").form(&[("prompt", "login")]);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let onward = browser.send(request).await;
        let callback = browser.choose_person(&onward.as_redirect(), CHARLES).await;
        browser.cookies.insert("session".to_owned(), session.clone());
        assert_eq!(browser.get(&callback).await.status, status, "{origin:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_who_is_nobody_yet_or_no_more() {
    let app = app().await;
    let mut browser = app.browser();
    assert_eq!(sign_in_from(&app, &mut browser, "cross-site", CHARLES).await.location(), "/dashboard");
    // A session that has ended protects nobody.
    app.advance(31 * 24 * 3600);
    assert_eq!(sign_in_from(&app, &mut browser, "cross-site", ADA).await.location(), "/dashboard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tile_in_a_portal_asks_those_only_who_are_somebody_else_or_elsewhere() {
    let app = app().await;
    let tile = |organization: &str, email: &str| {
        let token = app.emulator.control().idp_initiated_login(organization, Some(email)).unwrap();
        format!("/auth/login?idp_initiated_login={token}&return_to=/dashboard")
    };
    let orbital = "org_103845067215790303";
    let mut katherine = app.signed_in(KATHERINE).await;
    assert_eq!(start_from(&mut katherine, &tile(orbital, "Katherine@orbital.example"), "cross-site").await.status, 302);
    for mut other in [app.signed_in(ADA).await, katherine.clone()] {
        let asked = start_from(&mut other, &tile(orbital, "somebody.else@orbital.example"), "cross-site").await;
        assert_eq!(asked.status, 200, "{}", asked.body);
        // The token itself would have ended before a slow reader presses the button.
        app.advance(400);
        let onward = press(&mut other, &asked).await.as_redirect();
        for named in
            [format!("organization_id={orbital}"), "connection_id=conn_".to_owned(), "login_hint=somebody".to_owned()]
        {
            assert!(onward.location().contains(&named), "{named} is missing in {}", onward.location());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_can_tell_who_is_signed_in_nothing_begins() {
    let store = TroubledStore::new();
    let app = app_with_store(store.clone()).await;
    let mut browser = app.signed_in(ADA).await;
    store.be(Trouble::Down);
    let answer = start_from(&mut browser, "/auth/login", "cross-site").await;
    assert_eq!(answer.status, 503);
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_nobody_sees_can_not_be_asked_for() {
    let app = app().await;
    let answer = app.browser().get("/auth/login?prompt=none").await;
    assert_eq!(answer.status, 400);
    assert!(!answer.headers.contains_key("set-cookie"));
}
