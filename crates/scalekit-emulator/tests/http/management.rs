//! `/api/v1`

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode, header, redirect::Policy};
use scalekit_emulator::{Endpoint, Fault, SettingsChange};
use serde_json::{Value, json};

use crate::support::{ADA, ALL_SCOPES, ANALYTICAL, GRACE, HARBOR, World, claims_of, ok_json, query, text, world};

async fn machine_token(world: &World) -> String {
    text(&ok_json(world.token(&[("grant_type", "client_credentials")]).await).await, "access_token").to_owned()
}

async fn call_with(world: &World, token: Option<&str>, method: Method, path: &str) -> (u16, Value) {
    let url = format!("{}/api/v1/{path}", world.emulator.url());
    let mut request = world.browser.client.request(method, url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn call(world: &World, method: Method, path: &str) -> (u16, Value) {
    let token = machine_token(world).await;
    call_with(world, Some(&token), method, path).await
}

async fn good(world: &World, method: Method, path: &str) -> Value {
    let (status, body) = call(world, method, path).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// A login of its own; the session's id.
fn begin(world: &World, user: &str, organization: &str) -> String {
    let tokens = json!(world.control().login(user, Some(organization), ALL_SCOPES).unwrap());
    text(&claims_of(&tokens["access_token"]), "sid").to_owned()
}

fn ids(sessions: &Value) -> Vec<&str> {
    sessions.as_array().unwrap().iter().map(|session| text(session, "session_id")).collect()
}

#[tokio::test]
async fn a_session_shows_who_where_when_and_in_which_browser() {
    let mut world = world().await;
    let user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
    let headers = header::HeaderMap::from_iter([(header::USER_AGENT, user_agent.parse().unwrap())]);
    world.browser.client =
        reqwest::Client::builder().redirect(Policy::none()).no_proxy().default_headers(headers).build().unwrap();
    let tokens = world.sign_in(ADA).await;
    let claims = claims_of(&tokens["access_token"]);
    let session = good(&world, Method::GET, &format!("sessions/{}", text(&claims, "sid"))).await;
    assert_eq!(session["session_id"], claims["sid"]);
    assert_eq!((text(&session, "user_id"), text(&session, "organization_id")), (ADA, ANALYTICAL));
    assert_eq!(session["authenticated_organizations"], json!([ANALYTICAL]));
    let client = json!([{ "client_id": "skc_emulator", "organization_id": ANALYTICAL }]);
    assert_eq!((text(&session, "status"), &session["authenticated_clients"]), ("ACTIVE", &client));
    for time in ["created_at", "updated_at", "last_active_at", "idle_expires_at", "absolute_expires_at"] {
        assert!(text(&session, time).starts_with("20") && text(&session, time).ends_with('Z'), "{time}");
    }
    assert_eq!((text(&session, "expired_at"), text(&session, "logout_at")), ("", ""));
    let device = &session["device"];
    assert_eq!((text(device, "browser"), text(device, "browser_version")), ("Firefox", "133.0"));
    assert_eq!((text(device, "os"), text(device, "os_version"), text(device, "device_type")), ("Linux", "", "desktop"));
    assert_eq!((text(device, "ip"), text(device, "user_agent")), ("127.0.0.1", user_agent));
    let location = json!({
        "city": "London", "region": "GB", "region_subdivision": "ENG", "latitude": "51.5074", "longitude": "-0.1278",
    });
    assert_eq!(device["location"], location);
}

#[tokio::test]
async fn a_long_user_agent_is_cut() {
    let world = world().await;
    let page = crate::support::location(&world.authorize(&[]).await);
    let request = world.browser.client.post(format!("{page}/person")).form(&[("user", ADA)]);
    request.header(header::USER_AGENT, "x".repeat(600)).send().await.unwrap();
    let sid = world.control().sessions().remove(0).sid;
    let session = good(&world, Method::GET, &format!("sessions/{sid}")).await;
    assert_eq!(text(&session["device"], "user_agent"), "x".repeat(512));
}

#[tokio::test]
async fn the_status_says_how_a_session_ended() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let left = text(&claims_of(&tokens["access_token"]), "sid").to_owned();
    world.browser.get(&format!("/oidc/logout?id_token_hint={}", text(&tokens, "id_token"))).await;
    let revoked = begin(&world, ADA, ANALYTICAL);
    world.control().end_session(&revoked);
    let expired = begin(&world, ADA, ANALYTICAL);
    world.control().advance_clock(7 * 24 * 3600);
    for (sid, status, set, unset) in [
        (left, "LOGOUT", "logout_at", "expired_at"),
        (revoked, "REVOKED", "expired_at", "logout_at"),
        (expired, "EXPIRED", "expired_at", "logout_at"),
    ] {
        let session = good(&world, Method::GET, &format!("sessions/{sid}")).await;
        assert_eq!((text(&session, "status"), text(&session, unset)), (status, ""));
        assert_eq!(session[set], session["updated_at"], "{status}");
        // Revoking what has ended changes nothing.
        let again = good(&world, Method::POST, &format!("sessions/{sid}/revoke")).await;
        assert_eq!(again["revoked_session"]["status"], status);
    }
}

#[tokio::test]
async fn revoking_ends_the_session_and_its_refresh_tokens() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let sid = text(&claims_of(&tokens["access_token"]), "sid").to_owned();
    let answer = good(&world, Method::POST, &format!("sessions/{sid}/revoke")).await;
    let members: BTreeSet<&str> = answer["revoked_session"].as_object().unwrap().keys().map(String::as_str).collect();
    let documented = [
        "session_id",
        "user_id",
        "status",
        "created_at",
        "updated_at",
        "last_active_at",
        "idle_expires_at",
        "absolute_expires_at",
        "expired_at",
        "logout_at",
    ];
    assert_eq!(members, BTreeSet::from(documented));
    assert_eq!(answer["revoked_session"]["status"], "REVOKED");
    assert_eq!(world.refresh(text(&tokens, "refresh_token")).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(query(&world.authorize(&[("prompt", "none")]).await)["error"], "login_required");
}

#[tokio::test]
async fn revoking_all_touches_live_sessions_of_the_person_only() {
    let world = world().await;
    let old = begin(&world, ADA, ANALYTICAL);
    world.control().end_session(&old);
    let (first, second) = (begin(&world, ADA, ANALYTICAL), begin(&world, ADA, ANALYTICAL));
    begin(&world, GRACE, HARBOR);
    let answer = good(&world, Method::POST, &format!("users/{ADA}/sessions/revoke")).await;
    assert_eq!((ids(&answer["revoked_sessions"]), &answer["total_revoked"]), (vec![&*first, &*second], &json!(2)));
    assert_eq!(world.control().state().live_sessions, 1);
    let again = good(&world, Method::POST, &format!("users/{ADA}/sessions/revoke")).await;
    assert_eq!(again, json!({ "revoked_sessions": [], "total_revoked": 0 }));
}

#[tokio::test]
async fn sessions_are_listed_newest_first_page_by_page_in_both_directions() {
    let world = world().await;
    let mut all: Vec<String> = (0..12).map(|_| begin(&world, ADA, ANALYTICAL)).collect();
    all.reverse();
    begin(&world, GRACE, HARBOR);
    let list = async |query: String| good(&world, Method::GET, &format!("users/{ADA}/sessions?{query}")).await;

    let usual = list(String::new()).await;
    assert_eq!(
        (ids(&usual["sessions"]), &usual["total_size"]),
        (all[..10].iter().map(|id| &**id).collect(), &json!(12))
    );
    let first = list("page_size=5".into()).await;
    assert_eq!(
        (ids(&first["sessions"]), text(&first, "prev_page_token")),
        (all[..5].iter().map(|id| &**id).collect(), "")
    );
    // A session that begins meanwhile moves no page.
    begin(&world, ADA, ANALYTICAL);
    let second = list(format!("page_size=5&page_token={}", text(&first, "next_page_token"))).await;
    assert_eq!(ids(&second["sessions"]), all[5..10]);
    let third = list(format!("page_size=5&page_token={}", text(&second, "next_page_token"))).await;
    assert_eq!(
        (ids(&third["sessions"]), text(&third, "next_page_token")),
        (all[10..].iter().map(|id| &**id).collect(), "")
    );
    let back = list(format!("page_size=5&page_token={}", text(&second, "prev_page_token"))).await;
    assert_eq!(back["sessions"], first["sessions"]);
    let newest = list(format!("page_size=5&page_token={}", text(&back, "prev_page_token"))).await;
    assert_eq!((newest["sessions"].as_array().unwrap().len(), text(&newest, "prev_page_token")), (1, ""));
}

#[tokio::test]
async fn sessions_are_filtered_by_any_of_the_statuses_in_any_letter_case() {
    let world = world().await;
    let (revoked, live) = (begin(&world, ADA, ANALYTICAL), begin(&world, ADA, ANALYTICAL));
    world.control().end_session(&revoked);
    for (query, expected) in [
        ("filter.status=active", vec![&*live]),
        ("filter.status=REVOKED", vec![&*revoked]),
        ("filter.status=Logout", vec![]),
        ("filter.status=Active&filter.status=revoked", vec![&*live, &*revoked]),
    ] {
        let answer = good(&world, Method::GET, &format!("users/{ADA}/sessions?{query}")).await;
        assert_eq!((ids(&answer["sessions"]), &answer["total_size"]), (expected.clone(), &json!(expected.len())));
    }
    let (status, error) = call(&world, Method::GET, &format!("users/{ADA}/sessions?filter.status=new")).await;
    assert_eq!((status, &error["code"]), (400, &json!(3)));
}

#[tokio::test]
async fn only_the_applications_own_token_is_let_in() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let logout_token = world.control().logout_token(&world.control().sessions()[0].sid).unwrap();
    let path = format!("users/{ADA}/sessions");
    let wrong = [text(&tokens, "access_token"), text(&tokens, "id_token"), &logout_token, "garbage", ""];
    for token in wrong.into_iter().map(Some).chain([None]) {
        let (status, error) = call_with(&world, token, Method::GET, &path).await;
        assert_eq!((status, &error["code"]), (401, &json!(16)), "{token:?}");
        assert_eq!(error["details"][0]["error_code"], "UNAUTHENTICATED");
        assert!(error["message"].is_string());
    }
    let token = machine_token(&world).await;
    assert_eq!(call_with(&world, Some(&token), Method::GET, &path).await.0, 200);
    world.control().change_settings(SettingsChange { management_api: Some(false), ..SettingsChange::default() });
    let (status, error) = call_with(&world, Some(&token), Method::GET, &path).await;
    assert_eq!((status, &error["code"]), (403, &json!(7)));
    world.control().advance_clock(86_400);
    assert_eq!(call_with(&world, Some(&token), Method::GET, &path).await.0, 401);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = world().await;
    for (method, path) in [
        (Method::GET, "sessions/ses_1".to_owned()),
        (Method::POST, "sessions/ses_1/revoke".to_owned()),
        (Method::GET, "users/usr_1/sessions".to_owned()),
        (Method::POST, "users/usr_1/sessions/revoke".to_owned()),
        (Method::DELETE, "users/usr_1".to_owned()),
        (Method::DELETE, format!("memberships/organizations/{HARBOR}/users/{ADA}")),
        (Method::GET, "organizations".to_owned()),
    ] {
        let (status, error) = call(&world, method, &path).await;
        assert_eq!((status, &error["code"]), (404, &json!(5)), "{path}");
    }
    let state = world.control().state();
    assert_eq!((state.calls_of(Endpoint::Management), state.outcomes_of("management.not_found")), (7, 7));
}

#[tokio::test]
async fn a_deleted_membership_ends_the_sessions_there_and_leaves_the_others() {
    let world = world().await;
    let (there, elsewhere) = (begin(&world, GRACE, HARBOR), begin(&world, GRACE, ANALYTICAL));
    let path = format!("memberships/organizations/{HARBOR}/users/{GRACE}");
    assert_eq!(good(&world, Method::DELETE, &path).await, json!({}));
    assert_eq!(good(&world, Method::GET, &format!("sessions/{there}")).await["status"], "REVOKED");
    assert_eq!(good(&world, Method::GET, &format!("sessions/{elsewhere}")).await["status"], "ACTIVE");
    // She is a member of one organization now, and is not asked.
    let claims = claims_of(&world.sign_in(GRACE).await["access_token"]);
    assert_eq!(claims["oid"], ANALYTICAL);
}

#[tokio::test]
async fn a_deleted_person_is_signed_out_and_can_not_come_back() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let page = crate::support::location(&world.authorize(&[("prompt", "login")]).await);
    assert_eq!(good(&world, Method::DELETE, &format!("users/{ADA}")).await, json!({}));
    assert_eq!(world.refresh(text(&tokens, "refresh_token")).await.status(), StatusCode::BAD_REQUEST);
    let click = world.browser.post(&format!("{page}/person"), &[("user", ADA)]).await;
    assert_eq!(click.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(call(&world, Method::GET, &format!("users/{ADA}/sessions")).await.0, 404);
}

#[tokio::test]
async fn a_person_without_an_organization_is_denied() {
    let world = world().await;
    good(&world, Method::DELETE, &format!("memberships/organizations/{ANALYTICAL}/users/{ADA}")).await;
    let page = crate::support::location(&world.authorize(&[]).await);
    let back = world.browser.post(&format!("{page}/person"), &[("user", ADA)]).await;
    assert_eq!(query(&back)["error"], "access_denied");
}

#[tokio::test]
async fn calls_are_counted_and_can_fail() {
    let world = world().await;
    let sid = begin(&world, ADA, ANALYTICAL);
    world.control().add_fault(Fault::status(Endpoint::Management, 429).with_retry_after(3));
    let (status, error) = call(&world, Method::POST, &format!("sessions/{sid}/revoke")).await;
    assert_eq!((status, &error["code"]), (429, &json!(8)));
    assert_eq!(world.control().state().live_sessions, 1);
    good(&world, Method::POST, &format!("sessions/{sid}/revoke")).await;
    let state = world.control().state();
    assert_eq!((state.calls_of(Endpoint::Management), state.outcomes_of("management.session_revoked")), (2, 1));
    assert_eq!(state.outcomes_of("fault.management"), 1);
}
