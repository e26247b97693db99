//! How many connections a client may have: a share of all, so that the last ones are left to those who come
//! after.
//!
//! Proxies that are trusted are exempt: all the world comes from their addresses.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use ipnet::IpNet;
use parking_lot::Mutex;

use crate::client::network;

/// Of all connections, one client may have one in so many.
const SHARE: usize = 4;

/// Between two lines of the log about clients beyond their share.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// What each client has of all connections.
pub(super) struct Shares {
    share: usize,
    exempt: Vec<IpNet>,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    by_client: HashMap<IpNet, usize>,
    logged_at: Option<Instant>,
}

impl Shares {
    pub(super) fn new(connections: usize, exempt: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { share: (connections / SHARE).max(1), exempt, counts: Mutex::default() })
    }

    /// One connection more from this address; `None` if its client has as many as it may.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Slot> {
        let peer = peer.to_canonical();
        if self.exempt.iter().any(|proxy| proxy.contains(&peer)) {
            return Some(Slot { shares: Arc::clone(self), client: None });
        }
        // Whoever has an IPv6 address has a /64 of them.
        let client = network(peer, 32, 64);
        let mut counts = self.counts.lock();
        let count = counts.by_client.entry(client).or_default();
        if *count >= self.share {
            if counts.logged_at.is_none_or(|at| at.elapsed() >= BETWEEN_LINES) {
                counts.logged_at = Some(Instant::now());
                drop(counts);
                let share = self.share;
                tracing::warn!(%client, share, "a client has its share of all connections; further ones are refused. A proxy of yours? Trust it");
            }
            return None;
        }
        *count += 1;
        Some(Slot { shares: Arc::clone(self), client: Some(client) })
    }
}

/// One connection of a client, until this is dropped.
pub(super) struct Slot {
    shares: Arc<Shares>,
    /// `None`: an exempt proxy.
    client: Option<IpNet>,
}

impl Slot {
    /// Whether its client comes near its share: what does nothing then has to go sooner, or nothing new would
    /// come in.
    pub(super) fn is_crowded(&self) -> bool {
        let Some(client) = self.client else { return false };
        self.shares.counts.lock().by_client.get(&client).is_some_and(|count| *count > self.shares.share / 4 * 3)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(client) = self.client else { return };
        let mut counts = self.shares.counts.lock();
        if let Some(count) = counts.by_client.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                counts.by_client.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_a_share_and_proxies_have_all() {
        let shares = Shares::new(16, vec!["10.0.0.0/8".parse().unwrap()]);
        let take = |peer: &str| shares.take(peer.parse().unwrap());
        let mut held: Vec<_> = (0..3).map(|_| take("192.0.2.1").unwrap()).collect();
        assert!(!held[0].is_crowded());
        held.push(take("::ffff:192.0.2.1").unwrap());
        assert!(held[0].is_crowded());
        assert!(take("192.0.2.1").is_none(), "a quarter of all");
        assert!(take("192.0.2.2").is_some());
        held.pop();
        assert!(take("192.0.2.1").is_some());

        let networks: Vec<_> = (0..4).map(|host| take(&format!("2001:db8::{host}")).unwrap()).collect();
        assert!(take("2001:db8::ffff:1").is_none(), "a /64 is one client");
        assert!(take("2001:db8:0:1::1").is_some());
        let proxies: Vec<_> = (0..99).map(|_| take("10.1.2.3").unwrap()).collect();
        assert!(!proxies[0].is_crowded());
        drop((held, networks, proxies));
        assert!(shares.counts.lock().by_client.is_empty(), "nothing is kept of who has gone");
    }
}
