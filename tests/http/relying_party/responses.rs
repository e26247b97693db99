//! Authorization responses that say too much, and requests of the callback that are none: 4xx, no token call,
//! and the genuine answer still works afterwards. The rest of the callback is in `callback.rs`.

use reqwest::Method;

use crate::{
    callback::refused,
    support::{ADA, app},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doubled_oversized_and_contradictory_parameters_are_refused() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let (_, query) = callback.split_once('?').unwrap();
    for wrong in [
        format!("{query}&code=other"),
        format!("code=other&{query}"),
        format!("{query}&%63ode=other"),
        format!("{query}&state=other"),
        format!("state=other&{query}"),
        format!("{query}&{query}"),
        format!("{query}&error=access_denied"),
        format!("error=access_denied&{query}"),
        format!("{query}&error=access_denied&error=server_error"),
        format!("{query}&iss={0}&iss={0}", app.emulator.url()),
        format!("{query}&error_description={}", "a".repeat(3000)),
        format!("{query}&x=%zz"),
        format!("{query}&x=%ff"),
        query.replace("code=", "CODE="),
        query.replace("code=", "code%00="),
        query.replace("state=", "State="),
        query.replace('&', ";"),
    ] {
        let page = refused(&app, &mut browser, &format!("/auth/callback?{wrong}")).await;
        assert_eq!(page.status, 400, "{wrong:.200}");
        assert!(!browser.cookies.contains_key("session"));
    }
    let oversized = browser.get(&format!("{callback}&x={}", "a".repeat(9000))).await;
    assert_eq!(oversized.status, 414);
    // An overlong request line does not get as far as a page.
    let endless = browser.request(Method::GET, &format!("{callback}&x={}", "a".repeat(100_000))).send().await;
    assert!(endless.is_err() || endless.is_ok_and(|answer| answer.status().is_client_error()));
    assert_eq!(app.token_calls("authorization_code"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_answer_does_not_use_the_attempt_up() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    for extra in ["&code=other", "&state=other", "&error=access_denied"] {
        assert_eq!(refused(&app, &mut browser, &format!("{callback}{extra}")).await.status, 400, "{extra}");
    }
    assert_eq!(browser.get(&callback).await.status, 302);
    assert_eq!(app.token_calls("authorization_code"), 1);
}

/// RFC 9207: an `iss` of somebody else means a mix-up. It uses the attempt up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_issuers_answer_is_refused_for_good() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let foreign = format!("{callback}&iss=https%3A%2F%2Fevil.example");
    assert_eq!(refused(&app, &mut browser, &foreign).await.status, 400);
    assert_eq!(refused(&app, &mut browser, &callback).await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_get_of_the_callback_exchanges_the_code() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let (address, query) = callback.split_once('?').unwrap();
    let same_site = |method: &Method, url: &str| {
        browser.request(method.clone(), url).header("sec-fetch-site", "same-origin").header("origin", app.url.as_str())
    };
    for method in [Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        // Both as a query and as `response_mode=form_post` would.
        for request in [
            same_site(&method, &callback),
            same_site(&method, address)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(query.to_owned()),
            browser.request(method.clone(), &callback),
        ] {
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_client_error(), "{method}: {}", answer.status());
            assert!(answer.headers().get("set-cookie").is_none(), "{method}");
        }
    }
    assert_eq!(app.token_calls("authorization_code"), 0);
    assert_eq!(browser.get(&callback).await.status, 302, "the attempt is still good");
    assert_eq!(app.token_calls("authorization_code"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_spelling_of_the_callbacks_path_is_no_way_around() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let (_, query) = callback.split_once('?').unwrap();
    for path in ["/auth/callback/", "//auth/callback", "/auth/callback//", "/AUTH/CALLBACK", "/auth/%63allback"] {
        let request = browser.request(Method::HEAD, &format!("{}{path}?{query}", app.url));
        let answer = request.send().await.unwrap();
        assert!(answer.status().as_u16() >= 300, "{path}: {}", answer.status());
    }
    assert_eq!(app.token_calls("authorization_code"), 0);
}
