//! `GET /oauth/authorize` and the prompts.

use reqwest::StatusCode;

use crate::support::{
    ADA, ANALYTICAL, CALLBACK, GRACE, HARBOR, KATHERINE, ORBITAL, claims_of, location, ok_json, query, world,
};

#[tokio::test]
async fn unknown_client_or_redirect_is_a_page_of_our_own_and_never_a_redirect() {
    let world = world().await;
    for changes in [
        [("client_id", "skc_other")],
        [("client_id", "")],
        [("redirect_uri", "")],
        [("redirect_uri", "http://localhost:3000/auth/callback/")],
        [("redirect_uri", "http://localhost:3000/auth/callback?x=1")],
        [("redirect_uri", "https://evil.example/auth/callback")],
    ] {
        let answer = world.authorize(&changes).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{changes:?}");
        assert!(answer.text().await.unwrap().contains("Emulated Scalekit: development only"));
    }
}

#[tokio::test]
async fn markup_in_a_refused_redirect_is_shown_as_text() {
    let world = world().await;
    let page = world.authorize(&[("redirect_uri", "https://x/<script>alert(1)</script>")]).await.text().await.unwrap();
    assert!(page.contains("&lt;script&gt;"));
    assert!(!page.contains("<script"));
}

#[tokio::test]
async fn other_errors_go_to_the_callback_with_the_state() {
    let world = world().await;
    for (changes, error) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("response_type", "")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("code_challenge_method", "")], "invalid_request"),
        ([("scope", "profile")], "invalid_scope"),
        ([("connection_id", "conn_1")], "invalid_connection_id"),
        ([("organization_id", "org_1")], "invalid_organization_id"),
        ([("provider", "myspace")], "invalid_request"),
        ([("prompt", "none")], "login_required"),
    ] {
        let answer = world.authorize(&changes).await;
        assert_eq!(answer.status(), StatusCode::FOUND);
        let query = query(&answer);
        assert_eq!(query["error"], error, "{changes:?}");
        assert_eq!(query["state"], "state-1");
        assert!(query.contains_key("error_description") && !query.contains_key("code"));
    }
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused_without_a_redirect() {
    let world = world().await;
    let url = format!("{}&state=other", world.authorize_url(&[]));
    assert_eq!(world.browser.get(&url).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn success_returns_code_and_state_and_sets_a_http_only_cookie_of_its_own_name() {
    let world = world().await;
    let page = location(&world.authorize(&[]).await);
    let back = world.browser.post(&format!("{page}/person"), &[("user", ADA)]).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    let cookie = back.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("scalekit_emulator_session=") && cookie.contains("; HttpOnly; SameSite=Lax"));
    assert_eq!(back.headers()["cache-control"], "no-store");
    let query = query(&back);
    assert_eq!(query.keys().collect::<Vec<_>>(), ["code", "state"]);
}

#[tokio::test]
async fn state_is_left_out_when_none_was_sent_and_echoed_exactly_otherwise() {
    let world = world().await;
    world.sign_in(ADA).await;
    assert!(!query(&world.authorize(&[("state", "")]).await).contains_key("state"));
    let odd = "a&b=c #%20+é";
    assert_eq!(query(&world.authorize(&[("state", odd)]).await)["state"], odd);
}

#[tokio::test]
async fn absent_prompt_and_prompt_none_are_silent_with_a_session_and_prompt_login_is_not() {
    let world = world().await;
    let first = world.sign_in(ADA).await;
    for prompt in ["", "none"] {
        let code = query(&world.authorize(&[("prompt", prompt)]).await)["code"].clone();
        let again = ok_json(world.exchange(&code).await).await;
        assert_eq!(claims_of(&again["id_token"])["sid"], claims_of(&first["id_token"])["sid"]);
    }
    let answer = world.authorize(&[("prompt", "login")]).await;
    assert!(location(&answer).contains("/hosted/"));
    world.browser.forget_cookies();
    assert!(location(&world.authorize(&[]).await).contains("/hosted/"));
}

#[tokio::test]
async fn an_expired_session_is_not_silent() {
    let world = world().await;
    world.sign_in(ADA).await;
    world.control().advance_clock(7 * 24 * 3600);
    assert_eq!(query(&world.authorize(&[("prompt", "none")]).await)["error"], "login_required");
}

#[tokio::test]
async fn prompt_create_opens_sign_up() {
    let world = world().await;
    assert!(location(&world.authorize(&[("prompt", "create")]).await).ends_with("/sign-up"));
}

#[tokio::test]
async fn organization_switch_keeps_the_session_and_changes_the_organization() {
    let world = world().await;
    let code = world.code_for(GRACE, &[("organization_id", HARBOR)]).await;
    let first = ok_json(world.exchange(&code).await).await;
    assert_eq!(claims_of(&first["access_token"])["oid"], HARBOR);
    assert_eq!(claims_of(&first["access_token"])["roles"][0], "admin");

    // organization_id alone does not switch.
    let code = query(&world.authorize(&[("organization_id", ANALYTICAL)]).await)["code"].clone();
    assert_eq!(claims_of(&ok_json(world.exchange(&code).await).await["access_token"])["oid"], HARBOR);

    let switch = [("organization_id", ANALYTICAL), ("prompt", "select_account")];
    let code = query(&world.authorize(&switch).await)["code"].clone();
    let second = ok_json(world.exchange(&code).await).await;
    let claims = claims_of(&second["access_token"]);
    assert_eq!((&claims["oid"], &claims["roles"][0]), (&ANALYTICAL.into(), &"viewer".into()));
    assert_eq!(claims["sid"], claims_of(&first["access_token"])["sid"]);
    let sessions = world.control().sessions();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].authenticated_organizations, [HARBOR, ANALYTICAL]);

    let denied = query(&world.authorize(&[("organization_id", ORBITAL), ("prompt", "select_account")]).await);
    assert_eq!(denied["error"], "access_denied");
}

