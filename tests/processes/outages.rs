//! Processes whose provider is not there when they start: they stay up, and go on by themselves.

use scalekit_emulator::{Emulator, Options};

use crate::support::{ADA, Browser, Process, free_port};

pub(crate) async fn status(process: &Process, path: &str) -> u16 {
    Browser::new(&process.url).get(path).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_starts_without_its_provider_and_signs_people_in_once_it_is_there() {
    let (port, provider_port) = (free_port(), free_port());
    let folder = tempfile::tempdir().unwrap();
    let app_url = format!("http://localhost:{port}");
    let provider = format!("http://localhost:{provider_port}");
    let process = Process::start(port, folder.path(), &app_url, &provider, "memory:");
    process.answers("/healthz", 200).await;
    assert_eq!(status(&process, "/").await, 200);
    assert_eq!(status(&process, "/dashboard").await, 302);
    assert_eq!(status(&process, "/readyz").await, 503);

    let options = Options::default().with_port(provider_port).with_app_url(&app_url).with_shared_key();
    let _emulator = Emulator::start(options).await.unwrap();
    process.is_ready().await;
    assert_eq!(Browser::new(&process.url).sign_in("/auth/login", ADA).await, "/dashboard/profile");
}
