//! The management API against a server on loopback: what is sent, good answers, bad ones and none.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::error::UnavailableReason;
use crate::testing::{Answer, Server, config, config_for};

const NOW: i64 = 1_800_000_000;

fn client(server: &Server) -> Client {
    Client::new(config_for(&server.url)).unwrap()
}

fn token(name: &str, expires_in: &Value) -> Answer {
    Answer::json(200, &json!({ "access_token": name, "token_type": "Bearer", "expires_in": expires_in }))
}

/// A server that gives out a token for a day first.
async fn server(answers: impl IntoIterator<Item = Answer>) -> Server {
    Server::start([token("tkn-1", &json!(86399))].into_iter().chain(answers)).await
}

fn session(id: &str, status: &str) -> Value {
    json!({
        "session_id": id, "user_id": "usr_1", "organization_id": "org_1", "authenticated_organizations": ["org_1"],
        "status": status, "created_at": "2025-12-09T12:04:41.47Z", "updated_at": "",
        "last_active_at": "2025-12-09T12:04:41.473087123Z", "idle_expires_at": "2025-12-16T12:04:41Z",
        "absolute_expires_at": "2026-01-08T14:04:41+02:00", "expired_at": null,
        "device": {
            "browser": "Chrome", "browser_version": "120.0", "os": "macOS", "device_type": "Desktop", "ip": "192.0.2.1",
            "location": { "city": "Berlin", "region": "", "latitude": "52.5" },
        },
    })
}

fn sessions(sessions: &[Value], next: &Value) -> Answer {
    Answer::json(200, &json!({ "sessions": sessions, "next_page_token": next, "prev_page_token": "", "total_size": 1 }))
}

fn ids(sessions: &[ProviderSession]) -> Vec<&str> {
    sessions.iter().map(|session| &*session.session_id).collect()
}

/// The first lines of all requests, without the token request and the protocol.
fn calls(server: &Server) -> Vec<String> {
    let line = |request: &String| request.lines().next().unwrap().replace(" HTTP/1.1", "");
    server.requests().iter().map(line).filter(|line| line != "POST /oauth/token").collect()
}

fn token_calls(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.starts_with("POST /oauth/token")).count()
}

// ---- what is sent and read ----

#[tokio::test]
async fn a_session_is_read_whole() {
    let server = server([Answer::json(200, &session("ses_1", "ACTIVE"))]).await;
    let session = client(&server).management().session("ses_1", NOW).await.unwrap().unwrap();
    assert_eq!((&*session.session_id, &*session.user_id), ("ses_1", "usr_1"));
    assert_eq!((session.organization_id.as_deref(), session.status), (Some("org_1"), ProviderSessionStatus::Active));
    assert_eq!((session.created_at, session.last_active_at), (Some(1_765_281_881), Some(1_765_281_881)));
    assert_eq!(session.idle_expires_at, Some(1_765_281_881 + 7 * 86400));
    assert_eq!(session.absolute_expires_at, Some(1_765_281_881 + 30 * 86400));
    let device = session.device.clone().unwrap();
    assert_eq!((device.browser.as_deref(), device.os.as_deref()), (Some("Chrome"), Some("macOS")));
    assert_eq!((device.city.as_deref(), device.region), (Some("Berlin"), None));
    assert_eq!(format!("{session:?}"), "ProviderSession { status: Active, .. }");

    let [_, request] = &server.requests()[..] else { panic!("a token request and a call") };
    let head = request.to_ascii_lowercase();
    assert!(head.starts_with("get /api/v1/sessions/ses_1 http/1.1"), "{head}");
    assert!(head.contains("\r\nauthorization: bearer tkn-1\r\n"), "{head}");
    assert!(!head.contains("secret"), "{head}");
}

#[tokio::test]
async fn what_is_unset_or_odd_does_not_cost_the_session() {
    for (more, device) in [
        (json!({}), false),
        (json!({ "device": null, "organization_id": "", "created_at": "" }), false),
        (json!({ "device": 7, "organization_id": 7, "created_at": "yesterday", "status": 7 }), false),
        (json!({ "device": { "location": null, "browser": "" }, "status": "frozen", "created_at": 1 }), true),
    ] {
        let mut bare = json!({ "session_id": "ses_1", "user_id": "usr_1" });
        bare.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let server = server([Answer::json(200, &bare)]).await;
        let session = client(&server).management().session("ses_1", NOW).await.unwrap().unwrap();
        assert_eq!((session.organization_id, session.created_at), (None, None));
        assert_eq!((session.status, session.device.is_some()), (ProviderSessionStatus::Unknown, device));
    }
}

