//! The client against a server on loopback: good answers, bad ones and none.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::authorize::{LoginRequest, LoginSecrets};
use crate::callback::CallbackQuery;
use crate::error::UnavailableReason;
use crate::testing::{Answer, KEY_A, KEY_B, Server, TestKey, config_for};

const NOW: i64 = 1_800_000_000;

fn client(server: &Server) -> Client {
    client_with_total(server, Duration::from_secs(10))
}

fn client_with_total(server: &Server, total: Duration) -> Client {
    let config = config_for(&server.url).with_timeouts(Duration::from_secs(3), total).with_token_timeout(total);
    Client::new(config).unwrap()
}

fn code(client: &Client) -> AuthorizationCode {
    let redirect_uri = Url::parse("https://app.example.com/auth/callback").unwrap();
    let (_, pending) = LoginRequest::default().begin(client.config(), &redirect_uri, LoginSecrets::generate().unwrap());
    let query = format!("code=the-code&state={}", pending.state());
    CallbackQuery::parse(&query).unwrap().into_code(pending, client.config()).unwrap()
}

fn keys(keys: &[&TestKey]) -> Answer {
    Answer::json(200, &json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() }))
}

fn claims(server: &Server, more: Value) -> Value {
    let mut claims = json!({
        "iss": server.url, "aud": ["skc_1"], "sub": "usr_1", "sid": "ses_1", "oid": "org_1", "iat": NOW, "exp": NOW + 300,
    });
    let Value::Object(more) = more else { panic!("more claims are an object") };
    claims.as_object_mut().unwrap().extend(more);
    claims
}

fn access_token(server: &Server, key: &TestKey) -> String {
    key.sign(&claims(server, json!({ "jti": "tkn_1", "nbf": NOW })))
}

fn tokens(access: &str, id: Option<&str>) -> TokenSet {
    TokenSet {
        access_token: SecretString::from(access),
        id_token: id.map(SecretString::from),
        refresh_token: None,
        expires_in: None,
        scope: None,
    }
}

fn session() -> SessionIdentity {
    SessionIdentity { sub: "usr_1".to_owned(), sid: "ses_1".to_owned() }
}

async fn refresh(client: &Client) -> Result<TokenSet, Error> {
    client.refresh(&SecretString::from("rt_secret")).await
}

fn reason<T>(result: Result<T, Error>) -> Option<UnavailableReason> {
    match result {
        Err(Error::Unavailable { reason, .. }) => Some(reason),
        _ => None,
    }
}

fn is_garbage<T>(result: Result<T, Error>) -> bool {
    matches!(reason(result), Some(UnavailableReason::Garbage(_)))
}

// ---- what is sent ----

