//! How things lie in Redis: names of keys, and what is read from them. [`super::steps`] changes them.
//!
//! | key | type | what |
//! | --- | --- | --- |
//! | `PREFIX:session:KEY` | hash | one record |
//! | `PREFIX:user:KEY` | sorted set | session keys of a person, by when each ends |
//! | `PREFIX:provider-session:KEY` | sorted set | the same of a provider session |
//! | `PREFIX:lease:KEY` | string | who holds the session's lease |
//! | `PREFIX:mark:KEY` | string | a mark: a nonce and when it ends |
//!
//! Every key has a time to live. Redis ends things by its own clock; whether a record has ended for the
//! application is compared with the `now` that the application hands in.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use redis::Value;

use super::failure::RedisFailure;
use crate::{
    id::{Mark, ProviderSessionKey, SessionKey, UserKey},
    metrics,
    store::Record,
};

/// Entries of an index stay so long after their record's end: replicas' clocks differ, and a record that
/// still lives by one of them must be found. In seconds.
pub(super) const INDEX_SLACK: i64 = 3600;

/// The longest time to live, 100 years in seconds: Redis refuses some that are longer.
const LONGEST: i64 = 100 * 365 * 86_400;

/// Seconds that something lives which ends at `ends_at`: at least one, since Redis takes no fewer.
pub(super) const fn seconds_left(ends_at: i64, now: i64) -> i64 {
    match ends_at.saturating_sub(now) {
        ..=1 => 1,
        left if left > LONGEST => LONGEST,
        left => left,
    }
}

/// Names keys.
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) const fn with_prefix(prefix: String) -> Self {
        Self { prefix }
    }

    pub(super) fn session(&self, key: &SessionKey) -> String {
        self.name("session", key.as_bytes())
    }

    pub(super) fn user(&self, key: &UserKey) -> String {
        self.name("user", key.as_bytes())
    }

    pub(super) fn provider_session(&self, key: &ProviderSessionKey) -> String {
        self.name("provider-session", key.as_bytes())
    }

    pub(super) fn lease(&self, key: &SessionKey) -> String {
        self.name("lease", key.as_bytes())
    }

    pub(super) fn mark(&self, mark: &Mark) -> String {
        self.name("mark", mark.as_bytes())
    }

    /// A key that nobody writes, to see whether keys can be read.
    pub(super) fn probe(&self) -> String {
        format!("{}:probe", self.prefix)
    }

    fn name(&self, kind: &str, key: &[u8]) -> String {
        format!("{}:{kind}:{}", self.prefix, URL_SAFE_NO_PAD.encode(key))
    }
}

/// The fields of a record, in the order of [`read_record`].
pub(super) const FIELDS: [&str; 7] = ["version", "user", "provider", "active", "ends", "claims", "tokens"];

/// Reads what `HMGET` of [`FIELDS`] answered: a record that has not ended, or none.
pub(super) fn read_record(answer: Value, now: i64) -> Result<Option<Record>, RedisFailure> {
    let fields: [Value; 7] =
        array(answer)?.try_into().map_err(|_| RedisFailure::Damaged("a record has other fields"))?;
    if fields.iter().all(|field| *field == Value::Nil) {
        return Ok(None);
    }
    let [version, user, provider_session, active_at, ends_at, claims, tokens] = fields;
    let record = Record {
        version: number(version)?,
        user: UserKey::from_bytes(&bytes(user)?).ok_or(RedisFailure::Damaged("a record's user is no key"))?,
        provider_session: ProviderSessionKey::from_bytes(&bytes(provider_session)?)
            .ok_or(RedisFailure::Damaged("a record's provider session is no key"))?,
        active_at: number(active_at)?,
        ends_at: number(ends_at)?,
        claims: bytes(claims)?,
        tokens: bytes(tokens)?,
    };
    Ok(Some(record).filter(|record| record.ends_at > now))
}

/// Nothing, if what was read is damaged, and a word about it: it serves nobody, and its owner must not suffer
/// from it. Redis ends it.
pub(super) fn sound(read: Result<Option<Record>, RedisFailure>) -> Result<Option<Record>, RedisFailure> {
    match read {
        Err(damage @ RedisFailure::Damaged(_)) => {
            metrics::record_damaged(&damage);
            Ok(None)
        }
        other => other,
    }
}

/// The session keys in an index; other things in it lead nowhere and are left out.
pub(super) fn read_index(answer: Value) -> Result<Vec<SessionKey>, RedisFailure> {
    Ok(array(answer)?.into_iter().filter_map(|entry| SessionKey::from_bytes(&bytes(entry).ok()?)).collect())
}

/// Whose a deleted record was, as far as that could be read.
pub(super) struct Owners {
    user: Option<UserKey>,
    provider_session: Option<ProviderSessionKey>,
}

impl Owners {
    /// The indexes that had the record.
    pub(super) fn indexes(self, keys: &Keys) -> impl Iterator<Item = String> {
        let user = self.user.map(|user| keys.user(&user));
        let provider_session = self.provider_session.map(|session| keys.provider_session(&session));
        user.into_iter().chain(provider_session)
    }
}

/// Whether [`DELETE_VERSION`](super::steps::DELETE_VERSION) found another version.
pub(super) fn is_other_version(answer: &Value) -> bool {
    *answer == Value::Int(1)
}

/// Whose record [`DELETE`](super::steps::DELETE) removed. `None`: there was none.
pub(super) fn read_deleted(answer: Value) -> Result<Option<Owners>, RedisFailure> {
    if answer == Value::Int(0) {
        return Ok(None);
    }
    let [user, provider_session]: [Value; 2] =
        array(answer)?.try_into().map_err(|_| RedisFailure::Damaged("an answer has other parts"))?;
    Ok(Some(Owners {
        user: bytes(user).ok().and_then(|bytes| UserKey::from_bytes(&bytes)),
        provider_session: bytes(provider_session).ok().and_then(|bytes| ProviderSessionKey::from_bytes(&bytes)),
    }))
}

/// Whether what `GET` found is a mark that has not ended; of one that can't be read the end is unknown, so it
/// counts.
pub(super) fn read_mark(answer: Value, now: i64) -> Result<bool, RedisFailure> {
    if answer == Value::Nil {
        return Ok(false);
    }
    let mark = bytes(answer)?;
    let until = mark.get(16..).and_then(|until| std::str::from_utf8(until).ok()?.parse::<i64>().ok());
    Ok(until.is_none_or(|until| until > now))
}

/// The whole number that a step answered.
pub(super) fn read_count(answer: &Value) -> Result<i64, RedisFailure> {
    match answer {
        Value::Int(number) => Ok(*number),
        _ => Err(RedisFailure::Damaged("an answer is no number")),
    }
}

fn array(value: Value) -> Result<Vec<Value>, RedisFailure> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(RedisFailure::Damaged("an answer is no list")),
    }
}

fn bytes(value: Value) -> Result<Vec<u8>, RedisFailure> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(RedisFailure::Damaged("something is missing or of another type")),
    }
}

fn number<T: std::str::FromStr>(value: Value) -> Result<T, RedisFailure> {
    String::from_utf8(bytes(value)?)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(RedisFailure::Damaged("a record has a number that is none"))
}
