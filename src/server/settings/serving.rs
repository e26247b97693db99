//! How the process serves: connections and TLS.

use std::{num::NonZeroU32, path::PathBuf};

use super::{Problems, Source, TlsFiles, values::number};

pub(super) fn max_connections(source: &Source, problems: &mut Problems) -> Option<usize> {
    let wanted = "a whole number of connections such as 10000";
    let number = number::<NonZeroU32>(source, "MAX_CONNECTIONS", "server.max-connections", wanted, problems)?;
    usize::try_from(number.get()).ok()
}

/// Both files or none: then a proxy in front speaks TLS.
pub(super) fn tls(source: &Source, problems: &mut Problems) -> Option<TlsFiles> {
    const CERTIFICATE: (&str, &str) = ("TLS_CERTIFICATE_FILE", "server.tls-certificate-file");
    const KEY: (&str, &str) = ("TLS_KEY_FILE", "server.tls-key-file");
    let file = |(variable, key)| source.text(variable, key).filter(|path| !path.is_empty()).map(PathBuf::from);
    let mut missing = |(variable, key), other: (&str, &str), example: &str| {
        let what = format!("is not set, but {} is: TLS needs both", other.0);
        problems.add(variable, key, what, &format!("{variable}={example}"));
        None
    };
    match (file(CERTIFICATE), file(KEY)) {
        (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
        (Some(_), None) => missing(KEY, CERTIFICATE, "/etc/leptos-scalekit/key.pem"),
        (None, Some(_)) => missing(CERTIFICATE, KEY, "/etc/leptos-scalekit/certificate.pem"),
        (None, None) => None,
    }
}
