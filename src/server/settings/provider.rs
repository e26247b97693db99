//! Where people sign in: `SCALEKIT_*`, and the emulator that may stand in.

use std::time::Duration;

use scalekit::{WebhookSecrets, is_loopback};
use scalekit_sessions::LONGEST_TOKEN_CALL;
use secrecy::SecretString;
use url::Url;

use super::table::EMULATOR_PORT;
use super::table::SCALEKIT_WEBHOOK_SECRET;
use super::{
    EMULATOR_CLIENT_ID, Environment, IdentityProvider, Problems, Source, examples,
    proxy::through_proxy,
    table::{
        SCALEKIT_AUDIENCES, SCALEKIT_CLIENT_ID, SCALEKIT_CLIENT_SECRET, SCALEKIT_ENVIRONMENT_URL, SCALEKIT_ISSUERS,
        SCALEKIT_TOKEN_CALL_SECONDS,
    },
    values::{list, number},
};

/// The three `SCALEKIT_*` settings belong together.
pub(super) fn provider(source: &Source, environment: Environment, problems: &mut Problems) -> Option<IdentityProvider> {
    let settings = [SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID, SCALEKIT_CLIENT_SECRET];
    let values = settings.map(|setting| source.text(setting).filter(|value| !value.is_empty()));
    if values.iter().all(Option::is_none) && environment == Environment::Development {
        for setting in [SCALEKIT_ISSUERS, SCALEKIT_AUDIENCES] {
            if source.text(setting).is_some_and(|value| !value.is_empty()) {
                problems.add(setting, "is set, but SCALEKIT_ENVIRONMENT_URL is not: the emulator would ignore it");
            }
        }
        return Some(IdentityProvider::Emulator);
    }
    for (setting, _) in settings.into_iter().zip(&values).filter(|(_, value)| value.is_none()) {
        problems.add(setting, "is not set");
    }
    let complete = values.iter().all(Option::is_some);
    let [url, client_id, client_secret] = values;
    if environment == Environment::Production {
        if client_id.as_deref() == Some(EMULATOR_CLIENT_ID) {
            problems.add(SCALEKIT_CLIENT_ID, "is the emulator's, which is for development only");
        }
        refuse_embedded_emulator(source, url.as_deref(), problems);
        if let Some(why) = client_secret.as_deref().and_then(examples::of_client_secret) {
            problems.add(SCALEKIT_CLIENT_SECRET, why);
        }
    }
    // What is missing has been named; the others are checked beside something right.
    let url = url.as_deref().unwrap_or(SCALEKIT_ENVIRONMENT_URL.example);
    let client_id = client_id.as_deref().unwrap_or(SCALEKIT_CLIENT_ID.example);
    let client_secret = client_secret.unwrap_or_else(|| "missing".to_owned());
    let config = scalekit::Config::new(url, client_id, SecretString::from(client_secret));
    match config.and_then(|config| with_accepted_tokens(config, source, problems).map_err(|error| vec![error])) {
        Ok(config) => {
            let config = through_proxy(config, source, problems);
            complete.then(|| IdentityProvider::Scalekit(Box::new(config)))
        }
        Err(errors) => {
            for error in errors {
                let setting = match error {
                    scalekit::ConfigError::EnvironmentUrl(_) => SCALEKIT_ENVIRONMENT_URL,
                    scalekit::ConfigError::Issuer(_) => SCALEKIT_ISSUERS,
                    scalekit::ConfigError::ClientId(_) => SCALEKIT_CLIENT_ID,
                    scalekit::ConfigError::ClientSecret(_) => SCALEKIT_CLIENT_SECRET,
                };
                problems.add(setting, error.to_string());
            }
            None
        }
    }
}

/// How long a token call may take. Every other wait in the process follows from it (`patience`).
pub(super) fn token_call(source: &Source, problems: &mut Problems) -> Option<Duration> {
    let seconds = number::<u64>(source, SCALEKIT_TOKEN_CALL_SECONDS, "a whole number of seconds", problems)?;
    let longest = LONGEST_TOKEN_CALL.as_secs();
    if !(1..=longest).contains(&seconds) {
        problems.add(SCALEKIT_TOKEN_CALL_SECONDS, format!("is {seconds}; it must be 1 to {longest}"));
        return None;
    }
    Some(Duration::from_secs(seconds))
}

/// Which issuers' tokens are accepted, and for which audiences.
fn with_accepted_tokens(
    config: scalekit::Config,
    source: &Source,
    problems: &mut Problems,
) -> Result<scalekit::Config, scalekit::ConfigError> {
    let audiences = source.text(SCALEKIT_AUDIENCES).unwrap_or_default();
    if list(&audiences).any(|audience| !audience.bytes().all(|byte| byte.is_ascii_graphic())) {
        problems.add(SCALEKIT_AUDIENCES, "contains spaces or other characters that no audience has");
    }
    let config = config.with_audiences(list(&audiences).map(str::to_owned).collect());
    let issuers = source.text(SCALEKIT_ISSUERS).unwrap_or_default();
    let issuers: Vec<&str> = list(&issuers).collect();
    if issuers.is_empty() { Ok(config) } else { config.with_issuers(&issuers) }
}

/// In production nothing may lead to an emulator, which signs in anybody as anybody.
fn refuse_embedded_emulator(source: &Source, url: Option<&str>, problems: &mut Problems) {
    if !source.is_default(EMULATOR_PORT) {
        problems.add(EMULATOR_PORT, "is set, but the emulator is for development only: remove the setting");
    }
    let emulator_port = source.text(EMULATOR_PORT).and_then(|port| port.parse::<u16>().ok());
    let is_emulator = |url: Url| is_loopback(&url) && url.port_or_known_default() == emulator_port;
    if url.and_then(|url| Url::parse(url).ok()).is_some_and(is_emulator) {
        problems.add(SCALEKIT_ENVIRONMENT_URL, "is the emulator's address, which is for development only");
    }
}

/// Where the embedded emulator listens.
pub(super) fn emulator_port(source: &Source, problems: &mut Problems) -> Option<u16> {
    number(source, EMULATOR_PORT, "a port number", problems)
}

/// No secret is fine: then webhooks are refused. A bad one is a problem.
pub(super) fn webhook_secrets(
    source: &Source,
    environment: Environment,
    problems: &mut Problems,
) -> Option<WebhookSecrets> {
    let text = source.text(SCALEKIT_WEBHOOK_SECRET).filter(|text| !text.is_empty())?;
    if environment == Environment::Production
        && let Some(why) = examples::of_webhook_secret(&text)
    {
        problems.add(SCALEKIT_WEBHOOK_SECRET, why);
    }
    WebhookSecrets::parse(&text).map_err(|error| problems.add(SCALEKIT_WEBHOOK_SECRET, error.to_string())).ok()
}
