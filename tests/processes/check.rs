//! `leptos-scalekit check`: every line, with a provider that is well, one that is not, and one that is
//! another.

use leptos_scalekit::server::{parts::Part, settings::example_store};
use scalekit_emulator::{Emulator, Endpoint, Fault, FaultKind, Options, SettingsChange};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support::{answer, program, program_with_provider};

const APP_URL: &str = "http://localhost:4000";

/// What has to be registered is the same in every case.
fn addresses() -> String {
    let lines = ADDRESSES.split_inclusive('\n').filter(|line| Part::Webhooks.is_here() || !line.contains("webhooks"));
    lines.collect()
}

const ADDRESSES: &str = concat!(
    "ok       full-stack      Full-Stack Auth has to be on, which only a sign-in can show -> Switch it on (Dashboard > Authentication > General)\n",
    "ok       redirect        http://localhost:4000/auth/callback -> Register it (Dashboard > Authentication > Redirects > Allowed callback URLs)\n",
    "ok       initiate-login  http://localhost:4000/auth/login -> Register it (Dashboard > Authentication > Redirects > Initiate login URL)\n",
    "ok       post-logout     http://localhost:4000/logged-out -> Register it (Dashboard > Authentication > Redirects > Post-logout URLs)\n",
    "ok       back-channel    http://localhost:4000/auth/backchannel-logout -> Register it (Dashboard > Authentication > Redirects > Back-channel logout URL)\n",
    "ok       webhooks        http://localhost:4000/webhooks/scalekit -> Add it as an endpoint (Dashboard > Webhooks) with this secret\n",
    "ok       cookies         session.leptos-scalekit.4000 without Secure, as APP_URL is http on this machine\n",
    "ok       limits          requests a minute of an address and of all: login_start=600/12000, callback=600/9000, server_function=1200/120000\n",
);

const SETTINGS: &str = "ok       settings        all are right, for LEPTOS_ENV=DEV\n";

/// Where the checked application keeps its sessions, and what is said of that.
fn store() -> (&'static str, String) {
    if Part::Sqlite.is_here() {
        let line = "ok       store           sqlite:sessions.db: a record was written, read and deleted\n";
        return ("sqlite:sessions.db", line.to_owned());
    }
    let line = "warning  store           memory: forgets every session when the process ends";
    ("memory:", format!("{line} -> Set SESSION_STORE={}\n", example_store()))
}

pub(super) async fn emulator() -> Emulator {
    Emulator::start(Options::default().with_port(0).with_app_url(APP_URL).with_shared_key()).await.unwrap()
}

/// The check of an application that belongs to the emulator.
pub(super) fn check(folder: &TempDir, emulator: &Emulator) -> Command {
    let mut command = program(folder.path());
    command
        .arg("check")
        .env("APP_URL", APP_URL)
        .env("SCALEKIT_ENVIRONMENT_URL", emulator.url())
        .env("SCALEKIT_CLIENT_ID", emulator.client_id())
        .env("SCALEKIT_CLIENT_SECRET", emulator.client_secret())
        .env("SCALEKIT_WEBHOOK_SECRET", emulator.webhook_secret())
        .env("SESSION_STORE", store().0);
    command
}