#[tokio::test]
async fn exchange_posts_code_verifier_and_credentials_in_the_body() {
    let server = Server::start([Answer::json(200, &json!({ "access_token": "a", "token_type": "Bearer" }))]).await;
    let client = client(&server);
    let code = code(&client);
    client.exchange(&code).await.unwrap();
    let [request] = &server.requests()[..] else { panic!("one request") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /oauth/token http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert!(head.contains(concat!("user-agent: scalekit-rust/", env!("CARGO_PKG_VERSION"))), "{head}");
    assert!(!head.contains("authorization"), "{head}");
    let expected = format!(
        "grant_type=authorization_code&code=the-code&redirect_uri=https%3A%2F%2Fapp.example.com%2Fauth%2Fcallback\
         &code_verifier={}&client_id=skc_1&client_secret=test_secret",
        code.verifier
    );
    assert_eq!(body, expected);
}

#[tokio::test]
async fn refresh_and_client_credentials_send_their_own_fields_only() {
    let server = Server::start([Answer::json(200, &json!({ "access_token": "a", "token_type": "Bearer" }))]).await;
    let client = client(&server);
    refresh(&client).await.unwrap();
    client.client_credentials(None).await.unwrap();
    client.client_credentials(Some("a b")).await.unwrap();
    let bodies: Vec<_> =
        server.requests().iter().map(|request| request.split_once("\r\n\r\n").unwrap().1.to_owned()).collect();
    assert_eq!(
        bodies,
        [
            "grant_type=refresh_token&refresh_token=rt_secret&client_id=skc_1&client_secret=test_secret",
            "grant_type=client_credentials&client_id=skc_1&client_secret=test_secret",
            "grant_type=client_credentials&scope=a+b&client_id=skc_1&client_secret=test_secret",
        ]
    );
}

// ---- bad answers ----

#[tokio::test]
async fn a_server_that_hangs_or_drips_is_given_up_within_the_limit() {
    for answer in [Answer::Hang, Answer::Drip] {
        let server = Server::start([answer]).await;
        // Long enough for the request to arrive, on a busy machine too.
        let client = client_with_total(&server, Duration::from_millis(1500));
        let begun = std::time::Instant::now();
        assert_eq!(reason(refresh(&client).await), Some(UnavailableReason::Timeout));
        assert!(begun.elapsed() < Duration::from_secs(15));
        assert_eq!(server.requests().len(), 1, "nothing is sent twice");
    }
}

#[tokio::test]
async fn token_calls_for_people_have_a_limit_of_their_own_and_nothing_else_has_it() {
    // Each is answered well after the limit of the other calls.
    let server = Server::start([Answer::Late(Box::new(Answer::json(
        200,
        &json!({ "access_token": "a", "token_type": "Bearer" }),
    )))])
    .await;
    let (short, long) = (Duration::from_millis(500), Duration::from_secs(60));
    let config = config_for(&server.url).with_timeouts(short, short).with_token_timeout(long);
    let client = Client::new(config).unwrap();
    refresh(&client).await.unwrap();
    client.exchange(&code(&client)).await.unwrap();
    assert_eq!(reason(client.client_credentials(None).await), Some(UnavailableReason::Timeout));
    assert_eq!(reason(client.keys_available(NOW).await), Some(UnavailableReason::Timeout));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = Client::new(config_for(&format!("http://{closed}"))).unwrap();
    let error = refresh(&nobody).await.unwrap_err();
    assert!(matches!(&error, Error::Unavailable { reason: UnavailableReason::Network(_), .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_no_secret_goes_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::start([Answer::json(200, &"{}")]).await;
        let location: &'static str = format!("location: {}/oauth/token\r\n", elsewhere.url).leak();
        let server = Server::start([Answer::Full(status, location, Vec::new())]).await;
        assert_eq!(reason(refresh(&client(&server)).await), Some(UnavailableReason::Redirect(status)));
        assert!(elsewhere.requests().is_empty());
    }
}

#[tokio::test]
async fn a_shorter_announced_lifetime_counts_and_a_longer_one_or_none_does_not() {
    for (expires_in, ends_at) in [(None, 300), (Some(0), 300), (Some(1), 1), (Some(299), 299), (Some(u64::MAX), 300)] {
        let server = Server::start([keys(&[&KEY_A])]).await;
        let tokens = TokenSet { expires_in, ..tokens(&access_token(&server, &KEY_A), None) };
        let access = client(&server).verify_refresh(tokens, &session(), None, NOW).await.unwrap().access;
        assert_eq!((access.ends_at, access.exp), (NOW + ends_at, NOW + 300), "{expires_in:?}");
    }
}

#[tokio::test]
async fn an_oversize_body_is_cut_off() {
    let body = |length: usize| {
        let mut body = br#"{"access_token":"a","token_type":"Bearer"}"#.to_vec();
        body.resize(length, b' ');
        Answer::Full(200, "", body)
    };
    let most = crate::client::MAX_TOKEN_RESPONSE;
    let server = Server::start([body(most), body(most + 1), Answer::Endless]).await;
    let client = client(&server);
    assert!(client.client_credentials(None).await.is_ok());
    assert_eq!(reason(client.client_credentials(None).await), Some(UnavailableReason::TooLarge));
    assert_eq!(reason(client.client_credentials(None).await), Some(UnavailableReason::TooLarge));
}

#[tokio::test]
async fn a_refresh_reads_what_is_too_large_to_be_accepted_so_that_its_refresh_token_is_not_lost() {
    let body = |length: usize| {
        let token = "a".repeat(length);
        Answer::json(200, &format!(r#"{{"access_token":"{token}","token_type":"Bearer","refresh_token":"new"}}"#))
    };
    let server = Server::start([body(600 * 1024), body(1024 * 1024), Answer::Endless]).await;
    let client = client(&server);
    let tokens = refresh(&client).await.unwrap();
    assert_eq!(tokens.refresh_token.as_ref().map(ExposeSecret::expose_secret), Some("new"));
    let refused = client.verify_refresh(tokens, &session(), None, NOW).await.unwrap_err();
    assert_eq!(refused, Error::Refused(VerificationError::TooLarge));
    assert_eq!(reason(refresh(&client).await), Some(UnavailableReason::TooLarge));
    assert_eq!(reason(refresh(&client).await), Some(UnavailableReason::TooLarge));
}

#[tokio::test]
async fn an_endless_key_set_is_cut_off() {
    let server = Server::start([Answer::Endless]).await;
    assert_eq!(reason(client(&server).keys_available(NOW).await), Some(UnavailableReason::TooLarge));
}

#[tokio::test]
async fn html_and_cut_answers_keep_the_session() {
    let server = Server::start([
        Answer::Full(200, "content-type: text/html\r\n", b"<html>Sign in to the Wi-Fi</html>".to_vec()),
        Answer::json(200, &r#"{"access_token":"a","token_"#),
        Answer::Cut(r#"{"access_token":"a""#),
    ])
    .await;
    let client = client(&server);
    assert!(is_garbage(refresh(&client).await));
    assert!(is_garbage(refresh(&client).await));
    assert!(matches!(reason(refresh(&client).await), Some(UnavailableReason::Network(_))));
}

#[tokio::test]
async fn rate_limits_and_server_errors_keep_the_session_and_say_when_to_return() {
    let server = Server::start([
        Answer::Full(429, "retry-after: 7\r\n", b"{\"error\":\"invalid_grant\"}".to_vec()),
        Answer::Full(503, "retry-after: 99999\r\n", Vec::new()),
        Answer::json(500, &json!({ "error": "invalid_grant" })),
    ])
    .await;
    let client = client(&server);
    let limited =
        Error::Unavailable { reason: UnavailableReason::RateLimited, retry_after: Some(Duration::from_secs(7)) };
    assert_eq!(refresh(&client).await.unwrap_err(), limited);
    let down = Error::Unavailable { reason: UnavailableReason::Status(503), retry_after: Some(Duration::from_mins(5)) };
    assert_eq!(refresh(&client).await.unwrap_err(), down);
    assert_eq!(reason(refresh(&client).await), Some(UnavailableReason::Status(500)));
}

#[tokio::test]
async fn only_invalid_grant_ends_the_session() {
    let server = Server::start([
        Answer::json(400, &json!({ "error": "invalid_grant" })),
        Answer::json(401, &json!({ "error": "invalid_client" })),
    ])
    .await;
    let client = client(&server);
    assert!(matches!(refresh(&client).await, Err(Error::Ended { .. })));
    assert!(matches!(refresh(&client).await, Err(Error::Misconfigured { code, .. }) if code == "invalid_client"));
}

// ---- sign-in and refresh ----

#[tokio::test]
async fn a_sign_in_yields_checked_claims() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let code = code(&client);
    let id = KEY_A.sign(&claims(&server, json!({ "nonce": code.nonce })));
    let tokens = tokens(&access_token(&server, &KEY_A), Some(&id));
    let sign_in = client.verify_sign_in(tokens, &code, NOW).await.unwrap();
    assert_eq!(SessionIdentity::of(&sign_in.id), session());
    assert_eq!(sign_in.access.jti.as_deref(), Some("tkn_1"));
    assert!(server.requests()[0].starts_with("GET /keys "));
    assert_eq!(server.requests().len(), 1, "both tokens share one fetch");
}

#[tokio::test]
async fn a_sign_in_without_an_id_token_is_refused() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let tokens = tokens(&access_token(&server, &KEY_A), None);
    let error = client.verify_sign_in(tokens, &code(&client), NOW).await.unwrap_err();
    assert_eq!(error, Error::Refused(VerificationError::IdTokenMissing));
}

#[tokio::test]
async fn a_sign_in_with_another_attempts_nonce_is_refused() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let (mine, theirs) = (code(&client), code(&client));
    let id = KEY_A.sign(&claims(&server, json!({ "nonce": theirs.nonce })));
    let tokens = tokens(&access_token(&server, &KEY_A), Some(&id));
    let error = client.verify_sign_in(tokens, &mine, NOW).await.unwrap_err();
    assert_eq!(error, Error::Refused(VerificationError::Nonce));
}

#[tokio::test]
async fn tokens_of_another_user_or_session_are_refused_and_at_a_sign_in_of_another_organization() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    for (name, error) in [
        ("oid", VerificationError::OtherOrganization),
        ("sub", VerificationError::OtherSubject),
        ("sid", VerificationError::OtherSession),
    ] {
        let code = code(&client);
        let other = KEY_A.sign(&claims(&server, json!({ "jti": "tkn_1", name: "other" })));
        let id = KEY_A.sign(&claims(&server, json!({ "nonce": code.nonce })));
        let signed_in = client.verify_sign_in(tokens(&other, Some(&id)), &code, NOW).await;
        assert_eq!(signed_in.unwrap_err(), Error::Refused(error));
        if name == "oid" {
            continue;
        }
        let refreshed = client.verify_refresh(tokens(&other, None), &session(), None, NOW).await;
        assert_eq!(refreshed.unwrap_err(), Error::Refused(error));
        let other_id = KEY_A.sign(&claims(&server, json!({ name: "other" })));
        let refreshed =
            client.verify_refresh(tokens(&access_token(&server, &KEY_A), Some(&other_id)), &session(), None, NOW).await;
        assert_eq!(refreshed.unwrap_err(), Error::Refused(error));
    }
}

#[tokio::test]
async fn a_refresh_may_bring_another_organization_if_both_tokens_say_so() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let access = KEY_A.sign(&claims(&server, json!({ "jti": "tkn_1", "oid": "org_2" })));
    let (id, old_id) =
        (KEY_A.sign(&claims(&server, json!({ "oid": "org_2" }))), KEY_A.sign(&claims(&server, json!({}))));
    let both = client.verify_refresh(tokens(&access, Some(&id)), &session(), None, NOW).await.unwrap();
    assert_eq!((&*both.access.oid, &*both.id.unwrap().oid), ("org_2", "org_2"));
    let one = client.verify_refresh(tokens(&access, Some(&old_id)), &session(), None, NOW).await.unwrap();
    assert_eq!(one.id_refused, Some(Error::Refused(VerificationError::OtherOrganization)));
    assert!(one.id.is_none() && one.tokens.id_token.is_none(), "the old one is kept");
}

#[tokio::test]
async fn a_refresh_may_bring_an_id_token_with_or_without_nonce_or_none() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let access = access_token(&server, &KEY_A);
    let (plain, with_nonce) =
        (KEY_A.sign(&claims(&server, json!({}))), KEY_A.sign(&claims(&server, json!({ "nonce": "old" }))));
    for (id, expected) in [(None, false), (Some(&*plain), true), (Some(&*with_nonce), true)] {
        let refreshed = client.verify_refresh(tokens(&access, id), &session(), None, NOW).await.unwrap();
        assert_eq!(refreshed.id.is_some(), expected);
    }
    let previous = SecretString::from(with_nonce.clone());
    for (nonce, fits) in [("old", true), ("other", false)] {
        let id = KEY_A.sign(&claims(&server, json!({ "nonce": nonce })));
        let refreshed = client.verify_refresh(tokens(&access, Some(&id)), &session(), Some(&previous), NOW).await;
        assert_eq!(refreshed.unwrap().id.is_some(), fits, "{nonce}");
    }
    let without = client.verify_refresh(tokens(&access, Some(&plain)), &session(), Some(&previous), NOW).await;
    assert!(without.is_ok());
    let twice = client.verify_refresh(tokens(&access, Some(&access)), &session(), None, NOW).await;
    assert_eq!(twice.unwrap().id_refused, Some(Error::Refused(VerificationError::NotAnIdToken)));
}

// ---- what Scalekit sends on its own ----

#[tokio::test]
async fn a_logout_token_is_verified_with_the_environments_keys() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    let claims = claims(&server, json!({ "jti": "1", "events": event }));
    let token = client.verify_logout_token(&KEY_A.sign(&claims), NOW).await.unwrap();
    assert_eq!((token.sub.as_deref(), token.sid.as_deref()), (Some("usr_1"), Some("ses_1")));
    let unknown = client.verify_logout_token(&KEY_B.sign(&claims), NOW).await.unwrap_err();
    assert_eq!(unknown, Error::Refused(VerificationError::UnknownKey));
    let access = client.verify_logout_token(&access_token(&server, &KEY_A), NOW).await.unwrap_err();
    assert_eq!(access, Error::Refused(VerificationError::NotALogoutToken));
    assert_eq!(server.requests().len(), 2, "the unknown key causes the second fetch");
}

