//! One process through everything that can be counted: each series is there and right, and neither the
//! metrics nor the log, as talkative as it gets, holds a secret, a token, an address or a cookie.

#[path = "../support/tokens.rs"]
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use leptos_scalekit::{
    access::{ENDPOINTS, PAGES},
    server::ops::metrics::catalogue,
};
use reqwest::Method;
use scalekit_emulator::{Emulator, Endpoint, Fault, Options, SettingsChange, SignedWebhook};
use scalekit_sessions::metrics::Kind;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{ADA, Browser, free_port, until};
use tokens::holds_a_token;

const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Seconds; an access token must not end before a busy machine has verified it.
const SHORT_LIFETIME: u64 = 5;

/// A process that shows its metrics and writes its log to a file.
struct Observed {
    child: Child,
    emulator: Emulator,
    folder: TempDir,
    url: String,
    metrics: String,
    /// What must not be seen anywhere.
    secrets: BTreeSet<String>,
}

impl Observed {
    async fn start() -> Self {
        Self::start_with_metrics_at(free_port()).await
    }

    async fn start_with_metrics_at(metrics_port: u16) -> Self {
        let port = free_port();
        let url = format!("http://localhost:{port}");
        let folder = tempfile::tempdir().unwrap();
        let emulator =
            Emulator::start(Options::default().with_port(0).with_app_url(&url).with_shared_key()).await.unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_leptos-scalekit"))
            .current_dir(folder.path())
            .env_clear()
            .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
            .env("APP_URL", &url)
            .env("SCALEKIT_ENVIRONMENT_URL", emulator.url())
            .env("SCALEKIT_CLIENT_ID", emulator.client_id())
            .env("SCALEKIT_CLIENT_SECRET", emulator.client_secret())
            .env("SCALEKIT_WEBHOOK_SECRET", emulator.webhook_secret())
            .env("SESSION_STORE", "memory:")
            .env("SESSION_SECRET", SECRET)
            .env("METRICS_ADDR", format!("127.0.0.1:{metrics_port}"))
            .env("RUST_LOG", "debug")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let secrets = [SECRET, emulator.client_secret(), emulator.webhook_secret()].map(str::to_owned).into();
        let metrics = format!("http://127.0.0.1:{metrics_port}/metrics");
        let ready = format!("http://127.0.0.1:{port}/readyz");
        let process = Self { child, emulator, folder, url, metrics, secrets };
        until("the process", async || reqwest::get(&ready).await.is_ok_and(|answer| answer.status() == 200)).await;
        process
    }

    async fn scrape(&self) -> Scrape {
        let answer = reqwest::get(&self.metrics).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        Scrape(answer.text().await.unwrap())
    }

    /// A browser in which Ada has signed in. Codes, states and cookies on the way are secrets.
    async fn signed_in(&mut self) -> Browser {
        let mut browser = Browser::new(&self.url);
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        self.secrets.extend(browser.cookies.values().cloned());
        self.secrets.extend(parameters(&callback).into_values());
        assert_eq!(browser.get(&callback).await.location(), "/dashboard/profile");
        self.secrets.extend(browser.cookies.values().cloned());
        browser
    }

    fn set_token_lifetime(&self, seconds: u64) {
        let change = SettingsChange { access_token_lifetime: Some(seconds), ..SettingsChange::default() };
        self.emulator.control().change_settings(change);
    }

