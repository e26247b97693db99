//! One run of the server: from its settings to the last answer.

use std::sync::Arc;

use axum_hardening::{
    last_resort::log_panics,
    log::start_logging,
    serve::{Tls, listen, serve, stop_signal},
};
use leptos_scalekit::{
    server::{
        self,
        ops::metrics::exporter::Exporter, // part: metrics
        ops::upkeep,
        patience::LAST_TOKEN_CALLS,
        policy,
        settings::{Environment, Settings},
        state::AppState,
    },
    traces::Traces,
};
use scalekit_sessions::Clock;

use crate::provider;

/// Serves until the process is told to stop.
///
/// # Errors
/// Why it can't start.
pub(crate) async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings::load()?;
    let (traces, further) = Traces::start(Vec::new())?;
    start_logging(policy::log_format(settings.environment), further);
    for notice in &settings.notices {
        tracing::warn!("{notice}");
    }
    log_panics();
    let exporter = Exporter::start(settings.metrics).await?; // part: metrics
    let provider = provider::connect(&mut settings).await?;
    let address = settings.leptos.site_addr;
    let tls = settings.tls.as_ref().map(|files| Tls::load(&files.certificate, &files.key)).transpose()?.map(Arc::new);
    let app_url = settings.app_url.clone();
    let environment = settings.environment;
    let config = provider.config.clone().with_token_timeout(settings.token_call);
    let config = traces.of_calls(config);
    let state = AppState::open(settings, config, Clock::default())?;
    let listener = listen(address).map_err(|error| {
        format!("{address} can't be listened on: {error}. Stop what uses it, or set LEPTOS_SITE_ADDR (and APP_URL) to another.")
    })?;
    exporter.map(|exporter| tokio::spawn(exporter.serve(Arc::clone(&state)))); // part: metrics
    tokio::spawn(upkeep::sweep_store(Arc::clone(&state)));
    tokio::spawn(upkeep::watch_store(Arc::clone(&state)));
    if let Some(tls) = &tls {
        let tls = Arc::clone(tls);
        tokio::spawn(async move { tls.follow_files().await });
    }
    if environment == Environment::Development {
        eprintln!("\n  leptos-scalekit is at {app_url}\n  {}\n", provider.notice);
    }
    tracing::info!(%address, %app_url, provider = provider.config.environment_url(), "serving");
    let patience = state.patience();
    let limits = policy::connections(&state, patience.last_answers());
    let router = traces.of_requests(server::router(&state), &state.settings.trusted_proxies);
    let stopped_at = serve(listener, tls, router, limits, stop(&state)).await;
    state.sessions.finish_refreshes(patience.stop().saturating_sub(stopped_at.elapsed())).await;
    tracing::info!("stopped");
    traces.finish().await;
    Ok(())
}

/// Ends when the process is told to stop.
async fn stop(state: &Arc<AppState>) {
    stop_signal().await;
    let state = Arc::clone(state);
    tokio::spawn(async move {
        tokio::time::sleep(LAST_TOKEN_CALLS).await;
        state.sessions.stop_refreshing();
    });
}
