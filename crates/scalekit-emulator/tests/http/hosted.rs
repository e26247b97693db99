//! The pages for people.

use reqwest::StatusCode;

use crate::support::{ADA, ANALYTICAL, GRACE, HARBOR, claims_of, location, ok_json, query, world};

#[tokio::test]
async fn email_and_code_sign_in_and_a_wrong_code_is_said_beside_the_field() {
    let world = world().await;
    let page = location(&world.authorize(&[]).await);
    let answer = world.browser.post(&format!("{page}/email"), &[("email", "ADA@analytical.example")]).await;
    let code_page = location(&answer);
    assert!(code_page.ends_with("/code"));
    let html = world.browser.get(&code_page).await.text().await.unwrap();
    assert!(html.contains("424242") && html.contains(r#"name="code""#));

    let wrong = world.browser.post(&code_page, &[("code", "000000")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let html = wrong.text().await.unwrap();
    assert!(html.contains(r#"aria-describedby="code-error""#) && html.contains(r#"id="code-error" role="alert""#));

    let back = world.browser.post(&code_page, &[("code", "424 242")]).await;
    let tokens = ok_json(world.exchange(&query(&back)["code"]).await).await;
    assert_eq!(claims_of(&tokens["id_token"])["sub"], ADA);
}

#[tokio::test]
async fn a_one_time_code_expires_after_five_minutes() {
    let world = world().await;
    let page = location(&world.authorize(&[]).await);
    let code_page =
        location(&world.browser.post(&format!("{page}/email"), &[("email", "ada@analytical.example")]).await);
    world.control().advance_clock(300);
    let late = world.browser.post(&code_page, &[("code", "424242")]).await;
    assert_eq!(late.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(query(&world.browser.post(&code_page, &[("code", "424242")]).await).contains_key("code"));
}

#[tokio::test]
async fn an_unknown_address_is_offered_sign_up_and_a_malformed_one_is_refused() {
    let world = world().await;
    let page = location(&world.authorize(&[]).await);
    let unknown = world.browser.post(&format!("{page}/email"), &[("email", "new@startup.example")]).await;
    assert_eq!(unknown.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.text().await.unwrap().contains("/sign-up?email=new%40startup.example"));
    let malformed = world.browser.post(&format!("{page}/email"), &[("email", "nobody")]).await;
    assert_eq!(malformed.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(malformed.text().await.unwrap().contains(r#"id="email-error""#));
}

#[tokio::test]
async fn sign_up_makes_a_person_who_is_admin_of_an_organization_without_a_name() {
    let world = world().await;
    let page = location(&world.authorize(&[("prompt", "create")]).await);
    let taken = world.browser.post(&page, &[("name", ""), ("email", "ada@analytical.example")]).await;
    assert_eq!(taken.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("name", "Mary Somerville"), ("email", "mary@startup.example")];
    let code_page = location(&world.browser.post(&page, &fields).await);
    let back = world.browser.post(&code_page, &[("code", "424242")]).await;
    let tokens = ok_json(world.exchange(&query(&back)["code"]).await).await;
    let (access, id) = (claims_of(&tokens["access_token"]), claims_of(&tokens["id_token"]));
    assert_eq!(access["roles"][0], "admin");
    assert_eq!((&id["name"], &id["given_name"]), (&"Mary Somerville".into(), &"Mary".into()));
    assert!(id["oid"].as_str().unwrap().starts_with("org_") && id["sub"].as_str().unwrap().starts_with("usr_"));
    assert_ne!(id["oid"], ANALYTICAL);
}

#[tokio::test]
async fn sign_up_for_a_named_organization_gives_the_member_role_in_it() {
    let world = world().await;
    let page = location(&world.authorize(&[("prompt", "create"), ("organization_id", HARBOR)]).await);
    let code_page = location(&world.browser.post(&page, &[("email", "mary@harbor.example")]).await);
    let back = world.browser.post(&code_page, &[("code", "424242")]).await;
    let access = claims_of(&ok_json(world.exchange(&query(&back)["code"]).await).await["access_token"]);
    assert_eq!((&access["oid"], &access["roles"][0]), (&HARBOR.into(), &"member".into()));
}

#[tokio::test]
async fn cancel_returns_access_denied_and_ends_the_transaction() {
    let world = world().await;
    let page = location(&world.authorize(&[]).await);
    let back = query(&world.browser.post(&format!("{page}/cancel"), &[]).await);
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "state-1"));
    let over = world.browser.get(&page).await;
    assert_eq!(over.status(), StatusCode::GONE);
    assert!(over.text().await.unwrap().contains("http://localhost:3000/auth/login"));
    assert!(!world.browser.has_session_cookie());
}

#[tokio::test]
async fn a_person_of_two_organizations_chooses_one() {
    let world = world().await;
    let page = location(&world.authorize(&[]).await);
    let chooser = location(&world.browser.post(&format!("{page}/person"), &[("user", GRACE)]).await);
    assert!(chooser.ends_with("/organization"));
    let html = world.browser.get(&chooser).await.text().await.unwrap();
    assert!(html.contains("Harbor Compilers") && html.contains("Analytical Engines") && !html.contains("Orbital"));
    let foreign = world.browser.post(&chooser, &[("organization", "org_103845067215790303")]).await;
    assert_eq!(foreign.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let back = world.browser.post(&chooser, &[("organization", HARBOR)]).await;
    let tokens = ok_json(world.exchange(&query(&back)["code"]).await).await;
    assert_eq!(claims_of(&tokens["access_token"])["oid"], HARBOR);
}

#[tokio::test]
async fn two_tabs_sign_in_side_by_side() {
    let world = world().await;
    let (one, two) =
        (location(&world.authorize(&[("state", "1")]).await), location(&world.authorize(&[("state", "2")]).await));
    let second = query(&world.browser.post(&format!("{two}/person"), &[("user", ADA)]).await);
    let first = query(&world.browser.post(&format!("{one}/person"), &[("user", ADA)]).await);
    assert_eq!((first["state"].as_str(), second["state"].as_str()), ("1", "2"));
    ok_json(world.exchange(&first["code"]).await).await;
    ok_json(world.exchange(&second["code"]).await).await;
    assert_eq!(world.control().sessions().len(), 1);
}

#[tokio::test]
async fn another_person_in_the_same_browser_ends_the_first_session() {
    let world = world().await;
    let first = world.sign_in(ADA).await;
    let code = world.code_for("usr_103845067215791002", &[("prompt", "login")]).await;
    ok_json(world.exchange(&code).await).await;
    assert_eq!(world.refresh(first["refresh_token"].as_str().unwrap()).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(world.control().state().live_sessions, 1);
}

#[tokio::test]
async fn pages_have_no_scripts_and_a_policy_that_forbids_them() {
    let world = world().await;
    let page = location(&world.authorize(&[("login_hint", "<x>@\"harbor.example")]).await);
    let answer = world.browser.get(&page).await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self' http://localhost:3000;"));
    let html = answer.text().await.unwrap();
    assert!(!html.contains("<script") && !html.contains("style=") && html.contains("&lt;x&gt;@&quot;harbor.example"));
    for part in ["<html lang=\"en\">", "<title>Sign in", "<h1>", "<details>", "redirect_uri", "S256"] {
        assert!(html.contains(part), "{part}");
    }
    assert_eq!(html.matches("<h1").count(), 1);
}

#[tokio::test]
async fn a_form_posted_by_a_page_of_another_site_is_refused() {
    let world = world().await;
    let page = location(&world.authorize(&[]).await);
    let request = world.browser.client.post(format!("{page}/person")).header("sec-fetch-site", "cross-site");
    assert_eq!(request.form(&[("user", ADA)]).send().await.unwrap().status(), StatusCode::FORBIDDEN);
}