#[tokio::test]
async fn statuses_are_compared_without_case() {
    for (text, status) in [
        ("active", ProviderSessionStatus::Active),
        ("Expired", ProviderSessionStatus::Expired),
        ("REVOKED", ProviderSessionStatus::Revoked),
        ("logout", ProviderSessionStatus::LoggedOut),
    ] {
        let server = server([Answer::json(200, &session("ses_1", text))]).await;
        assert_eq!(client(&server).management().session("ses_1", NOW).await.unwrap().unwrap().status, status);
    }
}

#[tokio::test]
async fn what_is_no_session_is_unreadable() {
    let not_one = ManagementError::Unreadable("not a session");
    for body in [json!({}), json!([]), json!(null), json!({ "session_id": "ses_1" }), json!({ "user_id": "usr_1" })] {
        let server = server([Answer::json(200, &body)]).await;
        let error = client(&server).management().session("ses_1", NOW).await.unwrap_err();
        assert_eq!(error, not_one, "{body}");
    }
    let server = server([Answer::Full(200, "", b"<html>".to_vec())]).await;
    let error = client(&server).management().session("ses_1", NOW).await.unwrap_err();
    assert_eq!(error, ManagementError::Unreadable("the answer is not JSON"));
}

#[tokio::test]
async fn revoking_posts_and_says_whether_there_was_such_a_session() {
    let missing = json!({ "code": 5, "message": "session not found" });
    let server = server([
        Answer::json(200, &json!({ "revoked_session": { "session_id": "ses_1" } })),
        Answer::json(404, &missing),
        Answer::json(404, &missing),
    ])
    .await;
    let client = client(&server);
    assert_eq!(client.management().revoke_session("ses_1", NOW).await, Ok(true));
    assert_eq!(client.management().revoke_session("ses_2", NOW).await, Ok(false));
    assert_eq!(client.management().session("ses_2", NOW).await, Ok(None));
    let revoke = |id| format!("POST /api/v1/sessions/{id}/revoke");
    assert_eq!(calls(&server), [revoke("ses_1"), revoke("ses_2"), "GET /api/v1/sessions/ses_2".to_owned()]);
}

// ---- identifiers ----

#[tokio::test]
async fn an_identifier_stays_one_path_segment() {
    for (id, path) in [
        ("../users", "..%2Fusers"),
        ("a/b\\c", "a%2Fb%5Cc"),
        ("%2e%2e", "%252e%252e"),
        ("%", "%25"),
        ("a?b#c", "a%3Fb%23c"),
        ("a\r\nb\tc d", "a%0D%0Ab%09c%20d"),
        ("é;:@&=+$,", "%C3%A9%3B%3A%40%26%3D%2B%24%2C"),
        ("...", "..."),
    ] {
        let server = server([Answer::json(404, &"{}"), Answer::json(404, &"{}"), Answer::json(404, &"{}")]).await;
        let client = client(&server);
        assert_eq!(client.management().session(id, NOW).await, Ok(None));
        assert_eq!(client.management().revoke_session(id, NOW).await, Ok(false));
        assert_eq!(client.management().sessions_of(id, NOW).await, Ok(Vec::new()));
        let [get, post, list] = &calls(&server)[..] else { panic!("three calls") };
        assert_eq!(*get, format!("GET /api/v1/sessions/{path}"));
        assert_eq!(*post, format!("POST /api/v1/sessions/{path}/revoke"));
        assert!(list.starts_with(&format!("GET /api/v1/users/{path}/sessions?")), "{list}");
    }
}

#[tokio::test]
async fn an_identifier_that_cant_be_one_is_not_sent() {
    let server = server([]).await;
    let client = client(&server);
    let long = "x".repeat(256);
    for id in ["", ".", "..", &long] {
        assert_eq!(client.management().session(id, NOW).await, Err(ManagementError::InvalidId));
        assert_eq!(client.management().revoke_session(id, NOW).await, Err(ManagementError::InvalidId));
        assert_eq!(client.management().sessions_of(id, NOW).await, Err(ManagementError::InvalidId));
    }
    assert!(server.requests().is_empty());
}

