//! A complete Axum application without Leptos: sign-in, a page, refresh, sign-out, and sign-out by Scalekit's
//! word. `cargo run -p scalekit-sessions --example axum` starts it with an emulated Scalekit: sign in as
//! anybody you see there.

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]
use std::{collections::HashMap, error::Error, sync::Arc};

use axum::Router;
use axum::extract::{Form, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_hardening::cookies::{SiteCookies, keep_plain_cookies};
use axum_hardening::cross_site::{CrossSite, refuse_cross_site_requests};
use axum_hardening::navigation::{Navigation, comes_from_here, require_navigation};
use axum_hardening::serve::{ServeLimits, serve, stop_signal};
use scalekit::{Client, Config, LoginRequest, LogoutRequest};
use scalekit_emulator::{Emulator, Options};
use scalekit_sessions::{
    Browser, Clock, Current, Device, KeyRing, LOGIN_LIFETIME, Limits, LoginCookies, LoginOrigin, MemoryStore, Presence,
    SessionId, Sessions, TakenLogoutToken,
};
use tokio::net::TcpListener;
use tower_cookies::{CookieManagerLayer, Cookies};
use url::Url;

const NOBODY: Html<&str> = Html("<h1>Nobody is signed in</h1><a href=/auth/login>Sign in</a>");
const NAVIGATION: Navigation = Navigation { is_page: |path| path == "/", acting: &["/auth/login", "/auth/callback"] };

struct App {
    sessions: Sessions,
    scalekit: Client,
    clock: Clock,
    cookies: SiteCookies,
    login_prefix: String,
    callback: Url,
    logged_out: Url,
}

impl App {
    fn session(&self, cookies: &Cookies) -> Option<SessionId> {
        SessionId::parse(cookies.get(&self.cookies.name("session"))?.value())
    }
}

fn pairs(cookies: &Cookies) -> Vec<(String, String)> {
    cookies.list().into_iter().map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect()
}

async fn page(State(app): State<Arc<App>>, cookies: Cookies) -> Response {
    let Some(id) = app.session(&cookies) else { return NOBODY.into_response() };
    match app.sessions.current(&id.key(), Presence::Active).await {
        Current::SignedIn(session) => {
            let name = session.person.name.as_deref().unwrap_or("you").replace('&', "&amp;").replace('<', "&lt;");
            Html(format!("<h1>Hello, {name}</h1><form method=post action=/logout><button>Sign out")).into_response()
        }
        Current::Ended => NOBODY.into_response(),
        Current::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn begin_login(State(app): State<Arc<App>>, cookies: Cookies, headers: HeaderMap) -> Response {
    let origin = if comes_from_here(&headers) { LoginOrigin::Here } else { LoginOrigin::Elsewhere };
    let held = LoginCookies { prefix: &app.login_prefix, held: &pairs(&cookies) };
    let begun = app.sessions.begin_login(&LoginRequest::default(), &app.callback, "/", origin, held);
    let Ok(started) = begun else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    started.surplus.into_iter().for_each(|name| cookies.add(app.cookies.cleared(name)));
    cookies.add(app.cookies.cookie(started.cookie_name, started.cookie_value, LOGIN_LIFETIME));
    Redirect::to(started.url.as_str()).into_response()
}

async fn finish_login(State(app): State<Arc<App>>, cookies: Cookies, headers: HeaderMap, query: RawQuery) -> Response {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let browser = Browser { device: Device::from_user_agent(agent), session: app.session(&cookies) };
    let held = LoginCookies { prefix: &app.login_prefix, held: &pairs(&cookies) };
    let finished = app.sessions.finish_login::<String>(&query.0.unwrap_or_default(), held, browser).await;
    let spent = finished.as_ref().map_or_else(|refused| &refused.spent, |finished| &finished.spent);
    spent.clone().into_iter().for_each(|name| cookies.add(app.cookies.cleared(name)));
    match finished {
        Ok(finished) => {
            if let Some(id) = finished.session {
                let (name, lifetime) = (app.cookies.name("session"), Limits::default().lifetime);
                cookies.add(app.cookies.cookie(name, id.to_cookie_value(), lifetime));
            }
            Redirect::to(&finished.back).into_response()
        }
        Err(refused) => (StatusCode::BAD_REQUEST, format!("Not signed in: {:?}\n", refused.problem)).into_response(),
    }
}

async fn logout(State(app): State<Arc<App>>, cookies: Cookies) -> Response {
    let Some(id) = app.session(&cookies) else { return Redirect::to("/").into_response() };
    let Ok(hint) = app.sessions.end(&id.key()).await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    cookies.add(app.cookies.cleared(app.cookies.name("session")));
    let (id_token_hint, post_logout_redirect_uri) = (hint.map(|hint| hint.id_token), app.logged_out.clone());
    let request = LogoutRequest { id_token_hint, post_logout_redirect_uri, state: None };
    Redirect::to(request.url(app.scalekit.config()).as_str()).into_response()
}

async fn backchannel_logout(State(app): State<Arc<App>>, Form(form): Form<HashMap<String, String>>) -> StatusCode {
    let token = form.get("logout_token").map_or("", String::as_str);
    match app.scalekit.verify_logout_token(token, app.clock.now()).await {
        Ok(token) => match app.sessions.take_logout_token(&token).await {
            Ok(TakenLogoutToken::Accepted) => StatusCode::OK,
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
            Ok(_) => StatusCode::BAD_REQUEST,
        },
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

/// The application and its emulated Scalekit, for `main` and for its test.
pub(crate) async fn start(listener: &TcpListener, clock: Clock) -> Result<(Router, Emulator), Box<dyn Error>> {
    let url: Url = format!("http://localhost:{}", listener.local_addr()?.port()).parse()?;
    let emulator = Emulator::start(Options::default().with_app_url(url.as_str().trim_end_matches('/'))).await?;
    let config = Config::new(emulator.url(), emulator.client_id(), emulator.client_secret().to_owned().into());
    let scalekit = Client::new(config.map_err(|errors| format!("{errors:?}"))?)?;
    // Yours comes from the environment: `openssl rand -base64 32`.
    let ring = KeyRing::parse(&"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into())?;
    let sessions =
        Sessions::new(Arc::new(MemoryStore::default()), ring, scalekit.clone(), Limits::default(), clock.clone());
    let cookies = SiteCookies::of(&url, "example");
    let (callback, logged_out) = (url.join("/auth/callback")?, url.join("/logged-out")?);
    let app =
        App { sessions, scalekit, clock, cookies, login_prefix: cookies.name("login") + ".", callback, logged_out };
    let router = Router::new()
        .route("/", get(page))
        .route("/logged-out", get(NOBODY))
        .route("/auth/login", get(begin_login))
        .route("/auth/callback", get(finish_login))
        .route("/logout", post(logout))
        .route_layer(from_fn_with_state(NAVIGATION, require_navigation))
        .layer(from_fn_with_state(CrossSite { site: Arc::new(url), forms_below: "/" }, refuse_cross_site_requests))
        .layer(CookieManagerLayer::new())
        .layer(from_fn(keep_plain_cookies))
        // Called by Scalekit's servers: without cookies, and signed.
        .route("/auth/backchannel-logout", post(backchannel_logout))
        .with_state(Arc::new(app));
    Ok((router, emulator))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:3004").await?;
    let (router, _emulator) = start(&listener, Clock::default()).await?;
    println!("http://localhost:3004");
    serve(listener, None, router, ServeLimits::default(), stop_signal()).await;
    Ok(())
}
