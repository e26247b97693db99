//! When the process has to stop.

/// Ends when the process is told to stop (SIGTERM, or Ctrl-C). Told a second time, it exits at once.
pub async fn stop_signal() {
    told().await;
    tokio::spawn(async {
        told().await;
        tracing::error!("told to stop twice: whatever is still under way is lost");
        std::process::exit(1);
    });
}

#[cfg(unix)]
async fn told() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(interrupt.await),
    }
}

#[cfg(not(unix))]
async fn told() {
    drop(tokio::signal::ctrl_c().await);
}
