//! Gives the metrics to Prometheus: `GET /metrics` on an address of its own, in the text format.
//!
//! Without a password: the address is for the machine or the internal network. Not here: what is counted.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use axum_hardening::serve::{ServeLimits, serve};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use scalekit_sessions::metrics::{Kind, Series};
use tokio::net::TcpListener;

use super::catalogue;
use crate::server::state::AppState;

/// Prometheus needs one connection, and whoever looks by hand another.
const CONNECTIONS: usize = 16;

/// How often measurements are put into their buckets when nobody asks for them: they take up room until then.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// How long an answer waits for the number of sessions; less than Prometheus waits for the answer.
const LONGEST_COUNT: Duration = Duration::from_secs(2);

/// How often an address that somebody else has is tried again.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// What it takes to answer.
pub struct Exporter {
    address: SocketAddr,
    /// None while another process has the address.
    listener: Option<TcpListener>,
    handle: PrometheusHandle,
}

/// Metrics can't be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExporterError {
    /// The address is not this machine's, or not this process's to take.
    #[error("{address} can't be listened on for metrics: {cause}. Set METRICS_ADDR to another, or to off.")]
    Address {
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The recorder refuses, which only happens if there is one already.
    #[error("metrics can't be recorded: {0}")]
    Recorder(#[from] BuildError),
}

impl Exporter {
    /// Listens and begins to record. Does nothing without an address. One that is in use is waited for while
    /// the process serves: in a rolling start the process before still has it.
    ///
    /// # Errors
    /// [`ExporterError`].
    pub async fn start(address: Option<SocketAddr>) -> Result<Option<Self>, ExporterError> {
        let Some(address) = address else { return Ok(None) };
        let listener = listen(address).await?;
        if listener.is_none() {
            tracing::warn!(%address, "METRICS_ADDR is in use: metrics can be asked for as soon as it is free");
        }
        let handle = builder()?.install_recorder()?;
        begin_series();
        Ok(Some(Self { address, listener, handle }))
    }

    /// Answers until the process ends: what happens while it stops is worth seeing too.
    pub async fn serve(self, state: Arc<AppState>) {
        let handle = self.handle.clone();
        tokio::spawn(async move {
            let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
            loop {
                interval.tick().await;
                handle.run_upkeep();
            }
        });
        let Some(listener) = wait_for_address(self.listener, self.address).await else { return };
        tracing::info!(address = %self.address, "metrics are at /metrics");
        let router = Router::new().route("/metrics", get(render)).with_state((self.handle, state));
        let limits = ServeLimits { connections: CONNECTIONS, ..ServeLimits::default() };
        serve(listener, None, router, limits, std::future::pending()).await;
    }
}

/// Listens at the address; `None` while it is in use.
async fn listen(address: SocketAddr) -> Result<Option<TcpListener>, ExporterError> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(cause) if cause.kind() == ErrorKind::AddrInUse => Ok(None),
        Err(cause) => Err(ExporterError::Address { address, cause }),
    }
}

/// Tries until the address is free. `None` if it can't be had for another reason.
async fn wait_for_address(mut listener: Option<TcpListener>, address: SocketAddr) -> Option<TcpListener> {
    while listener.is_none() {
        tokio::time::sleep(RETRY_INTERVAL).await;
        listener = match listen(address).await {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "metrics can't be asked for");
                return None;
            }
        };
    }
    listener
}

/// `GET /metrics`.
async fn render(State((handle, state)): State<(PrometheusHandle, Arc<AppState>)>) -> impl IntoResponse {
    super::key_set_fetches(state.scalekit.key_set_fetches());
    match tokio::time::timeout(LONGEST_COUNT, state.sessions.count()).await {
        Ok(Ok(Some(count))) => super::sessions_active(Some(count)),
        // This store does not count.
        Ok(Ok(None)) => {}
        Ok(Err(_)) | Err(_) => super::sessions_active(None),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    catalogue::all().try_fold(PrometheusBuilder::new(), |builder, series| match series.kind {
        Kind::Histogram(milliseconds) => {
            let seconds: Vec<f64> = milliseconds.iter().map(|bound| f64::from(*bound) / 1000.0).collect();
            builder.set_buckets_for_metric(Matcher::Full(series.name.to_owned()), &seconds)
        }
        Kind::Counter | Kind::Gauge => Ok(builder),
    })
}

/// Explains every series, and begins those with known labels at 0: a rate needs to see the first event.
fn begin_series() {
    for Series { name, kind, meaning, .. } in catalogue::all() {
        match kind {
            Kind::Counter => describe_counter!(*name, *meaning),
            Kind::Gauge => describe_gauge!(*name, *meaning),
            Kind::Histogram(_) => describe_histogram!(*name, *meaning),
        }
    }
    for series in catalogue::all() {
        for labels in series.combinations() {
            match series.kind {
                Kind::Counter => counter!(series.name, &labels).increment(0),
                Kind::Histogram(_) => drop(histogram!(series.name, &labels)),
                Kind::Gauge => {}
            }
        }
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |elapsed| elapsed.as_secs_f64());
    gauge!(catalogue::PROCESS_START).set(now);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_known_begins_at_zero() {
        let recorder = builder().unwrap().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, begin_series);
        let text = handle.render();
        for line in [
            "# HELP scalekit_sign_ins_total Callbacks handled: sign-ins done, and why others were not.",
            "# TYPE scalekit_sign_ins_total counter",
            "scalekit_sign_ins_total{outcome=\"cancelled\"} 0",
            "scalekit_provider_pauses_total 0",
            "scalekit_token_call_duration_seconds_bucket{grant=\"refresh_token\",outcome=\"done\",le=\"0.005\"} 0",
            "scalekit_session_store_duration_seconds_count{operation=\"load\",outcome=\"failed\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in {text}");
        }
        assert!(text.contains("\nprocess_start_time_seconds 1"), "{text}");
    }

    const GUIDE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations/metrics.md"));
    const ALERTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations/alerts.yaml"));
    const DASHBOARD: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations/grafana-dashboard.json"));

    /// Everything in a text that looks like one of our series.
    fn series_in(text: &str) -> BTreeSet<&str> {
        let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        let prefixed =
            words.filter(|word| ["http_re", "scalekit_", "process_"].iter().any(|start| word.starts_with(start)));
        prefixed
            .map(|word| ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word))
            .collect()
    }

    #[test]
    fn guide_alerts_and_dashboard_name_series_that_there_are() {
        let all: BTreeSet<&str> = catalogue::all().map(|series| series.name).collect();
        assert_eq!(series_in(GUIDE), all, "the guide explains every series");
        assert_eq!(series_in(DASHBOARD), all, "the dashboard shows every series");
        let alerts = series_in(ALERTS);
        assert!(alerts.len() > 10 && alerts.is_subset(&all), "{:?}", alerts.difference(&all));
    }

    #[test]
    fn every_alert_is_explained() {
        let alerts: Vec<&str> = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
        assert!(!alerts.is_empty());
        for alert in alerts {
            assert!(GUIDE.contains(&format!("| `{alert}` |")), "{alert} is not in docs/operations/metrics.md");
        }
    }
}
