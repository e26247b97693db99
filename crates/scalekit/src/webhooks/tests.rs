//! The rules for webhooks, one test each, and the events as Scalekit's reference shows them.

use aws_lc_rs::hmac;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;
const ID: &str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
const KEY_A: &[u8] = b"0123456789abcdefghijklmnopqrstuv";
const KEY_B: &[u8] = b"vutsrqponmlkjihgfedcba9876543210";

fn secrets(keys: &[&[u8]]) -> WebhookSecrets {
    let list: Vec<_> = keys.iter().map(|key| format!("whsec_{}", STANDARD.encode(key))).collect();
    WebhookSecrets::parse(&list.join(",")).unwrap()
}

fn sign(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    format!("v1,{}", STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &message)))
}

fn verify(id: &str, timestamp: &str, signature: &str, body: &[u8], now: i64) -> Result<Webhook, WebhookError> {
    secrets(&[KEY_A]).verify(&WebhookHeaders { id, timestamp, signature }, body, now)
}

/// Signs what is given and verifies it now.
fn sent(id: &str, timestamp: &str, body: &[u8]) -> Result<Webhook, WebhookError> {
    verify(id, timestamp, &sign(KEY_A, id, timestamp, body), body, NOW)
}

fn received(event: &Value) -> Result<Webhook, WebhookError> {
    sent(ID, &NOW.to_string(), event.to_string().as_bytes())
}

fn event(event_type: &str, data: &Value) -> Value {
    json!({
        "spec_version": "1", "id": "evt_1", "type": event_type, "object": "User", "display_name": "x",
        "occurred_at": "2025-12-09T12:04:41.473087Z", "environment_id": "env_1", "organization_id": "org_1",
        "data": data,
    })
}

fn body() -> Vec<u8> {
    event("user.logout", &json!({})).to_string().into_bytes()
}

// ---- signatures ----

