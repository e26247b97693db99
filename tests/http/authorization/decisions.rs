//! What the guard decides for every rule and every visitor, without a server.

use std::sync::Arc;

use leptos_scalekit::{
    access::Access,
    server::guard::{CurrentSession, Decision, Visitor, decide},
};
use scalekit_sessions::Session;

const NEEDED: &str = "projects:read";

fn holding(permissions: &[&str], roles: &[&str]) -> CurrentSession {
    let session = serde_json::from_value(serde_json::json!({
        "identity": { "user_id": "usr_1", "provider_session_id": "ses_1", "organization_id": "org_1" },
        "person": { "email_verified": false },
        "permissions": permissions,
        "roles": roles,
        "id_claims": {}, "access_claims": {},
        "signed_in_at": 0, "access_issued_at": 0, "access_expires_at": 300, "ends_at": 1_000_000,
    }));
    let session: Session = session.unwrap();
    CurrentSession::Known(Visitor::SignedIn(Arc::new(session)))
}

#[test]
fn every_rule_gives_every_visitor_the_written_answer() {
    use Decision::{Forbid, Proceed, SignIn, Wait};
    let visitors = [
        CurrentSession::Known(Visitor::Anonymous),
        CurrentSession::Known(Visitor::SessionEnded),
        CurrentSession::Unavailable { retry_after: 5 },
        holding(&[], &["admin"]),
        holding(&["members:read", NEEDED], &[]),
    ];
    let (anonymous, ended) = (SignIn { session_ended: false }, SignIn { session_ended: true });
    let wait = Wait { retry_after: 5 };
    for (access, expected) in [
        (Access::Public, [Proceed; 5]),
        (Access::SignedIn, [anonymous, ended, wait, Proceed, Proceed]),
        (Access::Permission(NEEDED), [anonymous, ended, wait, Forbid { permission: NEEDED }, Proceed]),
    ] {
        let decided = visitors.each_ref().map(|visitor| decide(access, visitor));
        assert_eq!(decided, expected, "{access:?}");
    }
}

#[test]
fn what_only_resembles_the_permission_does_not_open_the_page() {
    for held in [
        "",
        "projects",
        "projects:",
        "projects:rea",
        "projects:read2",
        "projects:read ",
        " projects:read",
        "PROJECTS:READ",
        "projects:Read",
        "projects:*",
        "*",
        "projects:read,members:read",
        "projects:read members:read",
        "projects.read",
        "projects%3Aread",
        "projects:read\0",
        "projects:\u{0433}ead",
        "xprojects:read",
        "[\"projects:read\"]",
    ] {
        let decided = decide(Access::Permission(NEEDED), &holding(&[held], &[NEEDED]));
        assert_eq!(decided, Decision::Forbid { permission: NEEDED }, "{held:?}");
    }
}
