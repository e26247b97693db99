//! Whom people sign in with: a Scalekit environment, or the emulator in the build that has it.

#[cfg_attr(feature = "emulator", path = "embedded.rs")] // part: emulator
mod emulator;

use std::any::Any;

use leptos_scalekit::server::settings::{IdentityProvider, Settings};

pub(crate) use emulator::HAS_EMULATOR;

/// The provider that this process uses.
pub(crate) struct Provider {
    pub(crate) config: scalekit::Config,
    /// What the console says about it.
    pub(crate) notice: String,
    /// What stops when the process does.
    _running: Option<Box<dyn Any + Send + Sync>>,
}

pub(crate) async fn connect(settings: &mut Settings) -> Result<Provider, Box<dyn std::error::Error>> {
    match &settings.provider {
        IdentityProvider::Scalekit(config) => Ok(Provider {
            config: (**config).clone(),
            notice: format!("Sign-in by {}", config.environment_url()),
            _running: None,
        }),
        IdentityProvider::Emulator => emulator::emulate(settings).await,
    }
}