#[tokio::test]
async fn a_logout_token_can_wait_for_the_keys() {
    let server = Server::start([Answer::json(503, &"{}")]).await;
    let token = KEY_A.sign(&claims(&server, json!({})));
    assert_eq!(reason(client(&server).verify_logout_token(&token, NOW).await), Some(UnavailableReason::Status(503)));
}

#[tokio::test]
async fn an_idp_initiated_login_says_where_to_begin() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let token = KEY_A.sign(&json!({ "iss": server.url, "organization_id": "org_1", "exp": NOW + 300 }));
    let login = client.verify_idp_initiated_login(&token, NOW).await.unwrap();
    assert_eq!((login.organization_id.as_deref(), login.connection_id), (Some("org_1"), None));
    let access = client.verify_idp_initiated_login(&access_token(&server, &KEY_A), NOW).await.unwrap_err();
    assert_eq!(access, Error::Refused(VerificationError::NotAnIdpInitiatedLogin));
}

// ---- keys ----

async fn verify(client: &Client, token: &str, now: i64) -> Result<(), Error> {
    client.verify_refresh(tokens(token, None), &session(), None, now).await.map(drop)
}

#[tokio::test]
async fn a_rotated_key_is_fetched_when_it_is_first_seen() {
    let server = Server::start([keys(&[&KEY_A]), keys(&[&KEY_A, &KEY_B])]).await;
    let client = client(&server);
    verify(&client, &access_token(&server, &KEY_A), NOW).await.unwrap();
    verify(&client, &access_token(&server, &KEY_B), NOW).await.unwrap();
    verify(&client, &access_token(&server, &KEY_A), NOW).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_unknown_kid_causes_one_refetch_in_30_seconds() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let (known, unknown) = (access_token(&server, &KEY_A), access_token(&server, &KEY_B));
    verify(&client, &known, NOW).await.unwrap();
    for (later, requests) in [(0, 2), (0, 2), (29, 2), (30, 3), (59, 3), (60, 4)] {
        let error = verify(&client, &unknown, NOW + later).await.unwrap_err();
        assert_eq!(error, Error::Refused(VerificationError::UnknownKey));
        assert_eq!(server.requests().len(), requests, "after {later} s");
    }
    verify(&client, &known, NOW).await.unwrap();
}

