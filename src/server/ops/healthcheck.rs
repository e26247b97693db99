//! `leptos-scalekit healthcheck`: asks the running process on this machine for `/healthz`. For container
//! health checks: an image needs no other program for it.
//!
//! With TLS it speaks https and does not verify the certificate, which is for the site's public name and not
//! for a loopback address; nothing secret is sent, and nothing but the status is believed. A mere connection
//! would prove less: the system accepts connections for a process that has stopped answering.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use crate::server::settings::{Problems, Source, listening};

/// From the first packet to the last byte. Within the Dockerfile's time limit, so that the reason is told.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Why the process is not known to be alive.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// Where it listens is not known.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// It gave no answer.
    #[error("{url} does not answer: {cause}")]
    NoAnswer {
        /// What was asked.
        url: String,
        /// The useful part of what the client says.
        cause: String,
    },
    /// It gave another answer.
    #[error("{url} answers {status}")]
    OtherAnswer {
        /// What was asked.
        url: String,
        status: u16,
    },
}

/// Asks the process that was started with these settings.
///
/// # Errors
/// [`Unhealthy`] says why it is not known to be alive.
pub async fn ask(source: &Source) -> Result<(), Unhealthy> {
    let (address, tls) = listening(source)?;
    let url = format!("{}://{}/healthz", if tls { "https" } else { "http" }, reachable(address));
    let no_answer = |error: reqwest::Error| Unhealthy::NoAnswer { url: url.clone(), cause: root_cause(&error) };
    let client = reqwest::Client::builder()
        .timeout(TIME_LIMIT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_danger_accept_invalid_certs(true)
        .build()
        .map_err(no_answer)?;
    let status = client.get(&url).send().await.map_err(no_answer)?.status().as_u16();
    if status == 200 { Ok(()) } else { Err(Unhealthy::OtherAnswer { url, status }) }
}

/// Who listens everywhere is asked on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn root_cause(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_listens_everywhere_is_asked_on_loopback() {
        for (listens, asked) in [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("127.0.0.1:3000", "127.0.0.1:3000"),
            ("10.1.2.3:80", "10.1.2.3:80"),
        ] {
            assert_eq!(reachable(listens.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