    async fn send_webhook(&self, webhook: &SignedWebhook) -> u16 {
        let request = Browser::new(&self.url)
            .request(Method::POST, "/webhooks/scalekit")
            .header("webhook-id", &webhook.id)
            .header("webhook-timestamp", webhook.timestamp.to_string())
            .header("webhook-signature", &webhook.signature)
            .body(webhook.body.clone());
        request.send().await.unwrap().status().as_u16()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Secrets that we have seen on the way, and whatever looks like one.
    fn assert_tells_nothing(&self, what: &str, text: &str) {
        for secret in self.secrets.iter().filter(|secret| secret.len() > 8) {
            assert!(!text.contains(secret.as_str()), "{secret:?} is in the {what}");
        }
        assert!(!holds_a_token(text), "a token is in the {what}");
        // How every seeded address looks.
        for sign in ["@analytical.example", "analytical%2Eexample", "%40analytical", "code_verifier"] {
            assert!(!text.contains(sign), "{sign:?} is in the {what}");
        }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The query of a URL.
fn parameters(url: &str) -> BTreeMap<String, String> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

/// One answer of `/metrics`.
struct Scrape(String);

impl Scrape {
    /// The value of a sample, written as Prometheus writes it.
    fn value(&self, sample: &str) -> f64 {
        self.find(sample).unwrap_or_else(|| panic!("{sample} is missing in {}", self.0))
    }

    fn find(&self, sample: &str) -> Option<f64> {
        let found = |line: &str| line.rsplit_once(' ').filter(|(name, _)| *name == sample)?.1.parse().ok();
        self.0.lines().find_map(found)
    }

    /// Each sample's series and labels.
    fn samples(&self) -> Vec<(&str, BTreeMap<&str, &str>)> {
        let samples = self.0.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        samples
            .map(|line| {
                let (sample, _) = line.rsplit_once(' ').unwrap();
                let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
                let pairs = labels.trim_end_matches('}').split("\",").filter(|pair| !pair.is_empty());
                let pairs = pairs.map(|pair| pair.split_once("=\"").unwrap());
                (name, pairs.map(|(label, word)| (label, word.trim_end_matches('"'))).collect())
            })
            .collect()
    }

    /// Every series of the catalogue is here, nothing else is, and labels have the words they may have.
    fn assert_is_the_catalogue(&self) {
        let routes: BTreeSet<&str> = PAGES
            .iter()
            .map(|page| page.path)
            .chain(ENDPOINTS.iter().map(|rule| rule.path))
            .chain(["/healthz", "/readyz", "(none)"])
            .collect();
        let mut seen = BTreeSet::new();
        for (sample, mut labels) in self.samples() {
            let belongs = |name: &str, kind| match kind {
                Kind::Histogram(_) => ["_bucket", "_sum", "_count"].iter().any(|end| sample == format!("{name}{end}")),
                Kind::Counter | Kind::Gauge => sample == name,
            };
            let series = catalogue::all().find(|series| belongs(series.name, series.kind));
            let series = series.unwrap_or_else(|| panic!("{sample} is not in the catalogue"));
            seen.insert(series.name);
            if sample.ends_with("_bucket") {
                labels.remove("le");
            }
            assert_eq!(
                labels.keys().copied().collect::<BTreeSet<_>>(),
                series.labels.iter().map(|(label, _)| *label).collect()
            );
            for (label, words) in series.labels {
                let word = labels[label];
                match *label {
                    "route" => assert!(routes.contains(word), "{word} is no route"),
                    "status" => assert!(word.parse::<u16>().is_ok_and(|status| (100..600).contains(&status))),
                    _ => assert!(words.contains(&word), "{sample} {label}={word}"),
                }
            }
        }
        assert_eq!(seen, catalogue::all().map(|series| series.name).collect());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_happens_is_counted_and_no_secret_is_told() {
    let mut process = Observed::start().await;
    process.scrape().await.assert_is_the_catalogue();

    sign_ins(&mut process).await;
    refreshes_and_an_outage(&mut process).await;
    notifications(&mut process).await;
    an_unknown_key(&mut process).await;

    let scrape = process.scrape().await;
    scrape.assert_is_the_catalogue();
    for operation in ["create", "load", "replace", "delete", "mark", "unmark", "acquire_lease", "release_lease", "ping"]
    {
        let sample =
            format!("scalekit_session_store_duration_seconds_count{{operation=\"{operation}\",outcome=\"done\"}}");
        assert!(scrape.value(&sample) >= 1.0, "{sample}");
    }
    assert!(scrape.value("process_start_time_seconds") > 1.7e9);
    process.assert_tells_nothing("metrics", &scrape.0);
    let log = process.log();
    process.assert_tells_nothing("log", &log);
    assert!(log.contains("DEBUG") && log.contains("answered"), "{log}");
    assert!(log.lines().all(|line| !line.chars().any(char::is_control)), "the log holds control characters");
    assert!(!log.lines().any(|line| line.starts_with("forged")), "a line of somebody else's is in the log");
}

/// As in a rolling start: the process before still has the address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_in_use_keeps_no_process_from_serving_and_is_taken_when_it_is_free() {
    let before = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let process = Observed::start_with_metrics_at(before.local_addr().unwrap().port()).await;
    assert!(process.log().contains("METRICS_ADDR is in use"), "{}", process.log());
    drop(before);
    let asked = async || reqwest::get(&process.metrics).await.is_ok_and(|answer| answer.status() == 200);
    until("the metrics", asked).await;
}

async fn sign_ins(process: &mut Observed) {
    let before = process.scrape().await;
    assert!(before.value("scalekit_sessions_active").abs() < 0.5);
    let mut browser = process.signed_in().await;
    assert_eq!(browser.get("/dashboard").await.status, 200);

    // One answer to nothing, and one genuine answer with everything in it that could break a log.
    let mut stranger = Browser::new(&process.url);
    let unknown = stranger.get("/auth/callback?code=abc&state=AAAAAAAAAAAAAAAAAAAAAAAA").await;
    assert!(unknown.status >= 400);
    let start = stranger.get("/auth/login").await;
    let state = parameters(start.location()).remove("state").unwrap();
    let hostile = "error=access_denied&error_description=a%0D%0Aforged%1B%5B2J%C2%9B1m%E2%80%AE";
    assert!(stranger.get(&format!("/auth/callback?{hostile}&state={state}")).await.status >= 400);
    process.secrets.insert(state);
    let request = stranger.request(Method::GET, "/%0D%0Aforged%1B%5B2J").header("x-request-id", "forged");
    assert_eq!(stranger.send(request).await.status, 404);

    let scrape = process.scrape().await;
    assert_close(scrape.value("scalekit_sign_ins_total{outcome=\"done\"}"), 1.0);
    assert_close(scrape.value("scalekit_sign_ins_total{outcome=\"no_attempt\"}"), 1.0);
    assert_close(scrape.value("scalekit_sign_ins_total{outcome=\"cancelled\"}"), 1.0);
    assert_close(scrape.value("scalekit_sessions_active"), 1.0);
    assert_close(scrape.value(&token_calls("authorization_code", "done")), 1.0);
    assert_close(scrape.value("http_requests_total{route=\"/auth/callback\",status=\"302\"}"), 1.0);
    assert_close(scrape.value("http_requests_total{route=\"/dashboard\",status=\"200\"}"), 1.0);
    assert_close(scrape.value("http_request_duration_seconds_count{route=\"/dashboard\"}"), 1.0);
    assert!(scrape.value("http_requests_total{route=\"(none)\",status=\"404\"}") >= 1.0);

    assert_eq!(browser.post("/api/logout", &[]).await.status, 302);
    let scrape = process.scrape().await;
    assert_close(scrape.value("scalekit_sessions_ended_total{by=\"owner\"}"), 1.0);
    assert!(scrape.value("scalekit_sessions_active").abs() < 0.5);
}

async fn refreshes_and_an_outage(process: &mut Observed) {
    process.set_token_lifetime(SHORT_LIFETIME);
    let mut done = process.signed_in().await;
    let mut never = process.signed_in().await;
    let mut later = process.signed_in().await;
    let end = Instant::now() + Duration::from_secs(SHORT_LIFETIME + 1);
    process.set_token_lifetime(300);
    tokio::time::sleep_until(end.into()).await;

    assert_eq!(done.get("/dashboard").await.status, 200);
    let control = process.emulator.control();
    control.add_fault(Fault::status(Endpoint::Token, 400).with_error("invalid_grant").for_grant("refresh_token"));
    assert_eq!(never.get("/dashboard").await.status, 302);
    control.add_fault(Fault::status(Endpoint::Token, 503).for_grant("refresh_token").times(0));
    assert_eq!(later.get("/dashboard").await.status, 503);

    let scrape = process.scrape().await;
    assert_close(scrape.value("scalekit_refreshes_total{outcome=\"done\"}"), 1.0);
    assert_close(scrape.value("scalekit_refreshes_total{outcome=\"never\"}"), 1.0);
    assert_close(scrape.value("scalekit_refreshes_total{outcome=\"later\"}"), 1.0);
    assert_close(scrape.value(&token_calls("refresh_token", "done")), 1.0);
    assert_close(scrape.value(&token_calls("refresh_token", "ended")), 1.0);
    assert_close(scrape.value(&token_calls("refresh_token", "unavailable")), 1.0);
    assert_close(scrape.value("scalekit_provider_pauses_total"), 1.0);
    assert_close(scrape.value("scalekit_sessions_ended_total{by=\"provider\"}"), 1.0);
    assert_close(scrape.value("http_requests_total{route=\"/dashboard\",status=\"503\"}"), 1.0);

    process.emulator.control().clear_faults();
    until("the end of the pause", async || later.get("/dashboard").await.status == 200).await;
    let scrape = process.scrape().await;
    assert_close(scrape.value("scalekit_refreshes_total{outcome=\"done\"}"), 2.0);
}

async fn notifications(process: &mut Observed) {
    let mut browser = process.signed_in().await;
    let sid = browser.claim("sid").await;
    let event = json!({ "user": { "id": ADA }, "user_session": { "session_id": sid, "user_id": ADA } });
    let webhook = process.emulator.control().webhook("user.logout", event);
    assert_eq!(process.send_webhook(&webhook).await, 204);
    assert_eq!(process.send_webhook(&webhook).await, 200);
    assert_eq!(process.send_webhook(&SignedWebhook { signature: String::new(), ..webhook }).await, 400);
    assert_eq!(browser.get("/dashboard").await.status, 302);

    let request = browser.request(Method::POST, "/auth/backchannel-logout").form(&[("logout_token", "forged")]);
    assert_eq!(request.send().await.unwrap().status(), 400);
    let scrape = process.scrape().await;
    let of =
        |kind, outcome| scrape.value(&format!("scalekit_notifications_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}"));
    // The emulator has sent some of its own.
    assert!(of("webhook", "accepted") >= 1.0);
    assert_close(of("webhook", "repeated"), 1.0);
    assert_close(of("webhook", "refused"), 1.0);
    assert_close(of("backchannel_logout", "refused"), 1.0);
    assert_close(scrape.value("scalekit_sessions_ended_total{by=\"provider\"}"), 2.0);
}

async fn an_unknown_key(process: &mut Observed) {
    let fetches = |scrape: &Scrape| scrape.value("scalekit_key_set_fetches_total{outcome=\"done\"}");
    let before = fetches(&process.scrape().await);
    process.emulator.control().rotate_keys(false).unwrap();
    process.signed_in().await;
    let scrape = process.scrape().await;
    assert_close(fetches(&scrape), before + 1.0);
    assert_close(scrape.value("scalekit_key_set_fetches_total{outcome=\"failed\"}"), 0.0);
}

fn token_calls(grant: &str, outcome: &str) -> String {
    format!("scalekit_token_call_duration_seconds_count{{grant=\"{grant}\",outcome=\"{outcome}\"}}")
}

/// Counts are whole numbers, written as floats.
#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 0.5, "{found} instead of {expected}");
}