#[tokio::test]
async fn the_first_token_of_all_causes_one_fetch_even_if_its_kid_is_unknown() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    assert!(verify(&client, &access_token(&server, &KEY_B), NOW).await.is_err());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_failed_refetch_does_not_replace_a_good_set() {
    for bad in [
        Answer::json(200, &json!({ "keys": [] })),
        Answer::json(200, &json!({})),
        Answer::Full(200, "", b"<html>".to_vec()),
        Answer::json(500, &"{}"),
        Answer::Full(302, "location: https://evil.example/keys\r\n", Vec::new()),
        Answer::Cut("{\"keys\":["),
    ] {
        let server = Server::start([keys(&[&KEY_A]), bad]).await;
        let client = client(&server);
        verify(&client, &access_token(&server, &KEY_A), NOW).await.unwrap();
        // Whether the key exists is not known: the token is not to blame, now and until the next fetch.
        let unknown = access_token(&server, &KEY_B);
        assert!(reason(verify(&client, &unknown, NOW).await).is_some());
        assert!(reason(verify(&client, &unknown, NOW + 1).await).is_some());
        assert_eq!(server.requests().len(), 2);
        verify(&client, &access_token(&server, &KEY_A), NOW + 1).await.unwrap();
        // And the next fetch heals it.
        server.then(keys(&[&KEY_B]));
        verify(&client, &unknown, NOW + 30).await.unwrap();
    }
}

