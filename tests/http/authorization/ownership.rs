//! Other people's sessions, named by whatever a person can get hold of: nothing of them is shown, and nothing
//! changes.

use crate::support::{ADA, App, Browser, CHARLES, KATHERINE, app};

/// By what the sessions but the asking one can be ended.
async fn listed(browser: &mut Browser) -> Vec<String> {
    browser.devices().await.others()
}

/// Everything by which somebody's sessions are known anywhere, as a form would post it.
async fn names_of(app: &App, browser: &mut Browser) -> Vec<String> {
    let mut names = listed(browser).await;
    names.push(browser.cookies["session"].clone());
    names.extend(app.emulator.control().sessions().into_iter().map(|session| session.sid));
    names.extend([ADA, "", "ses_1", "%00", "../../x"].map(str::to_owned));
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_colleague_nor_an_admin_elsewhere_ends_somebodys_session_by_any_of_its_names() {
    let app = app().await;
    let (mut ada, _phone) = (app.signed_in(ADA).await, app.signed_in(ADA).await);
    // One that only the provider knows.
    app.emulator.control().login(ADA, None, "openid").unwrap();
    let before = listed(&mut ada).await;
    assert_eq!(before.len(), 2);
    let names = names_of(&app, &mut ada).await;
    for other in [CHARLES, KATHERINE] {
        let mut stranger = app.signed_in(other).await;
        assert_eq!(stranger.devices().await.rows.len(), 1, "only one's own");
        for name in &names {
            let form = [("id", name.as_str())];
            assert_eq!(stranger.post("/api/end_session", &form).await.location(), "/dashboard/sessions?ended=1");
        }
        stranger.post("/api/end_other_sessions", &[("user_id", ADA), ("id", &names[0])]).await;
        assert_eq!(stranger.devices().await.rows.len(), 1);
    }
    assert_eq!(listed(&mut ada).await, before, "nothing of hers has ended, here or at the provider");
    assert_eq!(app.emulator.control().state().live_sessions, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_that_name_somebody_else_show_nothing_of_them() {
    let app = app().await;
    let (mut ada, _phone) = (app.signed_in(ADA).await, app.signed_in(ADA).await);
    let hers = listed(&mut ada).await;
    let mut charles = app.signed_in(CHARLES).await;
    let naming = format!("user_id={ADA}&sub={ADA}&id={}&organization_id=org_103845067215790303", hers[0]);
    for function in ["current_session", "refresh_session"] {
        let answer = charles.call(&format!("/api/{function}?{naming}"), &naming).await;
        assert!(!answer.body.contains("Lovelace") && !answer.body.contains(ADA), "{function}: {}", answer.body);
        assert!(!answer.body.contains(&hers[0]), "{function}");
    }
    for page in ["/dashboard", "/dashboard/profile", "/dashboard/sessions"] {
        let answer = charles.get(&format!("{page}?{naming}")).await;
        assert!(!answer.body.contains("Lovelace") && answer.body.contains("Babbage"), "{page}");
    }
}
