//! Signing in, from the link to the landing page.

use scalekit_emulator::{Tamper, TokenKind};

use crate::support::{ADA, ALAN, CHARLES, app};

/// The seeded organization that has single sign-on.
const SSO_ORGANIZATION: &str = "org_103845067215790303";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_lands_on_the_profile_with_an_opaque_cookie_and_nothing_else() {
    let app = app().await;
    let browser = app.signed_in(ADA).await;
    let mut names: Vec<_> = browser.cookies.keys().map(String::as_str).collect();
    names.retain(|name| !name.starts_with("scalekit_emulator"));
    assert_eq!(names, ["session"], "the attempt's cookie is gone");
    assert_eq!(browser.cookies["session"].len(), 43);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authorization_request_has_state_nonce_pkce_and_only_allowed_parameters() {
    let app = app().await;
    let mut browser = app.browser();
    let login = "/auth/login?prompt=create&login_hint=a%40b.example&organization_id=org_1&connection_id=conn_1&provider=google&domain_hint=b.example&scope=all&redirect_uri=https%3A%2F%2Fevil.example&state=mine";
    let start = browser.get(login).await;
    assert_eq!((start.status, start.body.as_str()), (302, ""));
    assert_eq!(start.header("cache-control"), "no-store, no-transform");
    let url = url::Url::parse(start.location()).unwrap();
    let parameter =
        |name: &str| url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    assert_eq!(parameter("redirect_uri").unwrap(), format!("{}/auth/callback", app.url));
    assert_eq!(parameter("scope").unwrap(), "openid profile email offline_access");
    assert_eq!(parameter("code_challenge_method").unwrap(), "S256");
    for (name, value) in
        [("prompt", "create"), ("login_hint", "a@b.example"), ("organization_id", "org_1"), ("provider", "google")]
    {
        assert_eq!(parameter(name).as_deref(), Some(value), "{name}");
    }
    let state = parameter("state").unwrap();
    assert!(state.len() >= 22 && state != "mine");
    assert!(parameter("nonce").unwrap().len() >= 22);
    let cookie = start.header("set-cookie");
    assert!(cookie.starts_with(&format!("{}{}=", app.state.cookies.attempt_prefix(), &state[..8])), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_prompt_or_provider_is_refused_and_unknown_parameters_are_ignored() {
    let app = app().await;
    let mut browser = app.browser();
    assert_eq!(browser.get("/auth/login?prompt=nonsense").await.status, 400);
    assert_eq!(browser.get("/auth/login?provider=myspace").await.status, 400);
    assert_eq!(browser.get("/auth/login?prompt=login&prompt=create").await.status, 400);
    assert_eq!(browser.get("/auth/login?invitation=abc&utm_source=mail&idp_initiated_login=abc").await.status, 302);
    assert!(browser.cookies.len() == 1, "refused starts leave no attempt behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deep_link_survives_sign_in_exactly() {
    let app = app().await;
    let mut browser = app.browser();
    let wanted = "/dashboard?tab=projects&q=a%20b%26c&x=%2F";
    let refused = browser.get(wanted).await;
    let login_page = refused.location().to_owned();
    let return_to = login_page.strip_prefix("/login?").unwrap();
    assert_eq!(browser.sign_in(&format!("/auth/login?{return_to}"), ADA).await, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_as_somebody_else_ends_the_session_that_the_browser_had() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let before = browser.cookies["session"].clone();
    let landed = browser.sign_in("/auth/login?prompt=login", CHARLES).await;
    assert_eq!(landed, "/dashboard/profile");
    assert_ne!(browser.cookies["session"], before);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(CHARLES));
    let mut old = app.browser();
    old.cookies.insert("session".to_owned(), before);
    assert_eq!(app.user_of(&mut old).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_tabs_can_sign_in_at_once_and_each_lands_where_it_wanted() {
    let app = app().await;
    let mut browser = app.browser();
    let mut callbacks = Vec::new();
    for tab in 0..5 {
        let login = format!("/auth/login?prompt=login&return_to=%2Fdashboard%3Ftab%3D{tab}");
        callbacks.push(browser.sign_in_at_provider(&login, ADA).await);
    }
    for (tab, callback) in callbacks.iter().enumerate() {
        let landed = browser.get(callback).await;
        assert_eq!((landed.status, landed.location()), (302, format!("/dashboard?tab={tab}").as_str()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn external_identifiers_reach_the_session() {
    let app = app().await;
    let mut browser = app.signed_in(ALAN).await;
    let answer = browser.call("/api/current_session", "").await;
    let state: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(state["session"]["user"]["external_id"], "employee-1912");
    assert_eq!(state["session"]["organization"]["external_id"], "harbor-0042");
    assert_eq!(state["session"]["user"]["initials"], "AT");

    // The organization loses it, perhaps to another one: then it is not this session's any more either.
    for kind in [TokenKind::Access, TokenKind::Id] {
        app.emulator.control().tamper(Tamper::new(kind).claim("xoid", serde_json::Value::Null));
    }
    app.advance(300);
    let answer = browser.call("/api/current_session", "").await;
    let state: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(state["session"]["user"]["external_id"], "employee-1912");
    assert_eq!(state["session"]["organization"]["external_id"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_is_called_by_its_name_or_by_the_applications_own_identifier_or_not_at_all() {
    let app = app().await;
    let text_of = |page: &str| -> String {
        page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect()
    };
    let claim_name = |name: serde_json::Value| {
        app.emulator.control().tamper(Tamper::new(TokenKind::Access).claim("organization_name", name));
    };
    // Neither has a name in their token; Alan's organization has an identifier of the application's own.
    for (user, in_text, in_frame, in_facts) in [
        (ADA, "your organization", "Your organization", "Its name is not in the token"),
        (ALAN, "harbor-0042", "harbor-0042", "harbor-0042"),
    ] {
        claim_name(serde_json::Value::Null);
        let mut browser = app.signed_in(user).await;
        let dashboard = text_of(&browser.get("/dashboard").await.body);
        assert!(dashboard.contains(&format!("You are signed in to {in_text}.")), "{dashboard}");
        let profile = text_of(&browser.get("/dashboard/profile").await.body);
        assert!(profile.contains(&format!("identifiersOrganization{in_facts}")), "{profile}");
        for path in ["/dashboard", "/dashboard/profile", "/dashboard/sessions"] {
            let page = text_of(&browser.get(path).await.body);
            assert!(page.contains(&format!("Organization: {in_frame}")), "{path}: {page}");
        }
    }
    claim_name("Harbor Compilers".into());
    let dashboard = text_of(&app.signed_in(ALAN).await.get("/dashboard").await.body);
    assert!(dashboard.contains("You are signed in to Harbor Compilers."), "{dashboard}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_from_an_identity_providers_portal_goes_to_that_organization_with_a_state_of_ours() {
    let app = app().await;
    let token = app.emulator.control().idp_initiated_login(SSO_ORGANIZATION, Some("ada@example.com")).unwrap();
    let start = app.browser().get(&format!("/auth/login?idp_initiated_login={token}&state=planted")).await;
    assert_eq!(start.status, 302, "{}", start.body);
    let query = start.location().split_once('?').unwrap().1;
    for expected in
        [&format!("organization_id={SSO_ORGANIZATION}"), "connection_id=conn_", "login_hint=ada%40example.com"]
    {
        assert!(query.contains(expected), "{expected} is missing in {query}");
    }
    assert!(query.contains("state=") && !query.contains("planted"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_or_old_token_from_a_portal_gets_the_ordinary_login() {
    use scalekit_emulator::{Signature, Tamper, TokenKind};
    let app = app().await;
    let portal = || app.emulator.control().idp_initiated_login(SSO_ORGANIZATION, None).unwrap();
    app.emulator.control().tamper(Tamper::new(TokenKind::IdpInitiated).signature(Signature::OtherKey));
    let forged = portal();
    let old = portal();
    app.advance(3600);
    for token in [forged.as_str(), &old, "", "a.b.c"] {
        let start = app.browser().get(&format!("/auth/login?idp_initiated_login={token}")).await;
        assert_eq!(start.status, 302);
        assert!(!start.location().contains("organization_id"), "{}", start.location());
    }
}