#[tokio::test]
async fn without_any_key_a_token_is_not_refused_but_unavailable() {
    let server =
        Server::start([Answer::json(503, &"{}"), Answer::json(200, &json!({ "keys": [] })), keys(&[&KEY_A])]).await;
    let client = client(&server);
    let token = access_token(&server, &KEY_A);
    assert_eq!(reason(verify(&client, &token, NOW).await), Some(UnavailableReason::Status(503)));
    assert!(is_garbage(client.keys_available(NOW + 3).await));
    assert_eq!(client.keys_available(NOW + 6).await, Ok(()));
    verify(&client, &token, NOW + 6).await.unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn without_any_key_a_fetch_that_failed_is_not_repeated_for_three_seconds() {
    let server = Server::start([Answer::json(503, &"{}")]).await;
    let client = client(&server);
    let token = access_token(&server, &KEY_A);
    for (later, requests) in [(0, 1), (0, 1), (2, 1), (3, 2), (5, 2), (6, 3)] {
        assert_eq!(reason(verify(&client, &token, NOW + later).await), Some(UnavailableReason::Status(503)));
        assert_eq!(reason(client.keys_available(NOW + later).await), Some(UnavailableReason::Status(503)));
        assert_eq!(server.requests().len(), requests, "after {later} s");
    }
    server.then(keys(&[&KEY_A]));
    verify(&client, &token, NOW + 9).await.unwrap();
}

#[tokio::test]
async fn a_made_up_kid_as_the_first_of_all_counts_as_the_one_fetch_in_30_seconds() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    for (later, requests) in [(0, 1), (1, 1), (29, 1), (30, 2)] {
        assert!(verify(&client, &access_token(&server, &KEY_B), NOW + later).await.is_err());
        assert_eq!(server.requests().len(), requests, "after {later} s");
    }
}

