//! Who has had how much of one class: a bucket for each network that an address belongs to, and two for all
//! together. In bounded memory; the time is an argument.
//!
//! Of a bucket nothing is kept but when it will be full again (the generic cell rate algorithm).

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
};

use ipnet::IpNet;

use crate::client;

/// Networks that are remembered for one class: about 5 MB.
const MOST_NETWORKS: usize = 65_536;

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// After a rest, so many at once.
    pub at_once: u32,
    /// In the long run, so many a minute.
    pub a_minute: u32,
}

/// How much of one class is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// For one address; the networks around it have a multiple.
    pub address: Quota,
    /// For all clients of this process. None where nothing that it could protect is ever reached by a
    /// stranger.
    pub together: Option<Quota>,
    /// Whoever has asked for no more lately is a stranger, for whom a half of `together` is kept.
    pub stranger: Quota,
}

impl Rule {
    /// By requests a minute. A school or an office may have one address, and what it asks for comes within
    /// moments, when a lesson begins: half a minute's requests are allowed at once, and of what all have
    /// together ten seconds'.
    #[must_use]
    pub const fn per_minute(address: u32, together: Option<u32>, stranger: Quota) -> Self {
        let together = match together {
            Some(together) => Some(Quota { at_once: together / 6, a_minute: together }),
            None => None,
        };
        Self { address: Quota { at_once: address / 2, a_minute: address }, together, stranger }
    }
}

/// A moment or a time, in nanoseconds of the server's clock.
pub(super) type Nanos = u64;

const SECOND: Nanos = 1_000_000_000;

impl Quota {
    const fn times(self, factor: u32) -> Self {
        Self { at_once: self.at_once.saturating_mul(factor), a_minute: self.a_minute.saturating_mul(factor) }
    }

    const fn halved(self) -> Self {
        Self { at_once: self.at_once / 2, a_minute: self.a_minute / 2 }
    }

    /// How long one takes to come back.
    fn interval(self) -> Nanos {
        60 * SECOND / Nanos::from(self.a_minute.max(1))
    }

    /// How long an empty bucket takes to be full.
    fn whole(self) -> Nanos {
        self.interval() * Nanos::from(self.at_once.max(1))
    }

    /// When the bucket will be full after one more was taken.
    fn taken(self, full_at: Nanos, now: Nanos) -> Nanos {
        full_at.max(now) + self.interval()
    }

    /// How long until one may be taken; 0 means now.
    fn wait(self, full_at: Nanos, now: Nanos) -> Nanos {
        self.taken(full_at, now).saturating_sub(now + self.whole())
    }
}

/// A network around an address.
struct Width {
    bits: u8,
    /// So many times an address's quota it has.
    quota: u32,
    /// So many times what a stranger may have asked for lately.
    strangers: u32,
}

/// An address, and the network of an office or of a provider's neighbours.
const IPV4: [Width; 2] = [Width { bits: 32, quota: 1, strangers: 1 }, Width { bits: 24, quota: 4, strangers: 16 }];

/// Whoever has an address of IPv6 has a /64 of them, which counts as one address. Subscribers have up to a
/// /56, sites a /48, which mobile networks divide among many.
const IPV6: [Width; 3] = [
    Width { bits: 64, quota: 1, strangers: 1 },
    Width { bits: 56, quota: 2, strangers: 2 },
    Width { bits: 48, quota: 4, strangers: 16 },
];

/// The networks that an address belongs to. Who comes from nowhere counts as one client.
fn networks(client: Option<IpAddr>) -> impl Iterator<Item = (IpNet, &'static Width)> {
    let address = client.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    let widths: &[Width] = if address.is_ipv4() { &IPV4 } else { &IPV6 };
    widths.iter().map(move |width| (client::network(address, width.bits, width.bits), width))
}

/// What a network has had.
#[derive(Clone, Copy, Default)]
struct Had {
    full_at: Nanos,
    /// The same for what makes it no stranger any more.
    stranger_at: Nanos,
}

/// For so long at most, whoever has had much is no stranger.
const LATELY: Nanos = 600 * SECOND;

/// All buckets of one class.
pub(super) struct Ledger {
    rule: Rule,
    networks: HashMap<IpNet, Had>,
    most: usize,
    /// What is for everybody.
    open_full_at: Nanos,
    /// What is kept for strangers once that is used up.
    reserve_full_at: Nanos,
}