#[tokio::test]
async fn select_account_shows_the_chooser_to_a_person_of_several_organizations() {
    let world = world().await;
    let code = world.code_for(GRACE, &[("organization_id", HARBOR)]).await;
    world.exchange(&code).await;
    let page = location(&world.authorize(&[("prompt", "select_account")]).await);
    assert!(page.ends_with("/organization"));
    let back = world.browser.post(&page, &[("organization", ANALYTICAL)]).await;
    assert!(location(&back).starts_with(CALLBACK));
}

#[tokio::test]
async fn selectors_lead_to_the_single_sign_on_and_social_pages() {
    let world = world().await;
    for changes in [
        [("organization_id", ORBITAL)],
        [("domain_hint", "orbital.example")],
        [("domain", "orbital.example")],
        [("login_hint", "anyone@orbital.example")],
        [("connection_id", "conn_103845067215790313")],
    ] {
        let page = location(&world.authorize(&changes).await);
        assert!(page.ends_with("/sso"), "{changes:?} {page}");
        let html = world.browser.get(&page).await.text().await.unwrap();
        assert!(html.contains("Continue as Katherine Johnson") && !html.contains("Ada Lovelace"));
    }
    assert!(location(&world.authorize(&[("provider", "google")]).await).ends_with("/social"));
    assert!(!location(&world.authorize(&[("domain", "sub.orbital.example")]).await).ends_with("/sso"));
}

#[tokio::test]
async fn single_sign_on_names_its_connection_and_only_admits_its_people() {
    let world = world().await;
    let page = location(&world.authorize(&[("organization_id", ORBITAL)]).await);
    let refused = world.browser.post(&page, &[("user", ADA)]).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let back = world.browser.post(&page, &[("user", KATHERINE)]).await;
    let tokens = ok_json(world.exchange(&query(&back)["code"]).await).await;
    assert_eq!(claims_of(&tokens["id_token"])["amr"][0], "conn_103845067215790313");
    assert_eq!(claims_of(&tokens["id_token"])["oid"], ORBITAL);
}

#[tokio::test]
async fn a_request_under_another_host_name_is_refused() {
    let world = world().await;
    let url = format!("{}/oauth/authorize", world.emulator.url());
    let answer = world.browser.client.get(url).header("host", "rebound.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
}
