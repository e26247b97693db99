//! A browser and an app, by hand.

use std::{cell::RefCell, collections::BTreeMap};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Response, StatusCode, Url, header, redirect::Policy};
use scalekit_emulator::{Control, Emulator, Options, SettingsChange};
use serde_json::Value;

pub(crate) const APP: &str = "http://localhost:3000";
pub(crate) const CALLBACK: &str = "http://localhost:3000/auth/callback";
pub(crate) const LOGGED_OUT: &str = "http://localhost:3000/logged-out";
pub(crate) const ADA: &str = "usr_103845067215791001";
pub(crate) const GRACE: &str = "usr_103845067215791003";
pub(crate) const ALAN: &str = "usr_103845067215791004";
pub(crate) const KATHERINE: &str = "usr_103845067215791005";
pub(crate) const ANALYTICAL: &str = "org_103845067215790101";
pub(crate) const HARBOR: &str = "org_103845067215790202";
pub(crate) const ORBITAL: &str = "org_103845067215790303";
pub(crate) const ALL_SCOPES: &str = "openid profile email offline_access";
// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// One emulator and one browser. Nothing listens at `APP`, or something that has no part in these tests: it
/// is told nothing. `receiver` has an app that listens.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) browser: Browser,
    /// Where codes are sent.
    callback: String,
}

pub(crate) async fn world() -> World {
    let world = world_of(APP).await;
    world.control().change_settings(SettingsChange { notify_apps: Some(false), ..SettingsChange::default() });
    world
}

/// The same for an app that is told what happens.
pub(crate) async fn world_of(app: &str) -> World {
    let emulator = Emulator::start(Options::default().with_app_url(app).with_shared_key()).await.unwrap();
    World { callback: format!("{app}/auth/callback"), ..World::around(emulator) }
}

impl World {
    /// A browser beside an emulator that was started otherwise.
    pub(crate) fn around(emulator: Emulator) -> Self {
        Self { browser: Browser::new(emulator.url()), emulator, callback: CALLBACK.to_owned() }
    }

    pub(crate) fn control(&self) -> &Control {
        self.emulator.control()
    }

    /// The usual authorization request with changes: an empty value removes a parameter.
    pub(crate) fn authorize_url(&self, changes: &[(&str, &str)]) -> String {
        let mut parameters = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", "skc_emulator"),
            ("redirect_uri", self.callback.as_str()),
            ("scope", ALL_SCOPES),
            ("state", "state-1"),
            ("nonce", "nonce-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        parameters.extend(changes.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        Url::parse_with_params(&format!("{}/oauth/authorize", self.emulator.url()), parameters).unwrap().to_string()
    }

    pub(crate) async fn authorize(&self, changes: &[(&str, &str)]) -> Response {
        self.browser.get(&self.authorize_url(changes)).await
    }

    /// Authorize, one click, and back: the code.
    pub(crate) async fn code_for(&self, user: &str, changes: &[(&str, &str)]) -> String {
        let page = location(&self.authorize(changes).await);
        let back = self.browser.post(&format!("{page}/person"), &[("user", user)]).await;
        query(&back)["code"].clone()
    }

    pub(crate) async fn token(&self, fields: &[(&str, &str)]) -> Response {
        let mut form = BTreeMap::from([("client_id", "skc_emulator"), ("client_secret", "test_emulator_secret")]);
        form.extend(fields.iter().copied());
        form.retain(|_, value| !value.is_empty());
        let url = format!("{}/oauth/token", self.emulator.url());
        self.browser.client.post(url).form(&form).send().await.unwrap()
    }

    pub(crate) async fn exchange(&self, code: &str) -> Response {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.callback),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Response {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// One click and the exchange.
    pub(crate) async fn sign_in(&self, user: &str) -> Value {
        let code = self.code_for(user, &[]).await;
        ok_json(self.exchange(&code).await).await
    }
}

/// A client that follows no redirects and keeps the emulator's cookies.
pub(crate) struct Browser {
    pub(crate) client: Client,
    base: String,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { client, base: base.to_owned(), cookies: RefCell::default() }
    }

    pub(crate) async fn get(&self, url: &str) -> Response {
        self.send(self.client.get(self.absolute(url))).await
    }

    pub(crate) async fn post(&self, url: &str, fields: &[(&str, &str)]) -> Response {
        self.send(self.client.post(self.absolute(url)).form(fields)).await
    }

    pub(crate) fn forget_cookies(&self) {
        self.cookies.borrow_mut().clear();
    }

    pub(crate) fn has_session_cookie(&self) -> bool {
        self.cookies.borrow().contains_key("scalekit_emulator_session")
    }

    fn absolute(&self, url: &str) -> String {
        if url.starts_with('/') { format!("{}{url}", self.base) } else { url.to_owned() }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Response {
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(header::COOKIE, cookies.join("; ")).send().await.unwrap();
        for value in answer.headers().get_all(header::SET_COOKIE) {
            let text = value.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.borrow_mut().remove(name);
            } else {
                self.cookies.borrow_mut().insert(name.into(), value.into());
            }
        }
        answer
    }
}

pub(crate) fn location(answer: &Response) -> String {
    assert!(answer.status().is_redirection(), "{}", answer.status());
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

/// The query of a redirect to the callback.
pub(crate) fn query(answer: &Response) -> BTreeMap<String, String> {
    let location = location(answer);
    let path = CALLBACK.strip_prefix(APP).unwrap();
    assert!(location.contains(&format!("{path}?")), "{location}");
    Url::parse(&location).unwrap().query_pairs().into_owned().collect()
}

pub(crate) async fn ok_json(answer: Response) -> Value {
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

/// The OAuth error of a refusal.
pub(crate) async fn error(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert!(body["error_description"].is_string());
    (status, body["error"].as_str().unwrap().to_owned())
}

pub(crate) fn header_of(token: &Value) -> Value {
    part(token, 0)
}

pub(crate) fn claims_of(token: &Value) -> Value {
    part(token, 1)
}

fn part(token: &Value, index: usize) -> Value {
    let text = token.as_str().unwrap().split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}