/// The example of the Standard Webhooks reference implementations, so that we don't only agree with
/// ourselves.
#[test]
fn the_reference_implementations_example_has_the_signature_they_say() {
    let secrets = WebhookSecrets::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let headers = WebhookHeaders {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    assert_eq!(secrets.check_signatures(&headers, br#"{"test": 2432232314}"#), Ok(()));
}

#[test]
fn a_signed_webhook_is_accepted() {
    let webhook = received(&event("user.logout", &json!({}))).unwrap();
    assert_eq!((&*webhook.id, webhook.sent_at, &*webhook.event.id), (ID, NOW, "evt_1"));
}

#[test]
fn any_signature_of_the_list_and_any_secret_will_do() {
    let (body, timestamp) = (body(), NOW.to_string());
    let (good, other) = (sign(KEY_A, ID, &timestamp, &body), sign(KEY_B, ID, &timestamp, &body));
    for signature in [
        format!("{other} {good}"),
        format!("v1a,xyz {good} v2,abc"),
        format!("v1,%%% v1, {good}"),
        format!(" {good}  "),
    ] {
        assert!(verify(ID, &timestamp, &signature, &body, NOW).is_ok(), "{signature}");
    }
    let headers = |signature| WebhookHeaders { id: ID, timestamp: &timestamp, signature };
    for secrets in [secrets(&[KEY_A, KEY_B]), secrets(&[KEY_B, KEY_A])] {
        assert!(secrets.verify(&headers(&good), &body, NOW).is_ok());
        assert!(secrets.verify(&headers(&other), &body, NOW).is_ok());
    }
    assert_eq!(secrets(&[KEY_B]).verify(&headers(&good), &body, NOW), Err(WebhookError::NoMatch));
}

#[test]
fn a_wrong_signature_is_refused() {
    let (body, timestamp) = (body(), NOW.to_string());
    let good = sign(KEY_A, ID, &timestamp, &body);
    for signature in [
        sign(KEY_B, ID, &timestamp, &body),
        "v1,".to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}="),
        format!("v1,{}", STANDARD.encode([0; 32])),
        format!("v1,{}", STANDARD.encode([0; 31])),
    ] {
        assert_eq!(verify(ID, &timestamp, &signature, &body, NOW), Err(WebhookError::NoMatch), "{signature}");
    }
}

#[test]
fn other_versions_are_not_looked_at() {
    let (body, timestamp) = (body(), NOW.to_string());
    let good = sign(KEY_A, ID, &timestamp, &body);
    for prefix in ["v1a,", "v2,", "V1,", "t=1,v1=", "", ","] {
        let signature = good.replace("v1,", prefix);
        assert_eq!(verify(ID, &timestamp, &signature, &body, NOW), Err(WebhookError::NoV1Signature), "{prefix}");
    }
}

#[test]
fn the_sixteenth_signature_is_looked_at_and_the_next_is_not() {
    let (body, timestamp) = (body(), NOW.to_string());
    let good = sign(KEY_A, ID, &timestamp, &body);
    let after = |count| format!("{}{good}", "v1,AAAA ".repeat(count));
    assert!(verify(ID, &timestamp, &after(15), &body, NOW).is_ok());
    assert_eq!(verify(ID, &timestamp, &after(16), &body, NOW), Err(WebhookError::NoMatch));
}

// ---- headers ----

#[test]
fn missing_headers_are_named() {
    let (body, timestamp) = (body(), NOW.to_string());
    assert_eq!(sent("", &timestamp, &body), Err(WebhookError::MissingHeader("webhook-id")));
    assert_eq!(sent(ID, "", &body), Err(WebhookError::MissingHeader("webhook-timestamp")));
    for signature in ["", "  "] {
        let missing = WebhookError::MissingHeader("webhook-signature");
        assert_eq!(verify(ID, &timestamp, signature, &body, NOW), Err(missing));
    }
}

#[test]
fn an_id_has_up_to_255_visible_characters() {
    let (body, timestamp) = (body(), NOW.to_string());
    for id in ["x".to_owned(), "x".repeat(255), "msg_1.2/3~!".to_owned()] {
        assert_eq!(sent(&id, &timestamp, &body).unwrap().id, id);
    }
    for id in ["x".repeat(256), "a b".to_owned(), "a\n".to_owned(), "é".to_owned()] {
        assert_eq!(sent(&id, &timestamp, &body), Err(WebhookError::MalformedHeader("webhook-id")), "{id}");
    }
}

#[test]
fn a_timestamp_is_whole_seconds() {
    for timestamp in ["+1800000000", "-1", "1800000000.0", " 1800000000", "1.8e9", "x", "99999999999999999999"] {
        let malformed = WebhookError::MalformedHeader("webhook-timestamp");
        assert_eq!(sent(ID, timestamp, &body()), Err(malformed), "{timestamp}");
    }
}

#[test]
fn the_tolerance_is_five_minutes_both_ways_to_the_second() {
    let at = |sent_at: i64| sent(ID, &sent_at.to_string(), &body()).map(|webhook| webhook.sent_at);
    assert_eq!(at(NOW - 300), Ok(NOW - 300));
    assert_eq!(at(NOW - 301), Err(WebhookError::TooOld));
    assert_eq!(at(NOW + 300), Ok(NOW + 300));
    assert_eq!(at(NOW + 301), Err(WebhookError::TooNew));
}

#[test]
fn extreme_clocks_do_not_overflow() {
    for (timestamp, now) in [(i64::MAX, 0), (0, i64::MAX), (0, i64::MIN), (i64::MAX, i64::MIN)] {
        let timestamp = timestamp.to_string();
        assert!(verify(ID, &timestamp, &sign(KEY_A, ID, &timestamp, &body()), &body(), now).is_err());
    }
}

#[test]
fn the_borders_between_id_timestamp_and_body_cant_be_moved() {
    let timestamp = NOW.to_string();
    let signature = sign(KEY_A, ID, &timestamp, &body());
    // The same signed text, cut elsewhere.
    let longer_body = [timestamp.as_bytes(), b".", &body()].concat();
    let (id, rest) = ID.split_at(4);
    assert!(verify(id, rest, &signature, &longer_body, NOW).is_err());
    assert_eq!(sent("1.2", &timestamp, &longer_body), Err(WebhookError::NotJson));
    assert!(verify(&format!("{ID}.{timestamp}"), "", &signature, &body(), NOW).is_err());
}

// ---- events ----

#[test]
fn login_and_logout_name_user_and_session() {
    let data = json!({
        "user": { "id": "usr_1", "email": "ada@example.com" },
        "user_session": { "session_id": "ses_1", "user_id": "usr_1", "organization_id": "org_1", "status": "ACTIVE" },
    });
    let wanted = SessionEvent {
        user_id: Some("usr_1".to_owned()),
        session_id: Some("ses_1".to_owned()),
        organization_id: Some("org_1".to_owned()),
        email: Some("ada@example.com".to_owned()),
    };
    let logout = received(&event("user.logout", &data)).unwrap().event;
    assert_eq!(logout.kind, EventKind::UserLogout(wanted.clone()));
    assert_eq!(logout.occurred_at, Some(1_765_281_881));
    assert_eq!(logout.environment_id.as_deref(), Some("env_1"));
    assert_eq!(logout.organization_id.as_deref(), Some("org_1"));
    assert_eq!((logout.event_type(), logout.data()), ("user.logout", &data));
    assert_eq!(received(&event("user.login", &data)).unwrap().event.kind, EventKind::UserLogin(wanted));
}

#[test]
fn the_user_of_a_session_is_named_by_the_session_too() {
    let data = json!({ "user": null, "user_session": { "session_id": "ses_1", "user_id": "usr_1" } });
    let EventKind::UserLogout(session) = received(&event("user.logout", &data)).unwrap().event.kind else {
        panic!("a logout")
    };
    assert_eq!((session.user_id.as_deref(), session.session_id.as_deref()), (Some("usr_1"), Some("ses_1")));
}

#[test]
fn memberships_name_user_and_organization() {
    let data = json!({ "user": { "id": "usr_1", "email": "ada@example.com" }, "organization": { "id": "org_1" } });
    for (event_type, kind) in [
        ("user.signup", EventKind::UserSignup as fn(_) -> _),
        ("user.organization_invitation", EventKind::UserInvitation),
        ("user.organization_membership_created", EventKind::UserMembershipCreated),
        ("user.organization_membership_updated", EventKind::UserMembershipUpdated),
        ("user.organization_membership_deleted", EventKind::UserMembershipDeleted),
    ] {
        let wanted = MembershipEvent {
            user_id: Some("usr_1".to_owned()),
            organization_id: Some("org_1".to_owned()),
            email: Some("ada@example.com".to_owned()),
        };
        assert_eq!(received(&event(event_type, &data)).unwrap().event.kind, kind(wanted));
    }
}

#[test]
fn organizations_are_the_data_itself() {
    let data = json!({ "id": "org_1", "display_name": "Acme", "external_id": "", "metadata": null });
    for (event_type, kind) in [
        ("organization.created", EventKind::OrganizationCreated as fn(_) -> _),
        ("organization.updated", EventKind::OrganizationUpdated),
        ("organization.deleted", EventKind::OrganizationDeleted),
    ] {
        let wanted = OrganizationEvent {
            organization_id: Some("org_1".to_owned()),
            display_name: Some("Acme".to_owned()),
            external_id: None,
        };
        assert_eq!(received(&event(event_type, &data)).unwrap().event.kind, kind(wanted));
    }
}

#[test]
fn data_without_identifiers_is_still_an_event() {
    for data in [
        json!({}),
        json!({ "user": {}, "user_session": [] }),
        json!({ "user": { "id": 7 }, "user_session": { "session_id": "" } }),
    ] {
        let EventKind::UserLogout(session) = received(&event("user.logout", &data)).unwrap().event.kind else {
            panic!("a logout")
        };
        assert_eq!((session.user_id, session.session_id), (None, None));
    }
}

#[test]
fn unknown_types_and_unreadable_data_are_other() {
    for (event_type, data) in [
        ("role.created", json!({ "id": "role_1" })),
        ("USER.LOGOUT", json!({})),
        ("user.logout", json!(null)),
        ("user.logout", json!("x")),
        ("user.logout", json!([1])),
    ] {
        let event = received(&event(event_type, &data)).unwrap().event;
        assert_eq!((event.kind.clone(), event.event_type(), event.data()), (EventKind::Other, event_type, &data));
    }
    let bare = received(&json!({ "id": "evt_1", "type": "user.logout", "occurred_at": 7 })).unwrap().event;
    assert_eq!((bare.kind.clone(), bare.occurred_at, bare.data()), (EventKind::Other, None, &Value::Null));
}

#[test]
fn a_genuine_body_that_is_no_event_is_refused() {
    let timestamp = NOW.to_string();
    let deep = "[".repeat(10_000);
    for body in ["", "{", "<html>", "{} {}", &deep] {
        assert_eq!(sent(ID, &timestamp, body.as_bytes()), Err(WebhookError::NotJson), "{body}");
    }
    assert_eq!(sent(ID, &timestamp, b"\"\xFF\""), Err(WebhookError::NotJson));
    for body in [json!([]), json!(1), json!({ "id": "evt_1" }), json!({ "id": "evt_1", "type": "" })] {
        assert_eq!(received(&body), Err(WebhookError::MissingMember("type")), "{body}");
    }
    assert_eq!(received(&json!({ "type": "user.logout" })), Err(WebhookError::MissingMember("id")));
}

#[test]
fn debug_shows_nothing_about_a_person() {
    let data = json!({
        "user": { "id": "usr_1", "email": "ada@example.com" }, "user_session": { "session_id": "ses_1" },
    });
    let webhook = received(&event("user.login", &data)).unwrap();
    let shown = format!("{webhook:?} {:?}", webhook.event.kind);
    for private in ["usr_1", "ada", "ses_1", "org_1"] {
        assert!(!shown.contains(private), "{shown}");
    }
}

// ---- generated webhooks ----

proptest! {
    #[test]
    fn arbitrary_requests_are_refused_without_panic(
        id in "\\PC{0,20}", timestamp in "[0-9]{0,12}|\\PC{0,12}", signature in "(v1,[A-Za-z0-9+/=]{0,50} ?){0,4}|\\PC{0,60}",
        body in proptest::collection::vec(any::<u8>(), 0..100), now in any::<i64>(),
    ) {
        prop_assert!(verify(&id, &timestamp, &signature, &body, now).is_err());
        prop_assert!(verify(ID, &NOW.to_string(), &signature, &body, NOW).is_err());
    }

    #[test]
    fn reading_a_genuine_body_never_panics(body in proptest::collection::vec(any::<u8>(), 0..100), json in "\\{(\"(id|type|data)\":(\"x\"|\"user.logout\"|null|1|\\{\\}|\\{\"user\":(1|null|\\{\"id\":2\\})\\}),?){0,4}\\}") {
        let _ = sent(ID, &NOW.to_string(), &body);
        let _ = sent(ID, &NOW.to_string(), json.as_bytes());
    }

    #[test]
    fn a_webhook_with_one_byte_changed_is_refused(part in 0..4_usize, at in any::<prop::sample::Index>(), byte in 0x21_u8..0x7F) {
        let mut parts = [ID.as_bytes().to_vec(), NOW.to_string().into_bytes(), body(), Vec::new()];
        parts[3] = sign(KEY_A, ID, &NOW.to_string(), &body()).into_bytes();
        let at = at.index(parts[part].len());
        prop_assume!(parts[part][at] != byte);
        parts[part][at] = byte;
        let [id, timestamp, body, signature] = parts;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        prop_assert!(verify(&text(id), &text(timestamp), &text(signature), &body, NOW).is_err());
    }
}
