//! When the process has to stop.

/// Ends when the process is told to stop (SIGTERM, SIGHUP, or Ctrl-C). Told a second time, it exits at once.
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
    use tokio::signal::unix::{Signal, SignalKind, signal};
    // One that can't be listened for says nothing.
    async fn next(signal: Option<Signal>) {
        match signal {
            Some(mut signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
    let terminate = signal(SignalKind::terminate()).ok();
    let hangup = if is_hangup_ignored() { None } else { signal(SignalKind::hangup()).ok() };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = next(terminate) => {}
        () = next(hangup) => {}
    }
}

/// Whether whoever started the process wants it to outlive its terminal, as `nohup` does: it was started with
/// SIGHUP ignored (proc(5), `SigIgn`). Where the system doesn't say, it was not.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    static IGNORED: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *IGNORED.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
    })
}

#[cfg(not(unix))]
async fn told() {
    drop(tokio::signal::ctrl_c().await);
}