/// The line of one check, without its columns' spaces.
pub(super) fn line(output: &str, check: &str) -> String {
    let line = output.lines().find(|line| line.split_whitespace().nth(1) == Some(check)).unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_set_up_has_nothing_but_ok() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    let (status, output) = answer(&mut check(&folder, &emulator)).await;
    let url = emulator.url();
    let provider = format!(
        "\
ok       discovery       {url} answers
ok       keys            the signing keys are there
ok       issuer          {url} calls itself so
ok       credentials     client ID and client secret are accepted
ok       session-api     this application may ask for people's sessions
ok       clock           this machine's clock and the provider's agree
"
    );
    assert_eq!(output, [SETTINGS, &store().1, &provider, &addresses()].concat());
    assert_eq!(status, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_get_json_with_the_same_lines() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    let (status, output) = answer(check(&folder, &emulator).arg("--json")).await;
    assert_eq!((status, output.lines().count()), (0, 1));
    let report: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(report["outcome"], if Part::Sqlite.is_here() { "ok" } else { "warning" });
    let checks: Vec<_> =
        report["checks"].as_array().unwrap().iter().map(|line| line["check"].as_str().unwrap()).collect();
    let names = [
        "settings",
        "store",
        "discovery",
        "keys",
        "issuer",
        "credentials",
        "session-api",
        "clock",
        "full-stack",
        "redirect",
        "initiate-login",
        "post-logout",
        "back-channel",
        "webhooks",
        "cookies",
        "limits",
    ];
    let names = names.into_iter().filter(|name| Part::Webhooks.is_here() || *name != "webhooks");
    assert_eq!(checks, names.collect::<Vec<_>>());
    assert_eq!(report["checks"][9]["message"], "http://localhost:4000/auth/callback");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_provider_fails_whatever_needs_it_and_nothing_else() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    let mut check = check(&folder, &emulator);
    let url = emulator.url().to_owned();
    emulator.stop().await;
    let (status, output) = answer(&mut check).await;
    // What the system says of it is not ours.
    let cause = output.split("the connection failed (").nth(1).unwrap().split(") -> ").next().unwrap();
    assert!(cause.contains("Connection refused"), "{cause}");
    let reach = "-> Check SCALEKIT_ENVIRONMENT_URL, and that this machine reaches it";
    let provider = format!(
        "\
failure  discovery       {url} gives no discovery document: the connection failed ({cause}) {reach}
failure  keys            the signing keys can't be fetched: the connection failed ({cause}) {reach}
warning  issuer          not checked: there is no discovery document
failure  credentials     client ID and client secret can't be tried: the connection failed ({cause}) {reach}
warning  clock           not checked: no answer of the provider tells its time
"
    );
    assert_eq!(output, [SETTINGS, &store().1, &provider, &addresses()].concat());
    assert_eq!(status, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_hangs_or_stumbles_is_named_within_bounded_time() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    let fault = |endpoint, kind| emulator.control().add_fault(Fault::new(endpoint, kind));
    fault(Endpoint::Discovery, FaultKind::Html);
    fault(Endpoint::Keys, FaultKind::Hang);
    fault(Endpoint::Token, FaultKind::Status);
    let (status, output) = answer(&mut check(&folder, &emulator)).await;
    let reach = "-> Check SCALEKIT_ENVIRONMENT_URL, and that this machine reaches it";
    let url = emulator.url();
    assert_eq!(
        line(&output, "discovery"),
        format!(
            "failure discovery {url} gives no discovery document: the answer can't be read: not a discovery document {reach}"
        )
    );
    assert_eq!(
        line(&output, "keys"),
        format!("failure keys the signing keys can't be fetched: the request timed out {reach}")
    );
    assert_eq!(
        line(&output, "credentials"),
        format!("failure credentials client ID and client secret can't be tried: HTTP 503 {reach}")
    );
    assert_eq!(status, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_credentials_are_a_failure_that_says_where_the_right_ones_are() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    for (variable, value) in [("SCALEKIT_CLIENT_SECRET", "test_another"), ("SCALEKIT_CLIENT_ID", "skc_another")] {
        let (status, output) = answer(check(&folder, &emulator).env(variable, value)).await;
        assert_eq!(status, 1);
        let line = line(&output, "credentials");
        assert!(
            line.starts_with("failure credentials client ID or client secret is refused: invalid_client")
                && line.ends_with(
                    "-> Copy both again (Dashboard > Developers > API credentials) to SCALEKIT_CLIENT_ID and \
                     SCALEKIT_CLIENT_SECRET"
                ),
            "{line}"
        );
        assert_eq!(output.matches("failure").count(), 1, "{output}");
        assert!(!output.contains("test_another"), "{output}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_without_access_to_the_management_api_are_right_and_the_way_out_is_named() {
    let refusals = [
        SettingsChange { management_api: Some(false), ..SettingsChange::default() },
        SettingsChange { client_credentials: Some(false), ..SettingsChange::default() },
    ];
    for refusal in refusals {
        let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
        emulator.control().change_settings(refusal);
        let (status, output) = answer(&mut check(&folder, &emulator)).await;
        assert!(line(&output, "credentials").starts_with("ok credentials client ID and client secret "), "{output}");
        let line = line(&output, "session-api");
        assert!(
            line.starts_with("warning session-api this application may not use the management API: ")
                && line.ends_with(
                    " -> Tick \"Allow Scalekit Management API Access\" in the application's settings (Dashboard), or set \
                     SCALEKIT_SESSION_API=off"
                ),
            "{line}"
        );
        assert_eq!(status, 0, "{output}");
        let (_, output) = answer(check(&folder, &emulator).env("SCALEKIT_SESSION_API", "off")).await;
        assert!(!output.contains("session-api") && output.contains("ok       credentials"), "{output}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_calls_itself_otherwise_is_a_failure() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    let ours = emulator.url().replace("localhost", "127.0.0.1");
    let (status, output) = answer(check(&folder, &emulator).env("SCALEKIT_ENVIRONMENT_URL", &ours)).await;
    assert_eq!(
        line(&output, "issuer"),
        format!(
            "failure issuer {ours} calls itself {}, so every token would be refused -> Set SCALEKIT_ENVIRONMENT_URL to the name \
             that your environment gives itself, or add it to SCALEKIT_ISSUERS",
            emulator.url()
        )
    );
    assert_eq!((status, output.matches("failure").count()), (1, 1), "{output}");

    let mut moving = check(&folder, &emulator);
    moving.env("SCALEKIT_ENVIRONMENT_URL", &ours).env("SCALEKIT_ISSUERS", format!("{ours},{}", emulator.url()));
    let (status, output) = answer(&mut moving).await;
    assert_eq!(line(&output, "issuer"), format!("ok issuer {ours} calls itself {}", emulator.url()));
    assert_eq!(status, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_more_off_than_tolerated_is_a_failure() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    for (moved, outcome, how) in
        [(100, "failure", "behind"), (-200, "failure", "ahead of"), (78, "warning", "ahead of")]
    {
        emulator.control().advance_clock(moved);
        let (status, output) = answer(&mut check(&folder, &emulator)).await;
        let line = line(&output, "clock");
        // Cutting to whole seconds, and a busy machine, may add some.
        let words: Vec<_> = line.split(' ').collect();
        let seconds: u32 = words[6].parse().unwrap();
        assert_eq!(
            line,
            format!(
                "{outcome} clock this machine's clock is {seconds} s {how} the provider's, of which 30 s are tolerated -> \
                 Synchronise this machine's clock (NTP)"
            )
        );
        assert_eq!(status, i32::from(outcome == "failure"), "{output}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_can_not_be_used_is_a_failure() {
    if !Part::Sqlite.is_here() {
        return;
    }
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    std::fs::write(folder.path().join("file"), "").unwrap();
    let (status, output) = answer(check(&folder, &emulator).env("SESSION_STORE", "sqlite:file/sessions.db")).await;
    let line = line(&output, "store");
    assert!(
        line.starts_with("failure store sqlite:file/sessions.db: it can't be opened: ")
            && line.ends_with(" -> Check SESSION_STORE, and that this process may read and write there"),
        "{line}"
    );
    assert_eq!(status, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_a_warning_and_no_failure() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    let (status, output) = answer(check(&folder, &emulator).env("SESSION_STORE", "memory:")).await;
    assert_eq!(
        line(&output, "store"),
        format!(
            "warning store memory: forgets every session when the process ends -> Set SESSION_STORE={}",
            example_store()
        )
    );
    assert_eq!(status, 0, "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_webhook_secret_there_is_a_warning() {
    if !Part::Webhooks.is_here() {
        return;
    }
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    let (status, output) = answer(check(&folder, &emulator).env_remove("SCALEKIT_WEBHOOK_SECRET")).await;
    assert_eq!(
        line(&output, "webhooks"),
        "warning webhooks SCALEKIT_WEBHOOK_SECRET is not set, so webhooks are refused -> \
         Add http://localhost:4000/webhooks/scalekit as an endpoint (Dashboard > Webhooks) and set its secret"
    );
    assert_eq!(status, 0, "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scalekit_is_asked_through_the_machines_proxy_and_this_machine_never_is() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://user:hunter2@{}", listener.local_addr().unwrap());
    let (asked, mut asks) = tokio::sync::mpsc::unbounded_channel();
    // Refuses to tunnel: what it was asked for is all that matters.
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let length = client.read(&mut head).await.unwrap();
            head.truncate(length);
            asked.send(String::from_utf8(head).unwrap()).unwrap();
            client
                .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await
                .unwrap();
        }
    });
    let elsewhere = "https://acme.scalekit.test";

    let (status, output) = answer(check(&folder, &emulator).env("https_proxy", &proxy)).await;
    assert_eq!((status, asks.try_recv().is_err()), (0, true), "{output}");

    let mut command = check(&folder, &emulator);
    let command = command.env("HTTPS_PROXY", &proxy).env("SCALEKIT_ENVIRONMENT_URL", elsewhere);
    let (status, output) = answer(command).await;
    let shown = proxy.replace("user:hunter2@", "");
    assert_eq!(line(&output, "proxy"), format!("ok proxy {elsewhere} is asked through {shown} (HTTPS_PROXY)"));
    assert!(status == 1 && !output.contains("hunter2"), "{output}");
    let ask = asks.try_recv().unwrap();
    assert!(ask.starts_with("CONNECT acme.scalekit.test:443 HTTP/1.1\r\n"), "{ask}");
    assert!(ask.to_lowercase().contains("proxy-authorization: basic dxnlcjpodw50zxiy"), "{ask}");

    while asks.try_recv().is_ok() {}
    let (_, output) = answer(command.env("NO_PROXY", "other.test,.scalekit.test")).await;
    assert!(!output.contains("is asked through") && asks.try_recv().is_err(), "{output}");

    let (_, output) = answer(command.env("HTTPS_PROXY", "socks5://user:hunter2@proxy")).await;
    assert!(line(&output, "settings").contains("all are right"), "what nobody goes through is not judged: {output}");
    let (status, output) = answer(command.env_remove("NO_PROXY")).await;
    assert_eq!(status, 1);
    assert!(line(&output, "settings").contains("HTTPS_PROXY must start with http:// or https://"), "{output}");
    assert!(!output.contains("hunter2"), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_settings_are_one_failure_each_and_nothing_else_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let (status, output) = answer(
        program_with_provider(folder.path())
            .arg("check")
            .env("APP_URL", "app.example.com")
            .env("SESSION_MAX_PER_USR", "3"),
    )
    .await;
    assert_eq!(
        output,
        "\
failure  settings  SESSION_MAX_PER_USR is not a setting; did you mean SESSION_MAX_PER_USER? -> For example SESSION_MAX_PER_USER=20
failure  settings  APP_URL is not an absolute URL -> For example APP_URL=https://app.example.com; in Leptos.toml it is app.url
"
    );
    assert_eq!(status, 1);
}
