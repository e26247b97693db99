//! Plain forms posted to server functions, with a `Referer` of any kind: no answer leads off this site.

use leptos_scalekit::access::ENDPOINTS;
use reqwest::Method;
use url::Url;

use crate::support::{ADA, App, Browser, app};

async fn post_form(browser: &mut Browser, path: &str, referer: &[u8]) -> crate::support::Page {
    let referer = reqwest::header::HeaderValue::from_bytes(referer).unwrap();
    let request = browser
        .request(Method::POST, path)
        .header("sec-fetch-site", "same-origin")
        .header("referer", referer)
        .form(&[("id", "x"), ("query", "code=x&state=yyyyyyyyyyyy")]);
    browser.send(request).await
}

fn functions() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().map(|rule| rule.path).filter(|path| path.starts_with("/api/"))
}

/// Referers that are not a page of this application.
fn hostile(app: &App) -> Vec<Vec<u8>> {
    let port = app.url.rsplit(':').next().unwrap();
    let texts = [
        "https://evil.example/".to_owned(),
        "https://evil.example/dashboard?__path=x".to_owned(),
        "//evil.example/".to_owned(),
        "/\\evil.example/".to_owned(),
        "javascript:alert(1)".to_owned(),
        "data:text/html,x".to_owned(),
        "evil.example".to_owned(),
        String::new(),
        format!("http://localhost:{port}@evil.example/"),
        format!("http://localhost:{port}.evil.example/"),
        format!("https://localhost:{port}/"),
        "http://localhost:1/".to_owned(),
        format!("http://user@localhost:{port}/"),
        format!("http://evil.example\\@localhost:{port}/"),
    ];
    texts.into_iter().map(String::into_bytes).chain([b"https://evil.example/\xff".to_vec()]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_referer_leads_a_posted_form_off_this_site() {
    let app = app().await;
    let origin = Url::parse(&app.url).unwrap();
    for path in functions() {
        for referer in hostile(&app) {
            // One with a session, in which all of them succeed, and one in which most fail.
            let mut signed_in = app.signed_in(ADA).await;
            for browser in [&mut app.browser(), &mut signed_in] {
                let answer = post_form(browser, path, &referer).await;
                let Some(location) = answer.headers.get("location") else { continue };
                let location = location.to_str().unwrap();
                let landed = origin.join(location).unwrap();
                let is_sign_out = path == "/api/logout" && location.starts_with(app.emulator.url());
                assert!(is_sign_out || landed.origin() == origin.origin(), "{path} leads to {location}");
                assert!(!location.contains("evil") && !location.contains("user@"), "{path} leads to {location}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_this_site_returns_to_its_page() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let page = format!("{}/dashboard?tab=a", app.url);
    let answer = post_form(&mut browser, "/api/current_session", page.as_bytes()).await;
    assert_eq!((answer.status, answer.location(), answer.body.as_str()), (302, page.as_str(), ""));
}
