//! Starting and stopping, in process and as a binary.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use scalekit_emulator::{Emulator, Options, Seed, StartError};

use crate::support::{ADA, APP, World, claims_of, header_of, ok_json, query, text, world};

#[tokio::test]
async fn both_loopback_addresses_answer_under_the_same_port() {
    let world = world().await;
    let port = world.emulator.url().rsplit_once(':').unwrap().1.to_owned();
    for host in ["127.0.0.1", "localhost"] {
        let answer = reqwest::get(format!("http://{host}:{port}/__emulator/health")).await.unwrap();
        assert!(answer.status().is_success());
    }
    // A machine without IPv6 can't be asked.
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        let answer = reqwest::get(format!("http://[::1]:{port}/__emulator/health")).await.unwrap();
        assert!(answer.status().is_success());
    }
}

#[tokio::test]
async fn a_port_in_use_is_explained() {
    let first = Emulator::start(Options::default()).await.unwrap();
    let port: u16 = first.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let error = Emulator::start(Options::default().with_port(port)).await.unwrap_err();
    assert!(matches!(error, StartError::PortInUse { .. }));
    assert!(error.to_string().contains(&port.to_string()));
}

#[tokio::test]
async fn production_and_public_app_urls_are_refused() {
    for name in ["PROD", "production"] {
        let error = Emulator::start(Options::default().with_leptos_env(name)).await.unwrap_err();
        assert!(matches!(error, StartError::Production));
    }
    let error = Emulator::start(Options::default().with_app_url("https://app.example.com")).await.unwrap_err();
    assert!(matches!(error, StartError::AppUrl(_)));
    Emulator::start(Options::default().with_leptos_env("DEV")).await.unwrap();
}

#[tokio::test]
async fn two_runs_with_the_same_actions_give_the_same_names_and_codes_but_other_secrets() {
    let (one, two) = (world().await, world().await);
    let codes = (one.code_for(ADA, &[]).await, two.code_for(ADA, &[]).await);
    assert_eq!(codes.0, codes.1);
    let tokens = [one.exchange(&codes.0).await, two.exchange(&codes.1).await];
    let mut tokens_of_runs = Vec::new();
    for answer in tokens {
        tokens_of_runs.push(answer.json::<serde_json::Value>().await.unwrap());
    }
    let [first, second] = tokens_of_runs.as_slice() else { panic!("two answers") };
    assert_eq!(claims_of(&first["id_token"])["sid"], claims_of(&second["id_token"])["sid"]);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
}

#[tokio::test]
async fn a_stopped_emulator_frees_its_port() {
    let world = world().await;
    let port: u16 = world.emulator.url().rsplit_once(':').unwrap().1.parse().unwrap();
    reqwest::get(format!("{}/keys", world.emulator.url())).await.unwrap();
    world.emulator.stop().await;
    Emulator::start(Options::default().with_port(port)).await.unwrap();
}

#[test]
fn the_binary_prints_where_it_is_ready_and_stops_when_told() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_scalekit-emulator"))
        .args(["--port", "0", "--app-url", "http://localhost:4000"])
        .env_remove("LEPTOS_ENV")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut banner = String::new();
    for line in BufReader::new(process.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        banner.push_str(&line);
        banner.push('\n');
        if line.starts_with("ready on http://localhost:") {
            break;
        }
    }
    let stopped = Command::new("kill").arg(process.id().to_string()).status().unwrap();
    assert!(stopped.success());
    assert!(process.wait().unwrap().success());
    for part in [
        "SCALEKIT_ENVIRONMENT_URL=http://localhost:",
        "skc_emulator",
        "SCALEKIT_WEBHOOK_SECRET=whsec_",
        "Ada Lovelace",
        "http://localhost:4000",
    ] {
        assert!(banner.contains(part), "{part}");
    }
}

#[test]
fn the_binary_refuses_production_and_a_bad_seed() {
    let run = |arguments: &[&str], environment: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_scalekit-emulator"))
            .args(arguments)
            .env("LEPTOS_ENV", environment)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run(&["--port", "0"], "PROD").contains("LEPTOS_ENV=PROD"));
    assert!(run(&["--port", "0", "--seed", "/nonexistent/seed.toml"], "DEV").contains("seed.toml"));
}

#[tokio::test]
async fn with_a_state_file_the_next_run_knows_keys_and_sessions_and_a_new_seed_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/state.json");
    let options = || Options::default().with_app_url(APP).with_state_file(&file);
    let first = World::around(Emulator::start(options()).await.unwrap());
    let tokens = first.sign_in(ADA).await;
    let port: u16 = first.emulator.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let browser = first.browser;
    first.emulator.stop().await;

    let mut next = World::around(Emulator::start(options().with_port(port)).await.unwrap());
    next.browser = browser;
    let refreshed = ok_json(next.refresh(text(&tokens, "refresh_token")).await).await;
    for same in ["sid", "sub"] {
        assert_eq!(claims_of(&refreshed["id_token"])[same], claims_of(&tokens["id_token"])[same]);
    }
    assert_eq!(header_of(&refreshed["id_token"])["kid"], header_of(&tokens["id_token"])["kid"]);
    assert_ne!(claims_of(&refreshed["access_token"])["jti"], claims_of(&tokens["access_token"])["jti"]);
    assert!(query(&next.authorize(&[("prompt", "none")]).await).contains_key("code"), "the browser is signed in");
    next.emulator.stop().await;

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let seed = include_str!("../../seed/default.toml").replace("number = 1", "number = 2");
    let seed = Seed::from_toml(&seed).unwrap();
    for options in [options().with_seed(seed), options()] {
        let other = Emulator::start(options).await.unwrap();
        assert!(other.control().sessions().is_empty());
        other.stop().await;
        std::fs::write(&file, "no state").unwrap();
    }
}