impl Ledger {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, networks: HashMap::new(), most: MOST_NETWORKS, open_full_at: 0, reserve_full_at: 0 }
    }

    /// Whether each of the client's networks may have one more.
    ///
    /// # Errors
    /// Whole seconds until they may.
    pub(super) fn check(&self, client: Option<IpAddr>, now: Nanos) -> Result<(), u32> {
        let waits = networks(client)
            .map(|(network, width)| self.rule.address.times(width.quota).wait(self.had(network).full_at, now));
        refuse_until(waits.max().unwrap_or_default())
    }

    /// Notes that the client's networks have had one.
    pub(super) fn count(&mut self, client: Option<IpAddr>, now: Nanos) {
        for (network, width) in networks(client) {
            let had = self.had(network);
            let stranger_at = self.rule.stranger.times(width.strangers).taken(had.stranger_at, now);
            let now_had = Had {
                full_at: self.rule.address.times(width.quota).taken(had.full_at, now),
                stranger_at: stranger_at.min(now + LATELY),
            };
            if self.networks.len() >= self.most && !self.networks.contains_key(&network) {
                self.forget_half();
            }
            self.networks.insert(network, now_had);
        }
    }

    /// Takes one of what all have together: of the half that is for everybody or, for strangers, of the
    /// other.
    ///
    /// # Errors
    /// Whole seconds until there is one.
    pub(super) fn share(&mut self, client: Option<IpAddr>, now: Nanos) -> Result<(), u32> {
        let Some(half) = self.rule.together.map(Quota::halved) else { return Ok(()) };
        let wait = half.wait(self.open_full_at, now);
        if wait == 0 {
            self.open_full_at = half.taken(self.open_full_at, now);
            return Ok(());
        }
        if !self.is_stranger(client, now) {
            return refuse_until(wait);
        }
        refuse_until(wait.min(half.wait(self.reserve_full_at, now)))?;
        self.reserve_full_at = half.taken(self.reserve_full_at, now);
        Ok(())
    }

    /// Whether all networks of the client have asked for next to nothing lately.
    fn is_stranger(&self, client: Option<IpAddr>, now: Nanos) -> bool {
        networks(client).all(|(network, width)| {
            self.had(network).stranger_at <= now + self.rule.stranger.times(width.strangers).whole()
        })
    }

    fn had(&self, network: IpNet) -> Had {
        self.networks.get(&network).copied().unwrap_or_default()
    }

    /// Forgets the half that has rested longest: whoever is at its limit stays there, however many others
    /// come.
    fn forget_half(&mut self) {
        let mut times: Vec<Nanos> = self.networks.values().map(|had| had.full_at).collect();
        let middle = times.len() / 2;
        let (_, limit, _) = times.select_nth_unstable(middle);
        let (limit, mut to_forget) = (*limit, middle.max(1));
        self.networks.retain(|_, had| {
            let goes = had.full_at <= limit && to_forget > 0;
            to_forget -= usize::from(goes);
            !goes
        });
    }
}

