//! Records and cookies that an earlier release wrote are read by this one: an upgrade signs nobody out, in
//! whichever store, and answers of sign-ins that were under way are taken. `tests/upgrade/README.md` tells
//! where the fixtures come from.

#[path = "../processes/support/redis.rs"]
#[expect(dead_code, reason = "shared with the tests of processes, which use all of it")]
mod redis;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use leptos_scalekit::server::settings::APPLICATION_NAMES;
use redis::Redis;
use scalekit_sessions::{
    KeyRing, SessionStore,
    redis::{RedisAddress, RedisStore},
    sqlite::SqliteStore,
};
use secrecy::SecretString;
use serde::Deserialize;

use crate::support::{ADA, App, Browser, start_app, until};

/// The project of the fixtures that had a name of its own.
const RENAMED: &str = "acme-customer-portal";

/// What `tests/upgrade/fixtures.json` holds.
#[derive(Deserialize)]
struct Fixtures {
    made_at: i64,
    app_url: String,
    secret: String,
    /// By the name of the project, and there by the kind of store.
    projects: BTreeMap<String, BTreeMap<String, Left>>,
    /// The commands that fill a Redis, values as base64.
    redis: Vec<Vec<String>>,
}

/// What browsers hold since the earlier release.
#[derive(Clone, Deserialize)]
struct Left {
    /// The session cookie of somebody who is signed in.
    session: String,
    /// A sign-in that is at the provider's page.
    attempt: Attempt,
}

#[derive(Clone, Deserialize)]
struct Attempt {
    name: String,
    value: String,
    /// Where the application sent the browser, without the provider's address.
    authorize: String,
}

/// An application of this release on a store of the earlier one, at that time.
struct Upgraded {
    app: App,
    app_url: String,
    left: Left,
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/upgrade"))
}

fn fixtures() -> Fixtures {
    serde_json::from_slice(&std::fs::read(folder().join("fixtures.json")).unwrap()).unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl Redis {
    /// Runs the commands of the fixtures. Nothing gets an end: Redis' own clock is not the fixtures'.
    fn fill(&self, commands: &[Vec<String>]) {
        let address = self.address();
        let mut connection = TcpStream::connect(address.trim_start_matches("redis://")).unwrap();
        let mut answers = BufReader::new(connection.try_clone().unwrap());
        for command in commands {
            let (value, words) = command.split_last().unwrap();
            let mut request = format!("*{}\r\n", command.len()).into_bytes();
            for word in words.iter().map(|word| word.clone().into_bytes()).chain([STANDARD.decode(value).unwrap()]) {
                request.extend(format!("${}\r\n", word.len()).bytes());
                request.extend(word);
                request.extend(b"\r\n");
            }
            connection.write_all(&request).unwrap();
            let mut answer = String::new();
            answers.read_line(&mut answer).unwrap();
            assert!(answer.starts_with([':', '+']), "{answer}");
        }
    }
}

/// The project of this name, upgraded.
async fn upgraded(name: &str, kind: &str, store: Arc<dyn SessionStore>) -> Upgraded {
    let fixtures = fixtures();
    let app = start_app(
        Some(&fixtures.app_url),
        store,
        |settings| {
            // What the project's settings say: the template's names, one of them renamed along with the
            // project.
            let names = [name].into_iter().chain(APPLICATION_NAMES).collect::<Vec<_>>();
            settings.key_ring = KeyRing::parse_with_former_names(&SecretString::from(fixtures.secret), &names).unwrap();
        },
        |config| config,
    )
    .await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    app.advance(fixtures.made_at - i64::try_from(now).unwrap());
    Upgraded { app, app_url: fixtures.app_url, left: fixtures.projects[name][kind].clone() }
}

/// A copy of the store's file, and what keeps it.
fn sqlite() -> (tempfile::TempDir, Arc<dyn SessionStore>) {
    let kept = tempfile::tempdir().unwrap();
    let path = kept.path().join("sessions.db");
    std::fs::copy(folder().join("sessions.db"), &path).unwrap();
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    (kept, store)
}

/// A server with the fixtures' content, and a project's store there.
async fn redis(name: &str) -> (Redis, Arc<dyn SessionStore>) {
    let server = Redis::start().await;
    server.fill(&fixtures().redis);
    let address = RedisAddress::parse(&server.address(), name).unwrap();
    (server, Arc::new(RedisStore::open(&address).unwrap()))
}

impl Upgraded {
    fn browser_with(&self, cookie: &str, value: &str) -> Browser {
        let mut browser = self.app.browser();
        browser.cookies.insert(cookie.to_owned(), value.to_owned());
        browser
    }

    /// Who was signed in is, on pages and by its list of sessions; and signs out with the ID token that the
    /// record holds.
    async fn nobody_is_signed_out(&self) {
        let mut browser = self.browser_with("__Host-session", &self.left.session);
        assert_eq!(self.app.user_of(&mut browser).await.as_deref(), Some(ADA));
        assert_eq!(browser.get("/dashboard/profile").await.status, 200);
        let page = browser.get("/dashboard/sessions").await;
        assert!(page.status == 200 && page.body.contains("This device"), "{}", page.body);

        let provider = browser.post("/api/logout", &[]).await;
        assert_eq!(provider.status, 302);
        let address = url::Url::parse(provider.location()).unwrap();
        let hint = address.query_pairs().find(|(name, _)| name == "id_token_hint").unwrap().1.into_owned();
        let claims = URL_SAFE_NO_PAD.decode(hint.split('.').nth(1).unwrap()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["sub"], ADA, "its tokens open too");
        let mut old = self.browser_with("__Host-session", &self.left.session);
        assert_eq!(self.app.user_of(&mut old).await, None, "and the record ends");
    }

    /// The person chooses an account at the provider after the upgrade.
    async fn the_sign_in_under_way_arrives(&self) {
        let attempt = &self.left.attempt;
        let mut browser = self.browser_with(&attempt.name, &attempt.value);
        let mut at_provider = browser.at(&self.app_url);
        let authorize = format!("{}{}", self.app.emulator.url(), attempt.authorize);
        let redirect = at_provider.get(&authorize).await;
        let hosted = url::Url::parse(&authorize).unwrap().join(redirect.location()).unwrap().to_string();
        let answer = at_provider.post(&format!("{hosted}/person"), &[("user", ADA)]).await;
        let callback = at_provider.follow_to_app(answer, &hosted).await;
        let landed = browser.get(&callback.replace(&self.app_url, &self.app.url)).await;
        assert_eq!((landed.status, landed.location()), (302, "/dashboard/sessions"), "{}", landed.body);
        assert_eq!(self.app.user_of(&mut browser).await.as_deref(), Some(ADA));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sqlite_file_of_an_earlier_release_signs_nobody_out() {
    for name in [APPLICATION_NAMES[0], RENAMED] {
        let (_kept, store) = sqlite();
        let upgraded = upgraded(name, "sqlite", store).await;
        upgraded.the_sign_in_under_way_arrives().await;
        upgraded.nobody_is_signed_out().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_of_an_earlier_release_signs_nobody_out() {
    for name in [APPLICATION_NAMES[0], RENAMED] {
        let (_server, store) = redis(name).await;
        let upgraded = upgraded(name, "redis", store).await;
        upgraded.the_sign_in_under_way_arrives().await;
        upgraded.nobody_is_signed_out().await;
    }
}
