//! How the process serves: connections and TLS.

use std::{num::NonZeroU32, path::PathBuf};

use super::{
    Problems, Source, TlsFiles,
    table::{MAX_CONNECTIONS, Setting, TLS_CERTIFICATE_FILE, TLS_KEY_FILE},
    values::number,
};

pub(super) fn max_connections(source: &Source, problems: &mut Problems) -> Option<usize> {
    let number = number::<NonZeroU32>(source, MAX_CONNECTIONS, "a whole number of connections", problems)?;
    usize::try_from(number.get()).ok()
}

/// Both files or none: then a proxy in front speaks TLS.
pub(super) fn tls(source: &Source, problems: &mut Problems) -> Option<TlsFiles> {
    let file = |setting| source.text(setting).filter(|path| !path.is_empty()).map(PathBuf::from);
    let mut missing = |setting: Setting, other: Setting| {
        problems.add(setting, format!("is not set, but {} is: TLS needs both", other.variable));
        None
    };
    match (file(TLS_CERTIFICATE_FILE), file(TLS_KEY_FILE)) {
        (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
        (Some(_), None) => missing(TLS_KEY_FILE, TLS_CERTIFICATE_FILE),
        (None, Some(_)) => missing(TLS_CERTIFICATE_FILE, TLS_KEY_FILE),
        (None, None) => None,
    }
}

// part: metrics {
/// Where metrics are served; `None` if they are off.
pub(super) fn metrics_address(source: &Source, problems: &mut Problems) -> Option<std::net::SocketAddr> {
    let text = source.text(super::table::METRICS_ADDR).unwrap_or_default();
    if text == "off" {
        return None;
    }
    let address = text.parse().ok();
    if address.is_none() {
        problems.add(super::table::METRICS_ADDR, format!("is {text:?}; it must be an IP address and a port, or off"));
    }
    address
}
// part: metrics }
