//! What the tests share: a configuration, signing keys, a server on loopback. Compiled for tests only.

mod keys;
mod server;

use secrecy::SecretString;

pub(crate) use keys::{KEY_A, KEY_B, TestKey};
pub(crate) use server::{Answer, Server};

use crate::config::Config;

/// An environment nobody is ever connected to.
pub(crate) fn config() -> Config {
    config_for("https://acme.scalekit.dev")
}

pub(crate) fn config_for(environment_url: &str) -> Config {
    Config::new(environment_url, "skc_1", SecretString::from("test_secret")).unwrap()
}
