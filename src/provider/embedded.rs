//! The emulator inside a development build.

use leptos_scalekit::server::settings::Settings;
use scalekit_emulator::{Emulator, Options};

use super::Provider;

pub(crate) const HAS_EMULATOR: bool = true;

pub(super) async fn emulate(settings: &mut Settings) -> Result<Provider, Box<dyn std::error::Error>> {
    let app_url = settings.app_url.as_str().trim_end_matches('/');
    let options = Options::default()
        .with_port(settings.emulator_port)
        .with_app_url(app_url)
        .with_state_file("data/emulator-state.json");
    let emulator = Emulator::start(options).await?;
    settings.webhook_secrets = Some(scalekit::WebhookSecrets::parse(emulator.webhook_secret())?);
    let config =
        scalekit::Config::new(emulator.url(), emulator.client_id(), emulator.client_secret().to_owned().into())
            .map_err(|errors| errors.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("; "))?;
    let notice = format!(
        "Emulated Scalekit (development only) is at {}: sign in as anybody you see there.\n  \
         Set SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET to use your own environment.",
        emulator.url()
    );
    Ok(Provider { config, notice, _running: Some(Box::new(emulator)) })
}
