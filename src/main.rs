//! The server process: settings, log, provider, bind, serve, stop.

use std::{process::ExitCode, sync::Arc, time::Duration};

use axum_hardening::{
    last_resort::log_panics,
    log::start_logging,
    serve::{Tls, listen, serve, stop_signal},
};
use leptos_scalekit::server::{
    self,
    command_line,
    metrics::exporter::Exporter, // part: metrics
    patience::LAST_TOKEN_CALLS,
    policy,
    settings::{Environment, Settings},
    state::AppState,
    upkeep,
};
use scalekit_sessions::Clock;
// part: telemetry-otlp {
#[cfg(feature = "telemetry-otlp")]
use leptos_scalekit::traces;
// part: telemetry-otlp }

/// How long threads that wait for the system, such as for a name server, are waited for when all is done.
const LAST_THREADS: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("leptos-scalekit can't start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let status = runtime.block_on(obey());
    runtime.shutdown_timeout(LAST_THREADS);
    status
}

async fn obey() -> ExitCode {
    // Everything but serving.
    let has_emulator = cfg!(feature = "emulator"); // part: emulator
    let status = command_line::obey(has_emulator).await; // part: emulator
    // without emulator: let status = command_line::obey().await;
    if let Some(status) = status {
        return status;
    }
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("leptos-scalekit can't start: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings::load()?;
    let further = Vec::new();
    // part: telemetry-otlp {
    #[cfg(feature = "telemetry-otlp")]
    let (traces, further) = traces::Traces::start(further)?;
    // part: telemetry-otlp }
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
    // part: telemetry-otlp {
    #[cfg(feature = "telemetry-otlp")]
    let config = config.with_trace_context(traces::outgoing_headers);
    // part: telemetry-otlp }
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
    let router = server::router(&state);
    // part: telemetry-otlp {
    #[cfg(feature = "telemetry-otlp")]
    let router = router.layer(axum::middleware::from_fn_with_state(
        Arc::from(state.settings.trusted_proxies.as_slice()),
        traces::continue_trace,
    ));
    // part: telemetry-otlp }
    let stopped_at = serve(listener, tls, router, limits, stop(&state)).await;
    state.sessions.finish_refreshes(patience.stop().saturating_sub(stopped_at.elapsed())).await;
    tracing::info!("stopped");
    // part: telemetry-otlp {
    #[cfg(feature = "telemetry-otlp")]
    traces.finish().await;
    // part: telemetry-otlp }
    Ok(())
}

/// Ends when the process is told to stop.
async fn stop(state: &Arc<AppState>) {
    stop_signal().await;
    let state = Arc::clone(state);
    tokio::spawn(async move {
        tokio::time::sleep(LAST_TOKEN_CALLS).await;
        state.sessions.begin_no_refresh();
    });
}

/// Whom people sign in with.
mod provider {
    use leptos_scalekit::server::settings::{IdentityProvider, Settings};

    /// The provider that this process uses.
    pub(super) struct Provider {
        pub(super) config: scalekit::Config,
        /// What the console says about it.
        pub(super) notice: String,
        // part: emulator {
        /// Stops when the process does.
        #[cfg(feature = "emulator")]
        _emulator: Option<scalekit_emulator::Emulator>,
        // part: emulator }
    }

    pub(super) async fn connect(settings: &mut Settings) -> Result<Provider, Box<dyn std::error::Error>> {
        match &settings.provider {
            IdentityProvider::Scalekit(config) => Ok(Provider {
                config: (**config).clone(),
                notice: format!("Sign-in by {}", config.environment_url()),
                // part: emulator {
                #[cfg(feature = "emulator")]
                _emulator: None,
                // part: emulator }
            }),
            IdentityProvider::Emulator => emulate(settings).await, // part: emulator
        }
    }

    // part: emulator {
    #[cfg(feature = "emulator")]
    async fn emulate(settings: &mut Settings) -> Result<Provider, Box<dyn std::error::Error>> {
        use scalekit_emulator::{Emulator, Options};

        let app_url = settings.app_url.as_str().trim_end_matches('/');
        let options = Options::default()
            .with_port(settings.emulator_port)
            .with_app_url(app_url)
            .with_state_file("data/emulator-state.json");
        let emulator = Emulator::start(options).await?;
        settings.webhook_secrets = Some(scalekit::WebhookSecrets::parse(emulator.webhook_secret())?); // part: webhooks
        let config =
            scalekit::Config::new(emulator.url(), emulator.client_id(), emulator.client_secret().to_owned().into())
                .map_err(|errors| errors.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("; "))?;
        let notice = format!(
            "Emulated Scalekit (development only) is at {}: sign in as anybody you see there.\n  \
             Set SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET to use your own environment.",
            emulator.url()
        );
        Ok(Provider { config, notice, _emulator: Some(emulator) })
    }

    #[cfg(not(feature = "emulator"))]
    async fn emulate(_settings: &mut Settings) -> Result<Provider, Box<dyn std::error::Error>> {
        Err("no Scalekit environment is set and this build has no emulator.\n\n  \
             Set SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET,\n  \
             or start a development server with `make run`."
            .into())
    }
    // part: emulator }
}
