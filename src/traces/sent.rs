//! No traces: what stands in where the build has none. `otlp` has the same functions, and says what they do.

use std::convert::Infallible;

use axum::Router;
use ipnet::IpNet;

use axum_hardening::log::FurtherLayer;

/// Nothing that could be sent.
pub struct Traces;

impl Traces {
    /// Adds no layer.
    ///
    /// # Errors
    /// None.
    pub fn start(layers: Vec<FurtherLayer>) -> Result<(Self, Vec<FurtherLayer>), Infallible> {
        Ok((Self, layers))
    }

    /// Leaves calls as they are.
    pub fn of_calls(&self, config: scalekit::Config) -> scalekit::Config {
        config
    }

    /// Leaves requests as they are.
    pub fn of_requests(&self, router: Router, _trusted: &[IpNet]) -> Router {
        router
    }

    /// Has nothing to wait for.
    pub async fn finish(self) {}
}
