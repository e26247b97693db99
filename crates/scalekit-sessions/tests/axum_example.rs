//! The example without Leptos, from sign-in to the provider's sign-out, over HTTP.
#![expect(clippy::unwrap_used, reason = "what fails fails the test")]

#[path = "../examples/axum.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod example;

use std::{collections::BTreeMap, time::Duration};

use axum_hardening::serve::{ServeLimits, serve};
use reqwest::{Client, Method, Url, header, redirect::Policy};
use scalekit_emulator::Emulator;
use scalekit_sessions::Clock;
use tokio::net::TcpListener;

const ADA: &str = "usr_103845067215791001";

/// A browser that shows every step.
struct Browser {
    client: Client,
    url: String,
    cookies: BTreeMap<String, String>,
}

struct Page {
    status: u16,
    location: String,
    body: String,
}

impl Browser {
    fn at(url: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { client, url: url.to_owned(), cookies: BTreeMap::new() }
    }

    async fn ask(&mut self, method: Method, address: &str, form: &[(&str, &str)]) -> Page {
        let url = Url::parse(&self.url).unwrap().join(address).unwrap();
        let is_ours = url.as_str().starts_with(&self.url);
        let mut request = self.client.request(method.clone(), url);
        if is_ours {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; ")).header("sec-fetch-site", "same-origin");
        }
        if method == Method::POST {
            request = request.form(form);
        }
        let answer = request.send().await.unwrap();
        let text = |name| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (status, location) = (answer.status().as_u16(), text(header::LOCATION));
        for cookie in answer.headers().get_all(header::SET_COOKIE).iter().filter(|_| is_ours) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Page { status, location, body: answer.text().await.unwrap() }
    }

    async fn get(&mut self, address: &str) -> Page {
        self.ask(Method::GET, address, &[]).await
    }

    async fn sign_in(&mut self, user: &str) {
        let authorize = self.get("/auth/login").await.location;
        let hosted = Url::parse(&authorize).unwrap().join(&self.get(&authorize).await.location).unwrap();
        let mut answer = self.ask(Method::POST, &format!("{hosted}/person"), &[("user", user)]).await;
        for _ in 0..5 {
            let next = hosted.join(&answer.location).unwrap();
            answer = self.get(next.as_str()).await;
            if next.as_str().starts_with(&self.url) {
                break;
            }
        }
        assert_eq!((answer.status, answer.location.as_str()), (303, "/"), "{}", answer.body);
        assert_eq!(self.cookies.len(), 1, "the attempt's cookie is gone, the session's is there");
    }
}

async fn started() -> (String, Emulator, Clock) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let clock = Clock::default();
    let (router, emulator) = example::start(&listener, clock.clone()).await.unwrap();
    tokio::spawn(serve(listener, None, router, ServeLimits::default(), std::future::pending()));
    (url, emulator, clock)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_signs_in_sees_the_page_is_refreshed_and_signs_out() {
    let (url, emulator, clock) = started().await;
    let mut browser = Browser::at(&url);
    assert!(browser.get("/").await.body.contains("Nobody is signed in"));
    browser.sign_in(ADA).await;
    assert!(browser.get("/").await.body.contains("Hello, Ada"));

    clock.advance(400);
    emulator.control().advance_clock(400);
    assert!(browser.get("/").await.body.contains("Hello, Ada"));
    assert_eq!(emulator.control().state().token_calls_of("refresh_token"), 1);

    let old = browser.cookies.clone();
    let away = browser.ask(Method::POST, "/logout", &[]).await;
    assert!(away.status == 303 && away.location.starts_with(emulator.url()), "{}", away.location);
    assert!(browser.cookies.is_empty());
    browser.cookies = old;
    assert!(browser.get("/").await.body.contains("Nobody is signed in"), "the record is gone, not just the cookie");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_at_the_provider_ends_here_and_other_sites_can_sign_nobody_out() {
    let (url, emulator, _) = started().await;
    let mut browser = Browser::at(&url);
    browser.sign_in(ADA).await;
    let cookie = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).next().unwrap();
    let elsewhere = Client::new().post(format!("{url}/logout")).header(header::COOKIE, cookie);
    let refused = elsewhere.header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(refused.status(), 403);
    assert!(browser.get("/").await.body.contains("Hello, Ada"));
    let picture = Client::new().get(format!("{url}/auth/login")).header("sec-fetch-dest", "image");
    assert_eq!(picture.send().await.unwrap().status(), 403, "no sign-in begins by a picture's address");

    let sessions = emulator.control().sessions();
    assert!(emulator.control().end_session(&sessions[0].sid));
    for _ in 0..500 {
        if browser.get("/").await.body.contains("Nobody is signed in") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the session goes on");
}
