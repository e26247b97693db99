//! `HTTPS_PROXY`, `NO_PROXY`: the proxy for calls to Scalekit, where a network lets nothing out without one.
//!
//! Named as everywhere, so that a machine's own settings count, in small letters too; `ALL_PROXY` where there
//! is no `HTTPS_PROXY`. Not here: Redis and people's requests, which go through no proxy.

use hyper_util::client::proxy::matcher::Matcher;

use super::{
    Problems, Source,
    table::{HTTPS_PROXY, NO_PROXY, Setting},
};

/// The configuration, with the proxy that its environment is reached through. Where it needs none, because of
/// `NO_PROXY` or because it is on this machine, the proxy is other programs' business and not judged.
pub(super) fn through_proxy(config: scalekit::Config, source: &Source, problems: &mut Problems) -> scalekit::Config {
    let Some(proxy) = source.text(HTTPS_PROXY).filter(|proxy| !proxy.is_empty()) else { return config };
    let exceptions = source.text(NO_PROXY).unwrap_or_default();
    let is_meant = Matcher::builder().https("http://proxy").no(exceptions).build();
    let environment = config.environment_url().parse();
    if !environment.is_ok_and(|environment| is_meant.intercept(&environment).is_some()) {
        return config;
    }
    match scalekit::Proxy::parse(&proxy) {
        Ok(proxy) => config.with_proxy(proxy),
        Err(error) => {
            let read = Setting { variable: source.variable_name(HTTPS_PROXY), ..HTTPS_PROXY };
            problems.add(read, error.to_string());
            config
        }
    }
}

/// What may be shown of it: everything but user and password.
pub(super) fn shown(text: &str) -> Option<String> {
    scalekit::Proxy::parse(text).ok().map(|proxy| proxy.to_string())
}
