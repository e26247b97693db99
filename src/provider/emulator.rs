//! No emulator: what stands in where the build has none, as releases.

use leptos_scalekit::server::settings::Settings;

use super::Provider;

pub(crate) const HAS_EMULATOR: bool = false;

pub(super) async fn emulate(_settings: &mut Settings) -> Result<Provider, Box<dyn std::error::Error>> {
    Err("no Scalekit environment is set and this build has no emulator.\n\n  \
         Set SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET,\n  \
         or start a development server with `make run`."
        .into())
}
