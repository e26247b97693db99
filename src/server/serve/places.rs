//! How many connections a client may have: a share of all, so that nobody has the last place but those who come after.
//!
//! Proxies that are trusted are exempt: all the world comes from their addresses.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ipnet::IpNet;

use crate::server::client_address::network;

/// Of all connections, one client may have one in so many.
const SHARE: usize = 4;

/// Between two lines of the log about clients beyond their share.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// The places of all clients.
pub(super) struct Places {
    share: usize,
    exempt: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    by_client: HashMap<IpNet, usize>,
    logged_at: Option<Instant>,
}

impl Places {
    pub(super) fn new(connections: usize, exempt: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { share: (connections / SHARE).max(1), exempt, taken: Mutex::default() })
    }

    /// A place for a connection from this address; `None` if its client has as many as it may.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        if self.exempt.iter().any(|proxy| proxy.contains(&peer)) {
            return Some(Place { places: Arc::clone(self), client: None });
        }
        // Whoever has an IPv6 address has a /64 of them.
        let client = network(peer, 32, 64);
        let mut taken = self.taken();
        let count = taken.by_client.entry(client).or_default();
        if *count >= self.share {
            if taken.logged_at.is_none_or(|at| at.elapsed() >= BETWEEN_LINES) {
                taken.logged_at = Some(Instant::now());
                drop(taken);
                let share = self.share;
                tracing::warn!(%client, share, "a client has its share of all connections; further ones are refused (a proxy? see TRUSTED_PROXIES)");
            }
            return None;
        }
        *count += 1;
        Some(Place { places: Arc::clone(self), client: Some(client) })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One place, free again when this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    /// `None`: an exempt proxy.
    client: Option<IpNet>,
}

impl Place {
    /// Whether its client comes near its share: what does nothing then has to go sooner, or nothing new would come in.
    pub(super) fn is_crowded(&self) -> bool {
        let Some(client) = self.client else { return false };
        self.places.taken().by_client.get(&client).is_some_and(|count| *count > self.places.share / 4 * 3)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(client) = self.client else { return };
        let mut taken = self.places.taken();
        if let Some(count) = taken.by_client.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                taken.by_client.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_a_share_and_proxies_have_all() {
        let places = Places::new(16, vec!["10.0.0.0/8".parse().unwrap()]);
        let take = |peer: &str| places.take(peer.parse().unwrap());
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
        assert!(places.taken().by_client.is_empty(), "nothing is kept of who has gone");
    }
}
