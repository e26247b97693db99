//! Where people sign in: `SCALEKIT_*`.

use scalekit::WebhookSecrets;
use secrecy::SecretString;

use super::{EMULATOR_CLIENT_ID, Environment, IdentityProvider, Problems, Source};

/// The three `SCALEKIT_*` settings belong together: all, or (in development) none.
pub(super) fn provider(source: &Source, environment: Environment, problems: &mut Problems) -> Option<IdentityProvider> {
    const KEYS: [(&str, &str, &str); 3] = [
        ("SCALEKIT_ENVIRONMENT_URL", "scalekit.environment-url", "SCALEKIT_ENVIRONMENT_URL=https://acme.scalekit.dev"),
        ("SCALEKIT_CLIENT_ID", "scalekit.client-id", "SCALEKIT_CLIENT_ID=skc_1234567890"),
        (
            "SCALEKIT_CLIENT_SECRET",
            "scalekit.client-secret",
            "SCALEKIT_CLIENT_SECRET=(Dashboard > Developers > API credentials)",
        ),
    ];
    let values = KEYS.map(|(variable, key, _)| source.text(variable, key).filter(|value| !value.is_empty()));
    if values.iter().all(Option::is_none) && environment == Environment::Development {
        return Some(IdentityProvider::Emulator);
    }
    let [Some(url), Some(client_id), Some(client_secret)] = values else {
        for ((variable, key, example), value) in KEYS.iter().zip(&values) {
            if value.is_none() {
                problems.add(variable, key, "is not set".to_owned(), example);
            }
        }
        return None;
    };
    if environment == Environment::Production {
        if client_id == EMULATOR_CLIENT_ID {
            problems.add(
                KEYS[1].0,
                KEYS[1].1,
                "is the emulator's, which is for development only".to_owned(),
                KEYS[1].2,
            );
        }
        if url.starts_with("http:") {
            problems.add(KEYS[0].0, KEYS[0].1, "must use https in production".to_owned(), KEYS[0].2);
        }
    }
    match scalekit::Config::new(&url, &client_id, SecretString::from(client_secret)) {
        Ok(config) => Some(IdentityProvider::Scalekit(Box::new(config))),
        Err(errors) => {
            for error in errors {
                let (variable, key, example) = match error {
                    scalekit::ConfigError::EnvironmentUrl(_) => KEYS[0],
                    scalekit::ConfigError::ClientId(_) => KEYS[1],
                    scalekit::ConfigError::ClientSecret(_) => KEYS[2],
                };
                problems.add(variable, key, error.to_string(), example);
            }
            None
        }
    }
}

/// No secret is fine: then webhooks are refused. A bad one is a problem.
pub(super) fn webhook_secrets(source: &Source, problems: &mut Problems) -> Option<WebhookSecrets> {
    const SETTING: (&str, &str) = ("SCALEKIT_WEBHOOK_SECRET", "scalekit.webhook-secret");
    let text = source.text(SETTING.0, SETTING.1).filter(|text| !text.is_empty())?;
    WebhookSecrets::parse(&text)
        .map_err(|error| {
            let example = "SCALEKIT_WEBHOOK_SECRET=(Dashboard > Webhooks > your endpoint: whsec_…)";
            problems.add(SETTING.0, SETTING.1, error.to_string(), example);
        })
        .ok()
}