#[test]
fn no_identifier_leaves_its_path_segment() {
    // One client for all of them: it reads the system's certificates.
    let client = Client::new(config()).unwrap();
    proptest!(|(id in "(?s).{0,20}|[./%2eE\\\\]{1,6}")| {
        if let Ok(url) = client.management().url(&["sessions", &id, "revoke"]) {
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert!(matches!(segments[..], ["api", "v1", "sessions", _, "revoke"]), "{}", url);
            prop_assert!(url.query().is_none() && url.fragment().is_none());
        }
    });
}

// ---- lists ----

#[tokio::test]
async fn all_pages_are_read_and_ended_sessions_left_out() {
    let server = server([
        sessions(&[session("ses_1", "ACTIVE"), session("ses_2", "expired")], &json!("p=2&x")),
        sessions(&[], &json!("p3")),
        sessions(&[session("ses_3", "active"), session("ses_4", "")], &json!("")),
    ])
    .await;
    let found = client(&server).management().sessions_of("usr_1", NOW).await.unwrap();
    assert_eq!(ids(&found), ["ses_1", "ses_3"]);
    let first = "GET /api/v1/users/usr_1/sessions?page_size=100&filter.status=ACTIVE";
    assert_eq!(
        calls(&server),
        [first.to_owned(), format!("{first}&page_token=p%3D2%26x"), format!("{first}&page_token=p3")]
    );
}

#[tokio::test]
async fn a_list_without_sessions_is_empty() {
    for body in [json!({}), json!({ "sessions": null, "next_page_token": null }), json!({ "sessions": [] })] {
        let server = server([Answer::json(200, &body)]).await;
        assert_eq!(client(&server).management().sessions_of("usr_1", NOW).await, Ok(Vec::new()), "{body}");
    }
}

#[tokio::test]
async fn a_list_that_goes_in_circles_is_refused() {
    for tokens in [vec!["a", "a"], vec!["a", "b", "a"]] {
        let server = server(tokens.iter().map(|next| sessions(&[session("ses_1", "ACTIVE")], &json!(next)))).await;
        let error = client(&server).management().sessions_of("usr_1", NOW).await.unwrap_err();
        assert_eq!(error, ManagementError::Unreadable("the list of sessions goes in circles"));
        assert_eq!(calls(&server).len(), tokens.len());
    }
}

#[tokio::test]
async fn a_list_without_end_is_left_after_ten_pages() {
    let server =
        server((0..12).map(|page| sessions(&[session(&format!("ses_{page}"), "ACTIVE")], &json!(page.to_string()))))
            .await;
    assert_eq!(client(&server).management().sessions_of("usr_1", NOW).await.unwrap().len(), 10);
    assert_eq!(calls(&server).len(), 10);
}

#[tokio::test]
async fn a_list_with_a_bad_page_or_entry_is_no_list() {
    for bad in [
        Answer::json(200, &json!({ "sessions": {} })),
        Answer::json(200, &json!({ "sessions": [session("ses_2", "ACTIVE"), null] })),
        Answer::json(200, &json!([])),
        Answer::json(503, &"{}"),
    ] {
        let server = server([sessions(&[session("ses_1", "ACTIVE")], &json!("2")), bad]).await;
        assert!(client(&server).management().sessions_of("usr_1", NOW).await.is_err());
    }
}

// ---- the token ----

#[tokio::test]
async fn a_token_is_kept_until_a_minute_before_it_ends() {
    let gone = Answer::json(404, &"{}");
    let server =
        Server::start([token("tkn-1", &json!(3600)), gone.clone(), gone.clone(), token("tkn-2", &json!(3600)), gone])
            .await;
    let client = client(&server);
    client.management().session("ses_1", NOW).await.unwrap();
    client.clone().management().session("ses_1", NOW + 3539).await.unwrap();
    assert_eq!(token_calls(&server), 1);
    client.management().session("ses_1", NOW + 3540).await.unwrap();
    assert_eq!(token_calls(&server), 2);
    assert!(server.requests().last().unwrap().contains("tkn-2"));
}

