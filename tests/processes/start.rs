//! The process itself: what it refuses to start with.

use std::{process::Output, time::Duration};

use leptos_scalekit::server::parts::Part;
use tokio::{net::TcpListener, process::Command};

use crate::support::{program, program_with_provider};

async fn output(command: &mut Command) -> Output {
    tokio::time::timeout(Duration::from_secs(30), command.output()).await.expect("the process ends by itself").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_without_settings_refuses_to_start_and_names_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let output = output(program(folder.path()).env("LEPTOS_ENV", "PROD")).await;
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    for variable in
        ["APP_URL", "SCALEKIT_ENVIRONMENT_URL", "SCALEKIT_CLIENT_ID", "SCALEKIT_CLIENT_SECRET", "SESSION_SECRET"]
    {
        assert!(message.contains(variable), "{variable} is missing in {message}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settings_file_that_is_not_toml_is_refused_with_its_fault() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Leptos.toml"), "[app\nurl = 1").unwrap();
    let output = output(&mut program(folder.path())).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("is not valid TOML"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_occupied_address_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let occupied = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    let mut command = program_with_provider(folder.path());
    let output =
        output(command.env("LEPTOS_SITE_ADDR", &address).env("METRICS_ADDR", "off").env("SESSION_STORE", "memory:"))
            .await;
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(&address) && message.contains("LEPTOS_SITE_ADDR"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_for_metrics_that_is_not_this_machines_is_named_with_its_setting() {
    if !Part::Metrics.is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // RFC 5737: nobody's.
    let address = "192.0.2.1:9464";
    let output = output(program_with_provider(folder.path()).env("METRICS_ADDR", address)).await;
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(&format!("{address} can't be listened on for metrics: ")), "{message}");
    assert!(message.contains("Set METRICS_ADDR to another, or to off."), "{message}");
}