/// # Errors
/// The wait in whole seconds, if there is one.
fn refuse_until(wait: Nanos) -> Result<(), u32> {
    match wait {
        0 => Ok(()),
        wait => Err(u32::try_from(wait.div_ceil(SECOND)).unwrap_or(u32::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const START: Nanos = 3600 * SECOND;

    /// What a service of some size may allow: for what begins a sign-in, for what ends one, and for what a
    /// signed-in person does.
    const STARTS: Rule = Rule::per_minute(600, Some(12_000), Quota { at_once: 3, a_minute: 1 });
    const ENDS: Rule = Rule::per_minute(600, Some(9000), Quota { at_once: 3, a_minute: 1 });
    const CALLS: Rule = Rule::per_minute(1200, Some(120_000), Quota { at_once: 30, a_minute: 10 });

    /// What a request costs that counts at once.
    fn ask(ledger: &mut Ledger, client: &str, now: Nanos) -> Result<(), u32> {
        ask_from(ledger, client.parse().unwrap(), now)
    }

    fn ask_from(ledger: &mut Ledger, client: IpAddr, now: Nanos) -> Result<(), u32> {
        ledger.check(Some(client), now)?;
        ledger.share(Some(client), now)?;
        ledger.count(Some(client), now);
        Ok(())
    }

    /// How many of so many requests at one moment are allowed.
    fn allowed(ledger: &mut Ledger, now: Nanos, clients: impl Iterator<Item = String>) -> usize {
        clients.filter(|client| ask(ledger, client, now).is_ok()).count()
    }

    /// An address that is in nobody else's network.
    fn stranger(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0xB000_0000 + 256 * number))
    }

    #[test]
    fn after_a_burst_each_interval_allows_one_and_others_are_not_touched() {
        let quota = Quota { at_once: 3, a_minute: 6 };
        let mut ledger = Ledger::new(Rule { address: quota, together: None, stranger: quota });
        for _ in 0..3 {
            assert_eq!(ask(&mut ledger, "192.0.2.1", START), Ok(()));
        }
        assert_eq!(ask(&mut ledger, "192.0.2.1", START), Err(10));
        assert_eq!(ask(&mut ledger, "192.0.2.2", START), Ok(()));
        assert_eq!(ask(&mut ledger, "192.0.2.1", START + 9 * SECOND), Err(1), "a refused one has cost nothing");
        assert_eq!(ask(&mut ledger, "192.0.2.1", START + 10 * SECOND), Ok(()));
        assert_eq!(ask(&mut ledger, "192.0.2.1", START + 10 * SECOND), Err(10));
        let rested = START + 100 * SECOND;
        assert_eq!(allowed(&mut ledger, rested, (0..9).map(|_| "192.0.2.1".to_owned())), 3);
        assert_eq!(ask(&mut ledger, "192.0.2.1", START), Err(110), "a clock that goes back frees nobody");
    }

    #[test]
    fn networks_have_a_multiple_of_an_addresss_quota() {
        let quota = STARTS.address.at_once as usize;
        for (what, client, multiple) in [
            ("an address", (|_| "198.51.100.1".to_owned()) as fn(u32) -> String, 1),
            (
                "the same in another spelling",
                |number| format!("{}198.51.100.1", if number % 2 == 0 { "" } else { "::ffff:" }),
                1,
            ),
            ("a /24", |number| format!("198.51.100.{}", number % 256), 4),
            ("a /64", |number| format!("2001:db8:1:2:{number:x}::{number:x}"), 1),
            ("a /56", |number| format!("2001:db8:1:{:x}::{number:x}", number % 256), 2),
            ("a /48", |number| format!("2001:db8:1:{number:x}::"), 4),
        ] {
            // Without a limit for all, which would come first.
            let mut ledger = Ledger::new(Rule { together: None, ..STARTS });
            assert_eq!(allowed(&mut ledger, START, (0..10_000).map(client)), quota * multiple, "{what}");
            assert_eq!(ask(&mut ledger, "2001:db8:2::", START), Ok(()), "{what}");
        }
    }

    /// Attackers, each with its own pace, and somebody new every 200 ms who starts a sign-in, for a minute.
    /// Answers with how many strangers of three hundred were refused.
    fn refused_strangers(attackers: &[IpAddr], a_minute: u64) -> usize {
        let mut ledger = Ledger::new(STARTS);
        let between = 60 * SECOND / (a_minute * u64::try_from(attackers.len()).unwrap());
        let mut attacks = attackers.iter().cycle().zip(0_u64..).peekable();
        let mut refused = 0;
        for number in 0..300 {
            let now = START + u64::from(number) * SECOND / 5;
            while let Some((attacker, at)) = attacks.next_if(|(_, count)| START + count * between <= now) {
                // Refused or not, it goes on.
                let _ = ask_from(&mut ledger, *attacker, START + at * between);
            }
            refused += usize::from(ask_from(&mut ledger, stranger(number), now).is_err());
        }
        refused
    }

    #[test]
    fn whoever_has_many_addresses_keeps_no_stranger_from_signing_in() {
        let subscriber: Vec<IpAddr> = (0..256).map(|n| format!("2001:db8:0:{n:x}::1").parse().unwrap()).collect();
        let site: Vec<IpAddr> = (0..1024).map(|n| format!("2001:db8:0:{n:x}::1").parse().unwrap()).collect();
        let rented: Vec<IpAddr> = (0..400).map(|n| format!("198.{}.{}.7", n / 256, n % 256).parse().unwrap()).collect();
        for (what, attackers, a_minute) in [
            ("a /56", &subscriber, 40),
            ("a /48", &site, 40),
            ("400 addresses", &rented, 40),
            ("400 addresses as fast as they may", &rented, 600),
        ] {
            let refused = refused_strangers(attackers, a_minute);
            assert!(refused <= 3, "{what}: {refused} of 300 strangers were refused");
        }
    }

    #[test]
    fn three_hundred_people_behind_one_address_sign_in_within_a_minute() {
        for rule in [STARTS, ENDS, CALLS] {
            let mut ledger = Ledger::new(rule);
            let office = || (0..300).map(|_| "198.51.100.1".to_owned());
            assert_eq!(allowed(&mut ledger, START, office()), 300, "{rule:?}: at one moment");
            let mut served = 0;
            for second in 60..120 {
                served += allowed(&mut ledger, START + second * SECOND, office().take(5));
            }
            assert_eq!(served, 300, "{rule:?}: one after the other");
        }
    }

    #[test]
    fn no_network_uses_up_what_all_have_together() {
        let least = Rule { address: Quota { at_once: 500, a_minute: 1000 }, ..STARTS };
        for rule in [least, STARTS, ENDS, CALLS] {
            let widest = rule.address.times(4);
            let open = rule.together.unwrap().halved();
            assert!(widest.at_once <= 2 * open.at_once && widest.a_minute < open.a_minute, "{rule:?}");
        }
    }

    #[test]
    fn memory_is_bounded_and_whoever_is_at_the_limit_stays_there() {
        // So slow that nothing comes back while it is asked.
        let slow = Quota { at_once: 3, a_minute: 1 };
        let mut ledger = Ledger::new(Rule { address: slow, together: None, stranger: slow });
        assert_eq!(allowed(&mut ledger, START, (0..5).map(|_| "203.0.113.1".to_owned())), 3);
        for number in 0..200_000 {
            assert_eq!(ask_from(&mut ledger, stranger(number), START), Ok(()));
        }
        assert!(ask(&mut ledger, "203.0.113.1", START).is_err(), "a crowd frees nobody");
        assert!(ledger.networks.len() <= MOST_NETWORKS);
        assert!(ledger.networks.capacity() <= 4 * MOST_NETWORKS, "{}", ledger.networks.capacity());
    }
}
