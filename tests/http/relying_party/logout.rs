//! RP-initiated logout: the modules of `oidcc-client-rp-initiated-logout-rp-basic`. The rest of signing out
//! is in `sign_out.rs`.

use crate::support::{ADA, Page, app};

/// Signs out, and comes back from the provider with the query of its redirect changed by `change`.
async fn sign_out_and_return(change: impl FnOnce(&str) -> String) -> Page {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let answer = browser.post("/api/logout", &[]).await;
    assert_eq!(answer.status, 302);
    let logout = answer.location().to_owned();
    let url = url::Url::parse(&logout).unwrap();
    let parameter = |name: &str| url.query_pairs().find(|(found, _)| found == name).map(|found| found.1.into_owned());
    assert_eq!(parameter("id_token_hint").unwrap().split('.').count(), 3);
    assert_eq!(parameter("post_logout_redirect_uri").unwrap(), format!("{}/logged-out", app.url));
    let at_provider = browser.get(&logout).await;
    let back = browser.follow_to_app(at_provider, &logout).await;
    assert_eq!(app.emulator.control().state().live_sessions, 0);
    let page = browser.get(&change(&back)).await;
    assert_eq!(app.user_of(&mut browser).await, None, "whatever comes back, nobody is signed in");
    page
}

/// The provider sends the browser back with the `state` of the request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_init_logout() {
    let page = sign_out_and_return(str::to_owned).await;
    assert_eq!(page.status, 200);
}

/// It comes back with another `state`. The session has ended before the request was made and the page does
/// nothing, so there is nothing that the wrong answer could do; it is not shown either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_init_logout_other_state() {
    let page = sign_out_and_return(|back| format!("{}?state=forged-state", back.split('?').next().unwrap())).await;
    assert_eq!((page.status, page.location(), &*page.body), (302, "/logged-out", ""));
    assert!(!page.touches_session_cookie());
}

/// It comes back without `state`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_init_logout_no_state() {
    let page = sign_out_and_return(|back| back.split('?').next().unwrap().to_owned()).await;
    assert_eq!(page.status, 200);
}
