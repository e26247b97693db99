//! The changes, each a script that Redis runs in one step.
//!
//! Every step touches one key, so that a cluster can keep each key where it likes. Not here: what lies under
//! the keys ([`super::layout`]).

use std::sync::LazyLock;

use redis::{Cmd, Script};

/// A script, called by its hash; a server that doesn't know it takes the text.
pub(super) struct AtomicStep {
    text: &'static str,
    script: LazyLock<Script>,
}

macro_rules! step {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        pub(super) static $name: AtomicStep = AtomicStep { text: $text, script: LazyLock::new(|| Script::new($text)) };
    };
}

impl AtomicStep {
    pub(super) fn on(&'static self, key: String) -> Call {
        Call { step: self, key, arguments: Vec::new() }
    }
}

/// A step with its key and arguments.
pub(super) struct Call {
    step: &'static AtomicStep,
    key: String,
    arguments: Vec<Vec<u8>>,
}

impl Call {
    pub(super) fn with(mut self, argument: impl AsRef<[u8]>) -> Self {
        self.arguments.push(argument.as_ref().to_vec());
        self
    }

    pub(super) fn with_number(self, number: impl Into<i128>) -> Self {
        self.with(number.into().to_string())
    }

    pub(super) fn by_hash(&self) -> Cmd {
        self.command("EVALSHA", self.step.script.get_hash())
    }

    pub(super) fn by_text(&self) -> Cmd {
        self.command("EVAL", self.step.text)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(1).arg(&self.key).arg(&self.arguments);
        command
    }
}

step! {
    /// A new record: user, provider session, activity, end, claims, tokens, seconds. 1, or 0 if the key
    /// exists with other contents: one and the same call may arrive twice when a connection breaks.
    CREATE,
    "local have = redis.call('HMGET', KEYS[1], 'version', 'user', 'claims', 'tokens')
     if have[1] == '1' and have[2] == ARGV[1] and have[3] == ARGV[5] and have[4] == ARGV[6] then return 1 end
     if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
     redis.call('HSET', KEYS[1], 'version', 1, 'user', ARGV[1], 'provider', ARGV[2], 'active', ARGV[3],
                'ends', ARGV[4], 'claims', ARGV[5], 'tokens', ARGV[6])
     redis.call('EXPIRE', KEYS[1], ARGV[7])
     return 1"
}

step! {
    /// New sealed parts: expected version, claims, tokens, now. 2 written, 1 another version, 0 gone or
    /// damaged.
    REPLACE,
    "local have = redis.call('HMGET', KEYS[1], 'version', 'ends')
     local ends = tonumber(have[2])
     if not ends or ends <= tonumber(ARGV[4]) then return 0 end
     if have[1] ~= ARGV[1] then return 1 end
     redis.call('HINCRBY', KEYS[1], 'version', 1)
     redis.call('HSET', KEYS[1], 'claims', ARGV[2], 'tokens', ARGV[3])
     return 2"
}

step! {
    /// Activity: active, ends, now, seconds.
    TOUCH,
    "local have = redis.call('HMGET', KEYS[1], 'active', 'ends')
     local active, ends = tonumber(have[1]), tonumber(have[2])
     if not active or not ends or ends <= tonumber(ARGV[3]) then return 0 end
     if tonumber(ARGV[1]) > active then redis.call('HSET', KEYS[1], 'active', ARGV[1]) end
     if tonumber(ARGV[2]) > ends then
         redis.call('HSET', KEYS[1], 'ends', ARGV[2])
         redis.call('EXPIRE', KEYS[1], ARGV[4])
     end
     return 1"
}

step! {
    /// Removes a record, damaged or not, and tells whose it was; 0 if there was none.
    DELETE,
    "local owners = redis.pcall('HMGET', KEYS[1], 'user', 'provider')
     if redis.call('DEL', KEYS[1]) == 0 then return 0 end
     if owners.err then return {false, false} end
     return owners"
}

step! {
    /// Removes a record of this version and tells whose it was; 1 if it has another version, 0 if there was
    /// none.
    DELETE_VERSION,
    "local have = redis.call('HMGET', KEYS[1], 'version', 'user', 'provider')
     if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
     if have[1] ~= ARGV[1] then return 1 end
     redis.call('DEL', KEYS[1])
     return {have[2], have[3]}"
}

step! {
    /// Enters a session into an index: session, its end, ended before, seconds. An entry's end and the
    /// index's own only move on. Something else in its place would keep its person from signing in for good.
    INDEX,
    "if redis.call('TYPE', KEYS[1]).ok ~= 'zset' then redis.call('DEL', KEYS[1]) end
     redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
     redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
     if redis.call('TTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
     return 1"
}

step! {
    /// What an index has after so many seconds, trimmed: now, ended before.
    LIST,
    "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
     return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')"
}

step! {
    /// Takes a lease: holder, milliseconds. 1 if it is the holder's now. What never ends is no lease.
    ACQUIRE,
    "local holder = redis.pcall('GET', KEYS[1])
     if holder and holder ~= ARGV[1] and redis.call('PTTL', KEYS[1]) >= 0 then return 0 end
     redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
     return 1"
}

step! {
    /// Prolongs a lease: holder, milliseconds. 1 if it was still the holder's.
    RENEW,
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
     return redis.call('PEXPIRE', KEYS[1], ARGV[2])"
}

step! {
    /// Gives a lease back: holder.
    RELEASE,
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
     return redis.call('DEL', KEYS[1])"
}

step! {
    /// Marks, unless a mark stands after a time: nonce of 16 bytes, until, that time, seconds. 1 if it has
    /// marked, by this very call arriving before too.
    MARK,
    "local have = redis.call('GET', KEYS[1])
     if have and string.sub(have, 1, 16) == ARGV[1] then return 1 end
     if have and (tonumber(string.sub(have, 17)) or math.huge) > tonumber(ARGV[3]) then return 0 end
     redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'EX', ARGV[4])
     return 1"
}