#[tokio::test]
async fn a_lifetime_below_the_margin_or_none_still_makes_a_token() {
    let gone = Answer::json(404, &"{}");
    for (lifetime, kept_after) in
        [(json!(30), None), (json!(0), None), (json!(null), Some(239)), (json!(u64::MAX), Some(1 << 40))]
    {
        let once = [token("tkn-1", &lifetime), gone.clone()];
        let server = Server::start(once.clone().into_iter().chain(once)).await;
        let client = client(&server);
        assert_eq!(client.management().session("ses_1", NOW).await, Ok(None));
        if let Some(later) = kept_after {
            assert_eq!(client.management_token(NOW + later).await.map(drop), Ok(()));
            assert_eq!(token_calls(&server), 1, "{lifetime}");
        } else {
            assert_eq!(client.management().session("ses_1", NOW).await, Ok(None));
            assert_eq!(token_calls(&server), 2, "{lifetime}");
        }
    }
}

#[tokio::test]
async fn fifty_callers_at_once_make_one_token_request() {
    for lifetime in [json!(3600), json!(30)] {
        let server = Server::start([token("tkn-1", &lifetime), Answer::json(404, &"{}")]).await;
        let client = client(&server);
        let all = (0..50).map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.management().session("ses_1", NOW).await })
        });
        for one in all.collect::<Vec<_>>() {
            assert_eq!(one.await.unwrap(), Ok(None));
        }
        assert_eq!((token_calls(&server), calls(&server).len()), (1, 50));
    }
}

#[tokio::test]
async fn callers_share_a_failed_token_request_and_the_next_one_asks_again() {
    let server = Server::start([Answer::Full(503, "retry-after: 7\r\n", Vec::new())]).await;
    let client = client(&server);
    let all: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.management().session("ses_1", NOW).await })
        })
        .collect();
    let down = ManagementError::Unavailable {
        reason: UnavailableReason::Status(503),
        retry_after: Some(Duration::from_secs(7)),
    };
    for one in all {
        assert_eq!(one.await.unwrap(), Err(down.clone()));
    }
    assert_eq!(token_calls(&server), 1);
    assert_eq!(client.management().session("ses_1", NOW).await, Err(down));
    assert_eq!(token_calls(&server), 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let refused = Answer::json(401, &json!({ "code": 16, "message": "Token empty" }));
    let server =
        server([refused.clone(), token("tkn-2", &json!(3600)), Answer::json(200, &session("ses_1", "ACTIVE"))]).await;
    let client = client(&server);
    assert!(client.management().session("ses_1", NOW).await.unwrap().is_some());
    assert_eq!((token_calls(&server), calls(&server).len()), (2, 2));
    assert!(server.requests().last().unwrap().contains("tkn-2"));

    let stubborn = self::server([refused.clone(), token("tkn-2", &json!(3600)), refused]).await;
    let error = self::client(&stubborn).management().session("ses_1", NOW).await.unwrap_err();
    assert!(matches!(&error, ManagementError::Misconfigured { code, .. } if code == "unauthenticated"), "{error}");
    assert_eq!((token_calls(&stubborn), calls(&stubborn).len()), (2, 2));
}

#[tokio::test]
async fn a_token_that_is_newer_than_the_refused_one_is_kept() {
    let server = Server::start([token("tkn-1", &json!(3600)), token("tkn-2", &json!(3600))]).await;
    let client = client(&server);
    let old = client.management_token(NOW).await.unwrap();
    client.forget_management_token(&old);
    client.management_token(NOW).await.unwrap();
    client.forget_management_token(&old);
    client.management_token(NOW).await.unwrap();
    assert_eq!(token_calls(&server), 2);
}

#[tokio::test]
async fn an_application_with_wrong_credentials_is_misconfigured() {
    for (name, status) in [("invalid_client", 401), ("invalid_grant", 400)] {
        let server = Server::start([Answer::json(status, &json!({ "error": name }))]).await;
        let error = client(&server).management().session("ses_1", NOW).await.unwrap_err();
        assert!(matches!(&error, ManagementError::Misconfigured { code, .. } if code == name), "{error}");
    }
}

#[tokio::test]
async fn an_application_that_gets_no_token_for_the_api_is_not_allowed_and_not_misconfigured() {
    let bodies = ["unauthorized_client", "unsupported_grant_type", "access_denied", "invalid_scope"]
        .map(|name| json!({ "error": name, "error_description": "no access" }));
    for body in bodies.into_iter().chain([json!({ "code": 7, "message": "no access" })]) {
        let server = Server::start([Answer::json(400, &body)]).await;
        let error = client(&server).management().session("ses_1", NOW).await.unwrap_err();
        let ManagementError::Forbidden { description: Some(description) } = error else { panic!("{body}: {error}") };
        assert_eq!(description.as_str(), "no access");
    }
}

