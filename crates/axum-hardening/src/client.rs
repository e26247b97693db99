//! Which address a request comes from. The connection says so; if the connection is a proxy of ours, the
//! proxy does.
//!
//! Of all that proxies add, only `X-Forwarded-For` is read, and only here. Scheme and host are never taken
//! from a request: the application knows its own address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, HeaderName},
};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of a request's connection, in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub IpAddr);

/// The address that a request comes from. `None` without a connection.
#[must_use]
pub fn address_of(extensions: &Extensions, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> Option<IpAddr> {
    let PeerAddress(peer) = extensions.get()?;
    Some(behind(*peer, headers, trusted_proxies))
}

/// The network of an address, so many bits wide: with IPv4, and with IPv6.
#[must_use]
pub fn network(address: IpAddr, ipv4: u8, ipv6: u8) -> IpNet {
    let address = address.to_canonical();
    let bits = if address.is_ipv4() { ipv4 } else { ipv6 };
    IpNet::new(address, bits).unwrap_or(IpNet::from(address)).trunc()
}

/// Whether a request's connection is one of these proxies.
#[must_use]
pub fn is_connected_by(request: &Request, trusted_proxies: &[IpNet]) -> bool {
    let peer: Option<&PeerAddress> = request.extensions().get();
    peer.is_some_and(|PeerAddress(peer)| trusted_proxies.iter().any(|network| network.contains(&peer.to_canonical())))
}

/// The last address in `X-Forwarded-For` that no trusted proxy has. Each proxy appends who connected to it,
/// so the list is read from its end; whatever stands before the first stranger, the stranger may have made
/// up.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted_proxies.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    while is_trusted(&client) {
        // Without a readable entry, the proxy itself is the nearest thing that is known.
        let Some(next) = hops.next().and_then(parse) else { break };
        client = next;
    }
    client
}

/// An address, with or without a port, in one spelling for all.
fn parse(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let address = text.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()));
    address.or_else(bracketed).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn client(peer: &str, lines: &[&str]) -> String {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "::1/128", "192.0.2.7/32"].map(|text| text.parse().unwrap()).into();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        behind(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_is_who_it_is_whatever_it_says() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("2001:db8::1", &["10.0.0.1, 198.51.100.1"]), "2001:db8::1");
    }

    #[test]
    fn behind_trusted_proxies_the_last_stranger_counts() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.2.3.4"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1", "198.51.100.1", "192.0.2.7"]), "198.51.100.1");
        assert_eq!(client("::1", &["2001:db8::2"]), "2001:db8::2");
    }

    #[test]
    fn what_can_not_be_read_ends_the_list() {
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        for nonsense in
            ["", "unknown", "198.51.100.1 198.51.100.2", "198.51.100.1,", "[198.51.100.1]", "_hidden", "caf\u{e9}"]
        {
            assert_eq!(client("10.0.0.1", &[nonsense]), "10.0.0.1", "{nonsense}");
        }
        assert_eq!(client("10.0.0.1", &["198.51.100.1, nonsense, 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_one_address() {
        for spelling in
            ["198.51.100.1", " 198.51.100.1\t", "198.51.100.1:4711", "::ffff:198.51.100.1", "[::ffff:198.51.100.1]:80"]
        {
            assert_eq!(client("10.0.0.1", &[spelling]), "198.51.100.1", "{spelling}");
        }
        assert_eq!(client("10.0.0.1", &["[2001:db8::3]"]), "2001:db8::3");
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
    }

    proptest! {
        #[test]
        fn nothing_that_a_client_writes_changes_what_the_proxy_appends(forged in "[ -~]{0,60}") {
            prop_assert_eq!(client("10.0.0.1", &[&format!("{forged}, 198.51.100.1")]), "198.51.100.1");
            prop_assert_eq!(client("203.0.113.9", &[&forged]), "203.0.113.9");
        }
    }
}
