//! The engine on a real provider, the emulator, and a store in memory: whole flows, without any HTTP of ours.

mod app_data;
mod endings;
mod login;
mod messages;
mod refresh;

use std::{sync::Arc, time::Duration};

use reqwest::{Client, Response, header::LOCATION, redirect::Policy};
use scalekit::LoginRequest;
use scalekit_emulator::{Emulator, Options};
use secrecy::SecretString;
use url::Url;

use crate::{
    clock::Clock,
    id::SessionId,
    limits::Limits,
    login::{Browser, FinishedLogin, LoginCookies, LoginOrigin, LoginRefused, StartedLogin},
    memory::MemoryStore,
    seal::KeyRing,
    session::Session,
    sessions::{Current, Presence, Sessions},
    store::SessionStore,
};

/// Seeded people of the emulator, and the organization that both are in.
const ADA: &str = "usr_103845067215791001";
const CHARLES: &str = "usr_103845067215791002";

const PREFIX: &str = "login.";
const CALLBACK: &str = "http://localhost:3999/auth/callback";

/// A provider, a store, and the sessions of one process.
struct World {
    emulator: Emulator,
    store: Arc<MemoryStore>,
    clock: Clock,
    sessions: Sessions,
}

/// A login that the person has said who they are for: what the browser brings back.
struct Answered {
    query: String,
    held: Vec<(String, String)>,
}

impl World {
    async fn new() -> Self {
        let options = Options::default().with_port(0).with_app_url("http://localhost:3999");
        let emulator = Emulator::start(options).await.unwrap();
        let (store, clock) = (Arc::new(MemoryStore::default()), Clock::default());
        let sessions = sessions(&emulator, store.clone(), &clock);
        Self { emulator, store, clock, sessions }
    }

    /// Another process on the same store.
    fn replica(&self) -> Sessions {
        sessions(&self.emulator, self.store.clone(), &self.clock)
    }

    /// Lets the time pass, here and at the provider.
    fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
        self.emulator.control().advance_clock(seconds);
    }

    fn begin(&self, origin: LoginOrigin) -> StartedLogin {
        let cookies = LoginCookies { prefix: PREFIX, held: &[] };
        let callback = Url::parse(CALLBACK).unwrap();
        self.sessions.begin_login(&LoginRequest::default(), &callback, "/back", origin, cookies).unwrap()
    }

    /// Begins a login and has somebody choose their account at the provider.
    async fn answer(&self, origin: LoginOrigin, user: &str) -> Answered {
        let started = self.begin(origin);
        let query = choose(&started.url, user).await.query().unwrap().to_owned();
        Answered { query, held: vec![(started.cookie_name, started.cookie_value)] }
    }

    async fn finish(
        &self,
        answered: &Answered,
        session: Option<&SessionId>,
    ) -> Result<FinishedLogin<String>, LoginRefused<String>> {
        let cookies = LoginCookies { prefix: PREFIX, held: &answered.held };
        let browser = Browser { session: session.cloned(), ..Browser::default() };
        self.sessions.finish_login(&answered.query, cookies, browser).await
    }

    async fn sign_in(&self, user: &str) -> SessionId {
        let answered = self.answer(LoginOrigin::Here, user).await;
        self.finish(&answered, None).await.map_err(|refused| refused.problem).unwrap().session.unwrap()
    }

    async fn session(&self, id: &SessionId) -> Option<Arc<Session>> {
        match self.sessions.current(&id.key(), Presence::Watching).await {
            Current::SignedIn(session) => Some(session),
            Current::Ended => None,
            Current::Unavailable { .. } => panic!("nobody can tell"),
        }
    }

    fn refreshes(&self) -> u64 {
        self.emulator.control().state().token_calls_of("refresh_token")
    }

    fn exchanges(&self) -> u64 {
        self.emulator.control().state().token_calls_of("authorization_code")
    }
}

fn sessions(emulator: &Emulator, store: Arc<dyn SessionStore>, clock: &Clock) -> Sessions {
    let secret = SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let config =
        scalekit::Config::new(emulator.url(), emulator.client_id(), emulator.client_secret().to_owned().into());
    let client = scalekit::Client::new(config.unwrap()).unwrap();
    Sessions::new(store, KeyRing::parse(&secret).unwrap(), client, Limits::default(), clock.clone())
}

/// A browser at the provider: it chooses an account, and comes back to where it is sent.
async fn choose(authorize: &Url, user: &str) -> Url {
    let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let next = |base: &Url, answer: &Response| {
        let location = answer.headers().get(LOCATION).map_or("", |location| location.to_str().unwrap());
        base.join(location).unwrap()
    };
    let hosted = next(authorize, &client.get(authorize.clone()).send().await.unwrap());
    let person = Url::parse(&format!("{hosted}/person")).unwrap();
    let mut answer = client.post(person).form(&[("user", user)]).send().await.unwrap();
    let mut at = hosted;
    for _ in 0..5 {
        at = next(&at, &answer);
        if at.as_str().starts_with(CALLBACK) {
            return at;
        }
        answer = client.get(at.clone()).send().await.unwrap();
    }
    panic!("the provider does not lead back");
}

/// Waits for what happens beside: at most ten seconds.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..1000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain for {what}");
}
