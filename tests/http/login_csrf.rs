//! Sign-ins that another site starts (login CSRF, RFC 9700 §4.7): they may sign somebody in who is nobody yet, since Scalekit's portals
//! and people's links do so, but they never replace who is signed in.

use reqwest::Method;

use crate::support::{ADA, App, Browser, CHARLES, Page, app};

/// Belongs to two organizations.
const GRACE: &str = "usr_103845067215791003";
const HARBOR: &str = "org_103845067215790202";
const ANALYTICAL: &str = "org_103845067215790101";

/// Follows a link to the start of a sign-in from a page of `site`, signs in as `user` and brings the answer back.
async fn sign_in_from(app: &App, browser: &mut Browser, site: &str, user: &str) -> Page {
    sign_in_by(app, browser, "/auth/login?prompt=login&return_to=/dashboard", site, user).await
}

async fn sign_in_by(app: &App, browser: &mut Browser, link: &str, site: &str, user: &str) -> Page {
    let request = browser.request(Method::GET, link).header("sec-fetch-site", site);
    let start = browser.send(request).await;
    assert_eq!(start.status, 302, "{}", start.body);
    let callback = browser.choose_person(&start, user).await;
    assert!(callback.starts_with(&app.url));
    browser.get(&callback).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_site_can_not_replace_who_is_signed_in() {
    let app = app().await;
    // Which would end the first person's sessions of this browser: here it is the application that has to care.
    app.silence_provider();
    for site in ["cross-site", "same-site", "nonsense"] {
        let mut browser = app.signed_in(ADA).await;
        let session = browser.cookies["session"].clone();
        let answer = sign_in_from(&app, &mut browser, site, CHARLES).await;
        assert_eq!(answer.status, 409, "{site}");
        assert!(
            answer.body.contains("You are signed in to another account") && !answer.body.contains("Charles"),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("/login?return_to=%2Fdashboard"), "the way on begins here");
        assert_eq!(browser.cookies["session"], session);
        assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA), "{site}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_site_can_not_move_somebody_to_another_of_their_organizations() {
    let app = app().await;
    app.silence_provider();
    let link = |organization: &str| format!("/auth/login?prompt=login&organization_id={organization}");
    let mut browser = app.browser();
    let landed = sign_in_by(&app, &mut browser, &link(HARBOR), "same-origin", GRACE).await;
    assert_eq!(landed.location(), "/dashboard/profile");
    let session = browser.cookies["session"].clone();
    let answer = sign_in_by(&app, &mut browser, &link(ANALYTICAL), "cross-site", GRACE).await;
    assert_eq!(answer.status, 409);
    assert_eq!(browser.cookies["session"], session);
    let landed = sign_in_by(&app, &mut browser, &link(HARBOR), "cross-site", GRACE).await;
    assert_eq!(landed.location(), "/dashboard/profile", "the same organization again");
    let landed = sign_in_by(&app, &mut browser, &link(ANALYTICAL), "same-origin", GRACE).await;
    assert_eq!(landed.location(), "/dashboard/profile", "from here, people move");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_here_and_from_the_address_bar_people_switch() {
    let app = app().await;
    for site in ["same-origin", "none"] {
        let mut browser = app.signed_in(ADA).await;
        assert_eq!(sign_in_from(&app, &mut browser, site, CHARLES).await.location(), "/dashboard", "{site}");
        assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(CHARLES), "{site}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_site_may_sign_in_nobody_yet_and_the_same_person_again() {
    let app = app().await;
    let mut browser = app.browser();
    assert_eq!(sign_in_from(&app, &mut browser, "cross-site", CHARLES).await.location(), "/dashboard");
    assert_eq!(sign_in_from(&app, &mut browser, "cross-site", CHARLES).await.location(), "/dashboard");
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(CHARLES));
    // A session that has ended protects nobody.
    app.advance(31 * 24 * 3600);
    assert_eq!(sign_in_from(&app, &mut browser, "cross-site", ADA).await.location(), "/dashboard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_nobody_sees_can_not_be_asked_for() {
    let app = app().await;
    let answer = app.browser().get("/auth/login?prompt=none").await;
    assert_eq!(answer.status, 400);
    assert!(!answer.headers.contains_key("set-cookie"));
}