// ---- bad answers ----

#[tokio::test]
async fn refusals_are_sorted_by_what_to_do() {
    let unavailable = |reason, seconds: Option<u64>| ManagementError::Unavailable {
        reason,
        retry_after: seconds.map(Duration::from_secs),
    };
    let rejected = |code: &str| ManagementError::Rejected { code: code.to_owned(), description: None };
    for (answer, error) in [
        (Answer::json(403, &json!({ "code": 7 })), ManagementError::Forbidden { description: None }),
        (Answer::Full(403, "", b"<html>".to_vec()), ManagementError::Forbidden { description: None }),
        (Answer::json(400, &json!({ "code": 3 })), rejected("invalid_argument")),
        (Answer::json(409, &"{}"), rejected("http_409")),
        (Answer::json(400, &json!({ "code": 8 })), unavailable(UnavailableReason::RateLimited, None)),
        (Answer::Full(429, "retry-after: 7\r\n", b"{}".to_vec()), unavailable(UnavailableReason::RateLimited, Some(7))),
        (
            Answer::Full(503, "retry-after: 99999\r\n", Vec::new()),
            unavailable(UnavailableReason::Status(503), Some(300)),
        ),
        (Answer::json(500, &json!({ "code": 7 })), unavailable(UnavailableReason::Status(500), None)),
        (Answer::json(408, &"{}"), unavailable(UnavailableReason::Status(408), None)),
        (Answer::json(202, &"{}"), unavailable(UnavailableReason::Status(202), None)),
    ] {
        let server = server([answer]).await;
        assert_eq!(client(&server).management().revoke_session("ses_1", NOW).await, Err(error));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_goes_nowhere_else() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::start([Answer::json(200, &session("ses_1", "ACTIVE"))]).await;
        let location: &'static str = format!("location: {}/api/v1/sessions/ses_1\r\n", elsewhere.url).leak();
        let server = server([Answer::Full(status, location, Vec::new())]).await;
        let error = client(&server).management().session("ses_1", NOW).await.unwrap_err();
        let redirect = UnavailableReason::Redirect(status);
        assert_eq!(error, ManagementError::Unavailable { reason: redirect, retry_after: None });
        assert!(elsewhere.requests().is_empty());
    }
}

#[tokio::test]
async fn an_answer_of_a_megabyte_is_read_and_a_longer_one_cut_off() {
    let padded = |length: usize| {
        let mut body = session("ses_1", "ACTIVE").to_string().into_bytes();
        body.resize(length, b' ');
        Answer::Full(200, "", body)
    };
    let server = server([padded(MAX_BODY), padded(MAX_BODY + 1), Answer::Endless]).await;
    let client = client(&server);
    assert!(client.management().session("ses_1", NOW).await.is_ok());
    for _ in 0..2 {
        let error = client.management().session("ses_1", NOW).await.unwrap_err();
        assert_eq!(error, ManagementError::Unavailable { reason: UnavailableReason::TooLarge, retry_after: None });
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_within_the_limit() {
    let server = server([Answer::Hang]).await;
    let config = config_for(&server.url).with_timeouts(Duration::from_secs(3), Duration::from_millis(300));
    let error = Client::new(config).unwrap().management().session("ses_1", NOW).await.unwrap_err();
    assert_eq!(error, ManagementError::Unavailable { reason: UnavailableReason::Timeout, retry_after: None });
}

#[tokio::test]
async fn no_text_holds_a_token_a_secret_or_a_person() {
    let message = format!("no session of ada@example.com for {}", "f".repeat(40));
    for status in [400, 401, 403] {
        let refused = Answer::json(status, &json!({ "code": 3, "message": message }));
        let server = server([refused.clone(), token("tkn-1", &json!(9)), refused]).await;
        let client = client(&server);
        let error = client.management().session("ses_1", NOW).await.unwrap_err();
        let shown = format!("{error} {error:?} {client:?}");
        for private in ["ada", "fff", "tkn-1", "test_secret"] {
            assert!(!shown.contains(private), "{shown}");
        }
    }
}
