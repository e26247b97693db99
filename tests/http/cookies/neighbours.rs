//! Several projects on one `localhost`: cookies know no ports, so each has names of its own.

use crate::support::{ADA, CHARLES, app};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_signed_in_to_two_projects_on_one_host_at_once() {
    let (one, other) = (app().await, app().await);
    let browser = one.signed_in(ADA).await;
    let mut beside = browser.at(&other.url);
    beside.sign_in("/auth/login", CHARLES).await;
    let mut browser = beside.at(&one.url);
    assert_eq!(one.user_of(&mut browser).await.as_deref(), Some(ADA));
    assert_eq!(other.user_of(&mut beside).await.as_deref(), Some(CHARLES));
    browser.post("/api/logout", &[]).await;
    let mut beside = browser.at(&other.url);
    assert_eq!(other.user_of(&mut beside).await.as_deref(), Some(CHARLES), "signing out of one leaves the other alone");
}
