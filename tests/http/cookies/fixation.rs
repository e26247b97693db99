//! A session's identifier is made by the server at sign-in: never one that the browser brought, and never an
//! old one.

use scalekit_sessions::SessionId;

use super::user_with;
use crate::support::{ADA, CHARLES, app};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_identifier_is_never_adopted() {
    let app = app().await;
    let mut attacker = app.signed_in(CHARLES).await;
    for planted in
        [SessionId::generate().unwrap().to_cookie_value(), attacker.cookies["session"].clone(), "x".to_owned()]
    {
        let mut victim = app.browser();
        victim.cookies.insert("session".to_owned(), planted.clone());
        victim.sign_in("/auth/login", ADA).await;
        assert_ne!(victim.cookies["session"], planted);
        assert_eq!(app.user_of(&mut victim).await.as_deref(), Some(ADA));
        assert_eq!(user_with(&app, &[format!("session={planted}").as_bytes()]).await, None, "leads nowhere, to nobody");
    }
    assert_eq!(app.user_of(&mut attacker).await, None, "what the victim's browser brought has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sign_in_makes_a_new_identifier_and_ends_the_old_one() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for _ in 0..3 {
        let before = browser.cookies["session"].clone();
        browser.sign_in("/auth/login?prompt=login", ADA).await;
        assert_ne!(browser.cookies["session"], before);
        assert_eq!(user_with(&app, &[format!("session={before}").as_bytes()]).await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_sign_in_gives_out_an_identifier() {
    let app = app().await;
    for cookie in [None, Some(SessionId::generate().unwrap().to_cookie_value())] {
        for path in [
            "/",
            "/login",
            "/dashboard",
            "/logged-out",
            "/auth/login",
            "/auth/callback",
            "/auth/callback?code=x&state=yyyyyyyyyy",
        ] {
            let mut browser = app.browser();
            browser.cookies.extend(cookie.clone().map(|cookie| ("session".to_owned(), cookie)));
            let answer = browser.get(path).await;
            assert!(!answer.touches_session_cookie(), "{path}");
        }
    }
}
