//! `RATE_LIMIT`: how it is read, and what the limits count.

use std::{net::IpAddr, time::Duration};

use axum::http::StatusCode;
use leptos_scalekit::{
    access::ENDPOINTS,
    server::rate_limit::{Class, Rules},
};

#[test]
fn every_endpoint_is_limited() {
    for rule in ENDPOINTS {
        assert!(Class::of(rule.path).is_some(), "{}", rule.path);
    }
    assert_eq!(Class::of("/api-keys"), None, "a page that only begins like a function");
    for way in ["/auth/callback", "/api/exchange_code"] {
        assert_eq!(Class::of(way), Some(Class::Callback), "{way}");
    }
}

#[test]
fn a_sign_ins_end_counts_among_all_once_its_attempt_is_genuine() {
    let limits = Rules::parse("callback=6/72").unwrap().limits(|| Duration::ZERO);
    let client = |number: u32| Some(IpAddr::V4((0xC633_0000 + 256 * number).into()));
    for number in 0..1000 {
        assert_eq!(limits.admit(Class::Callback, client(number)), Ok(()), "made up by many");
    }
    let allowed = (0..100).filter(|number| limits.admit_genuine(Class::Callback, client(*number)).is_ok()).count();
    assert!((12..=14).contains(&allowed), "{allowed}");
}

#[test]
fn of_notifications_only_nobodys_count_and_for_their_sender_only() {
    let limits = Rules::default().limits(|| Duration::ZERO);
    let client = |number: u8| Some(IpAddr::from([198, 51, number, 1]));
    for status in [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE] {
        for _ in 0..10_000 {
            assert_eq!(limits.admit(Class::Notification, client(1)), Ok(()), "the provider's");
            limits.count_answered(Class::Notification, client(1), status);
        }
    }
    let twelve = 2..14;
    for attacker in twelve.clone() {
        while limits.admit(Class::Notification, client(attacker)).is_ok() {
            limits.count_answered(Class::Notification, client(attacker), StatusCode::BAD_REQUEST);
        }
    }
    assert_eq!(limits.admit(Class::Notification, client(1)), Ok(()));
    assert!(twelve.clone().all(|attacker| limits.admit(Class::Notification, client(attacker)).is_err()));
}

#[test]
fn limits_are_set_class_by_class_and_shown_as_they_are_set() {
    assert_eq!(Rules::default().to_string(), "login_start=600/12000, callback=600/9000, server_function=1200/120000");
    assert_eq!(Rules::parse(&Rules::default().to_string()), Ok(Rules::default()));
    let rules = Rules::parse("callback = 3000 / 36000").unwrap();
    assert_eq!(rules.to_string(), "login_start=600/12000, callback=3000/36000, server_function=1200/120000");
    assert_eq!(rules.of(Class::LoginStart), Rules::default().of(Class::LoginStart));
}

#[test]
fn limits_that_can_not_be_read_or_protect_nobody_are_named() {
    for (text, named) in [
        ("", "\"\" in it; it must be on, off"),
        ("yes", "\"yes\" in it; it must be on, off"),
        ("login=600/12000", "\"login=600/12000\" in it; it must be on, off"),
        ("notification=600/12000", "limits of login_start, callback and server_function"),
        ("callback=600", "\"callback=600\" in it, which is not callback=ADDRESS/ALL"),
        ("login_start=600/12000, callback=-1/5", "\"callback=-1/5\""),
        ("login_start=600/12000,", "\"\" in it"),
        ("callback=0/9000", "at least 6 requests"),
        ("callback=600/7199", "at least 12 times as many"),
    ] {
        let error = Rules::parse(text).unwrap_err();
        assert!(error.contains(named), "{text}: {error}");
    }
}