#[tokio::test]
async fn made_up_kids_do_not_hold_up_the_keys_of_those_who_sign_in() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    verify(&client, &access_token(&server, &KEY_A), NOW).await.unwrap();
    // Anybody's token, signed by a key that is in no set: the one fetch that such tokens get.
    let made_up = access_token(&server, &KEY_B);
    for _ in 0..3 {
        assert!(client.verify_logout_token(&made_up, NOW).await.is_err());
        assert!(client.verify_idp_initiated_login(&made_up, NOW).await.is_err());
    }
    assert_eq!(server.requests().len(), 2);
    // The provider rotates its keys right after that.
    server.then(keys(&[&KEY_A, &KEY_B]));
    verify(&client, &access_token(&server, &KEY_B), NOW + 1).await.unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_strangers_fetch_that_is_under_way_does_not_serve_those_who_sign_in() {
    let go_on = Arc::new(tokio::sync::Notify::new());
    // The stranger's fetch has read the key set, which arrives late; the provider rotates its keys meanwhile.
    let before = Answer::Held(Arc::clone(&go_on), Box::new(keys(&[&KEY_A])));
    let server = Server::start([keys(&[&KEY_A]), before, keys(&[&KEY_A, &KEY_B])]).await;
    let client = client(&server);
    verify(&client, &access_token(&server, &KEY_A), NOW).await.unwrap();
    let new = access_token(&server, &KEY_B);
    let stranger = tokio::spawn({
        let (client, made_up) = (client.clone(), new.clone());
        async move { client.verify_logout_token(&made_up, NOW).await }
    });
    while server.requests().len() < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut signing_in = Box::pin(verify(&client, &new, NOW));
    // Polled once, so it waits for the fetch that is under way.
    assert!(signing_in.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_pending());
    go_on.notify_one();
    signing_in.await.unwrap();
    assert!(stranger.await.unwrap().is_err(), "what it asked for is no logout token");
    assert_eq!(server.requests().len(), 3, "one fetch of its own");
}

