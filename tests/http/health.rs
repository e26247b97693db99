//! Health and readiness.

use scalekit_emulator::{Endpoint, Fault};

use crate::support::app;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_its_provider_is_alive_but_not_ready() {
    let app = app().await;
    let mut browser = app.browser();
    app.emulator.control().add_fault(Fault::status(Endpoint::Keys, 503));
    assert_eq!(browser.get("/healthz").await.status, 200);
    let unready = browser.get("/readyz").await;
    assert_eq!((unready.status, unready.body.as_str()), (503, "not ready\n"));
    assert_eq!(browser.get("/").await.status, 200, "public pages work");
    app.advance(60);
    assert_eq!(browser.get("/readyz").await.status, 200);
}
