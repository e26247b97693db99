//! Names and secrets.
//!
//! What for: names (`usr_…`, `ses_…`, authorization codes) are counted from the seed's number, so two runs
//! with the same actions give the same names and a test can state them. Secrets (refresh tokens, cookie
//! values) are not: a browser or a session store that outlives a restart would otherwise hold the token of
//! somebody who signs in next. Not here: signing keys (`tokens::keys`). Called by: the world, wherever
//! something is made.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Counts out names that look like Scalekit's: a prefix and 18 decimal digits (scalekit-api §1).
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    number: u64,
    counter: u64,
}

impl Ids {
    /// Starts counting for one seed number.
    pub(crate) fn new(number: u64) -> Self {
        Self { number, counter: 0 }
    }

    /// How many numbers have been drawn.
    pub(crate) fn given(&self) -> u64 {
        self.counter
    }

    /// Goes on where another run stopped, so that no name is given out twice.
    pub(crate) fn go_on_after(&mut self, given: u64) {
        self.counter = given;
    }

    /// The next name with this prefix, such as `ses_417203945817263549`.
    pub(crate) fn next(&mut self, prefix: &str) -> String {
        const SMALLEST_WITH_18_DIGITS: u64 = 100_000_000_000_000_000;
        let digits = SMALLEST_WITH_18_DIGITS + self.mix() % (9 * SMALLEST_WITH_18_DIGITS);
        format!("{prefix}_{digits}")
    }

    /// The next authorization code or transaction: 32 hexadecimal digits.
    pub(crate) fn next_code(&mut self) -> String {
        format!("{:016x}{:016x}", self.mix(), self.mix())
    }

    /// One step of splitmix64: every counter value gives another number, spread over all 64 bits.
    fn mix(&mut self) -> u64 {
        self.counter += 1;
        let mut z = self.number.wrapping_add(self.counter.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Counts out values nobody can guess: a hash over a key that is drawn when the emulator starts.
pub(crate) struct Secrets {
    key: [u8; 32],
    counter: u64,
}

impl Secrets {
    /// Draws the key.
    pub(crate) fn draw() -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key)?;
        Ok(Self { key, counter: 0 })
    }

    /// The next secret: 43 characters of base64url.
    pub(crate) fn next(&mut self) -> String {
        self.counter += 1;
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&self.key);
        hash.update(&self.counter.to_be_bytes());
        URL_SAFE_NO_PAD.encode(hash.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_number_gives_the_same_names_in_the_same_order() {
        let (mut one, mut two) = (Ids::new(7), Ids::new(7));
        for prefix in ["usr", "org", "ses"] {
            assert_eq!(one.next(prefix), two.next(prefix));
        }
        assert_eq!(one.next_code(), two.next_code());
        assert_ne!(Ids::new(8).next("usr"), Ids::new(7).next("usr"));
    }

    #[test]
    fn names_are_a_prefix_and_eighteen_digits() {
        let mut ids = Ids::new(1);
        for _ in 0..1000 {
            let name = ids.next("usr");
            let digits = name.strip_prefix("usr_").unwrap();
            assert_eq!(digits.len(), 18);
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn secrets_of_two_runs_differ() {
        assert_ne!(Secrets::draw().unwrap().next(), Secrets::draw().unwrap().next());
    }
}