#[tokio::test]
async fn a_clock_read_a_moment_earlier_causes_no_fetch_and_one_that_was_set_back_does() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    for (later, requests) in [(0, 1), (-1, 1), (-29, 1), (-30, 2), (-31, 2), (-3630, 3)] {
        assert!(verify(&client, &access_token(&server, &KEY_B), NOW + later).await.is_err());
        assert_eq!(server.requests().len(), requests, "after {later} s");
    }
}

#[tokio::test]
async fn whoever_hangs_up_does_not_end_the_fetch_that_they_caused() {
    let server = Server::start([Answer::Hang]).await;
    // All hang up well before the fetch fails.
    let client = client_with_total(&server, Duration::from_secs(3));
    let token = access_token(&server, &KEY_B);
    for _ in 0..5 {
        let wanted = client.verify_logout_token(&token, NOW);
        assert!(tokio::time::timeout(Duration::from_millis(20), wanted).await.is_err());
    }
    while client.key_set_fetches().failed == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_is_no_token_causes_no_fetch() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let error = verify(&client, "garbage", NOW).await.unwrap_err();
    assert_eq!(error, Error::Refused(VerificationError::Malformed));
    assert!(client.verify_logout_token("garbage", NOW).await.is_err());
    assert!(client.verify_idp_initiated_login("garbage", NOW).await.is_err());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn concurrent_needs_share_one_fetch() {
    let server = Server::start([keys(&[&KEY_A])]).await;
    let client = client(&server);
    let token = access_token(&server, &KEY_A);
    let all = (0..20).map(|_| {
        let (client, token) = (client.clone(), token.clone());
        tokio::spawn(async move { verify(&client, &token, NOW).await })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_old_set_is_looked_up_again_and_kept_if_that_fails() {
    let server = Server::start([keys(&[&KEY_A]), Answer::json(500, &"{}"), keys(&[&KEY_B])]).await;
    let client = client(&server);
    let token = access_token(&server, &KEY_A);
    let long_lived = KEY_A.sign(&claims(&server, json!({ "jti": "tkn_1", "exp": NOW + 100_000 })));
    verify(&client, &token, NOW).await.unwrap();
    verify(&client, &long_lived, NOW + 3599).await.unwrap();
    assert_eq!(server.requests().len(), 1);
    verify(&client, &long_lived, NOW + 3600).await.unwrap();
    assert_eq!(server.requests().len(), 2);
    // The withdrawn key is no longer trusted after the next good answer.
    let error = verify(&client, &long_lived, NOW + 3630).await.unwrap_err();
    assert_eq!(error, Error::Refused(VerificationError::UnknownKey));
    assert_eq!(server.requests().len(), 3);
}
