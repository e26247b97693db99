//! Signing in, from the link to the landing page.

use std::collections::BTreeMap;

use scalekit_emulator::{Tamper, TokenKind};

use crate::support::{ADA, ALAN, App, CHARLES, app};

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

/// The parameters with which a link to the start of sign-in leads to the provider.
async fn asked_of_provider(app: &App, link: &str) -> BTreeMap<String, String> {
    let start = app.browser().get(link).await;
    assert_eq!(start.status, 302, "{link}: {}", start.body);
    let pairs: Vec<(String, String)> = url::Url::parse(start.location()).unwrap().query_pairs().into_owned().collect();
    let map: BTreeMap<String, String> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "nothing is sent twice: {pairs:?}");
    map
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_scalekit_offers_by_name_can_be_asked_for() {
    let app = app().await;
    let link = "/auth/login?prompt=consent&provider=brand_new-idp2&max_age=600&acr_values=urn%3Amfa+level:2&ui_locales=de-CH+fr";
    let asked = asked_of_provider(&app, link).await;
    for (name, value) in [
        ("prompt", "consent"),
        ("provider", "brand_new-idp2"),
        ("max_age", "600"),
        ("acr_values", "urn:mfa level:2"),
        ("ui_locales", "de-CH fr"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_in_words_that_nobody_knows_is_refused() {
    let app = app().await;
    let mut browser = app.browser();
    let long = format!("ui_locales={}", "de ".repeat(100));
    for asked in [
        "prompt=nonsense",
        "prompt=login&prompt=create",
        "provider=My+Space",
        "provider=a%0Ab",
        "max_age=soon",
        "max_age=-1",
        "max_age=99999999999999999999",
        "acr_values=%22x%22",
        "acr_values=%C3%A9",
        "ui_locales=de_CH",
        "ui_locales=%3Cb%3E",
        &long,
    ] {
        assert_eq!(browser.get(&format!("/auth/login?{asked}")).await.status, 400, "{asked}");
    }
    assert!(browser.cookies.is_empty(), "refused starts leave no attempt behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_that_scalekit_appends_are_passed_on_and_those_of_the_protocol_never() {
    let app = app().await;
    let ours = asked_of_provider(&app, "/auth/login").await;
    let asked = asked_of_provider(
        &app,
        "/auth/login?invitation_id=inv_1&magic=a%20b%26c&utm_source=mail&empty=&return_to=/dashboard&by=nobody",
    )
    .await;
    for (name, value) in [("invitation_id", "inv_1"), ("magic", "a b&c"), ("utm_source", "mail")] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(asked.len(), ours.len() + 3, "nothing else: {asked:?}");

    let mut query = String::new();
    for name in [
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "code_challenge_new",
        "request",
        "request_uri",
        "registration",
        "claims",
        "code",
        "resource",
        "authorization_details",
        "id_token_hint",
        "iss",
        "domain",
        "Client_Id",
        "REDIRECT_URI",
        "scope.0",
        "state[]",
        "display",
        "audience",
        "client_secret",
        "client_assertion",
        "dpop_jkt",
        "target_link_uri",
        "%C3%A9",
        "a%0Ab",
    ] {
        query.push_str(name);
        query.push_str("=planted&");
    }
    let asked = asked_of_provider(&app, &format!("/auth/login?{query}")).await;
    assert_eq!(asked.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    assert!(!asked.values().any(|value| value == "planted"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_that_scalekit_appends_are_few_and_short() {
    let app = app().await;
    let many: Vec<String> = (0..100).map(|number| format!("parameter{number}=1")).collect();
    let asked = asked_of_provider(&app, &format!("/auth/login?{}", many.join("&"))).await;
    assert_eq!(asked.keys().filter(|name| name.starts_with("parameter")).count(), 8);
    let long = format!("/auth/login?token={}&{}=1&control=%00&kept=1&kept=2", "x".repeat(3000), "n".repeat(50));
    let asked = asked_of_provider(&app, &long).await;
    assert_eq!(asked["kept"], "1", "the first of several");
    assert!(!asked.contains_key("token") && !asked.contains_key("control") && !asked.contains_key(&"n".repeat(50)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_at_the_start_of_sign_in_is_shown_and_starts_nothing() {
    let app = app().await;
    for mut browser in [app.browser(), app.signed_in(ADA).await] {
        let cookies = browser.cookies.clone();
        for (query, status, words) in [
            (
                "error=access_denied&error_description=Not%20today%20%3Cb%3E",
                400,
                "This link does not lead to a sign-in",
            ),
            ("error=user_not_active&return_to=/dashboard", 403, "Your account can&#x27;t sign in here"),
            ("error=brand%0Anew&error_description=%0A", 400, "The sign-in service reported a problem"),
        ] {
            let request = browser.request(reqwest::Method::GET, &format!("/auth/login?{query}"));
            let answer = browser.send(request.header("sec-fetch-site", "cross-site")).await;
            assert_eq!(answer.status, status, "{query}");
            assert!(answer.body.replace("&#39;", "&#x27;").replace('\'', "&#x27;").contains(words), "{}", answer.body);
            assert!(!answer.body.contains("<b>"), "their words are text: {}", answer.body);
            assert_eq!(browser.cookies, cookies, "nothing has begun");
        }
        let answer = browser.get("/auth/login?error=access_denied&error_description=Not%20today%20%3Cb%3E").await;
        assert!(answer.body.contains("access_denied") && answer.body.contains("Not today &lt;b"), "{}", answer.body);
    }
    assert_eq!(app.browser().get("/auth/login?error=").await.status, 302, "an empty parameter is none");
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
