//! Sessions in the process's memory: for tests, since a restart loses them all.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::{
    id::{LeaseHolder, Mark, ProviderSessionKey, SessionKey, UserKey},
    store::{Record, Replaced, SessionStore, StoreError},
};

/// A store that forgets everything when the process ends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    records: HashMap<SessionKey, Record>,
    leases: HashMap<SessionKey, (LeaseHolder, Instant)>,
    marks: HashMap<Mark, i64>,
}

impl Contents {
    fn alive(&mut self, key: &SessionKey, now: i64) -> Option<&mut Record> {
        self.records.get_mut(key).filter(|record| record.ends_at > now)
    }

    fn delete_where(&mut self, unwanted: impl Fn(&Record) -> bool) -> u64 {
        let before = self.records.len();
        self.records.retain(|_, record| !unwanted(record));
        u64::try_from(before - self.records.len()).unwrap_or(u64::MAX)
    }

    /// The holder of a lease that has not run out.
    fn holder(&self, key: &SessionKey) -> Option<LeaseHolder> {
        self.leases.get(key).filter(|(_, until)| *until > Instant::now()).map(|(holder, _)| *holder)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, key: &SessionKey, record: &Record, _now: i64) -> Result<(), StoreError> {
        match self.contents.lock().records.entry(*key) {
            Entry::Vacant(place) => {
                place.insert(record.clone());
                Ok(())
            }
            Entry::Occupied(_) => Err(StoreError("the key is in use".into())),
        }
    }

    async fn load(&self, key: &SessionKey, now: i64) -> Result<Option<Record>, StoreError> {
        Ok(self.contents.lock().alive(key, now).cloned())
    }

    async fn replace(
        &self,
        key: &SessionKey,
        expected_version: u64,
        claims: &[u8],
        tokens: &[u8],
        now: i64,
    ) -> Result<Replaced, StoreError> {
        let mut contents = self.contents.lock();
        let Some(record) = contents.alive(key, now) else {
            return Ok(Replaced::Gone);
        };
        if record.version != expected_version {
            return Ok(Replaced::Changed);
        }
        record.version += 1;
        record.claims = claims.to_vec();
        record.tokens = tokens.to_vec();
        Ok(Replaced::Yes)
    }

    async fn touch(&self, key: &SessionKey, active_at: i64, ends_at: i64, now: i64) -> Result<(), StoreError> {
        if let Some(record) = self.contents.lock().alive(key, now) {
            record.active_at = record.active_at.max(active_at);
            record.ends_at = record.ends_at.max(ends_at);
        }
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, StoreError> {
        Ok(self.contents.lock().records.remove(key).is_some())
    }

    async fn delete_version(&self, key: &SessionKey, expected_version: u64) -> Result<Replaced, StoreError> {
        let mut contents = self.contents.lock();
        match contents.records.get(key).map(|record| record.version) {
            None => Ok(Replaced::Gone),
            Some(version) if version != expected_version => Ok(Replaced::Changed),
            Some(_) => {
                contents.records.remove(key);
                Ok(Replaced::Yes)
            }
        }
    }

    async fn list_by_user(&self, user: &UserKey, now: i64) -> Result<Vec<(SessionKey, Record)>, StoreError> {
        let contents = self.contents.lock();
        let theirs = contents.records.iter().filter(|(_, record)| record.user == *user && record.ends_at > now);
        Ok(theirs.map(|(key, record)| (*key, record.clone())).collect())
    }

    async fn delete_by_user(&self, user: &UserKey) -> Result<u64, StoreError> {
        Ok(self.contents.lock().delete_where(|record| record.user == *user))
    }

    async fn delete_by_provider_session(&self, session: &ProviderSessionKey) -> Result<u64, StoreError> {
        Ok(self.contents.lock().delete_where(|record| record.provider_session == *session))
    }

    async fn delete_ended(&self, now: i64) -> Result<u64, StoreError> {
        let mut contents = self.contents.lock();
        contents.marks.retain(|_, until| *until > now);
        contents.leases.retain(|_, (_, until)| *until > Instant::now());
        Ok(contents.delete_where(|record| record.ends_at <= now))
    }

    async fn count(&self, now: i64) -> Result<Option<u64>, StoreError> {
        Ok(u64::try_from(self.contents.lock().records.values().filter(|record| record.ends_at > now).count()).ok())
    }

    async fn acquire_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        let mut contents = self.contents.lock();
        let free = contents.holder(key).is_none_or(|found| found == *holder);
        if free {
            contents.leases.insert(*key, (*holder, Instant::now() + time));
        }
        Ok(free)
    }

    async fn renew_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        let mut contents = self.contents.lock();
        let held = contents.holder(key).is_some_and(|found| found == *holder);
        if held {
            contents.leases.insert(*key, (*holder, Instant::now() + time));
        }
        Ok(held)
    }

    async fn release_lease(&self, key: &SessionKey, holder: &LeaseHolder) -> Result<(), StoreError> {
        let mut contents = self.contents.lock();
        if contents.holder(key).is_some_and(|found| found == *holder) {
            contents.leases.remove(key);
        }
        Ok(())
    }

    async fn mark(&self, mark: &Mark, until: i64, now: i64) -> Result<bool, StoreError> {
        let mut contents = self.contents.lock();
        let is_new = contents.marks.get(mark).is_none_or(|found| *found <= now);
        if is_new {
            contents.marks.insert(*mark, until);
        }
        Ok(is_new)
    }

    async fn mark_at_least(&self, mark: &Mark, until: i64, _now: i64) -> Result<(), StoreError> {
        let mut contents = self.contents.lock();
        let found = contents.marks.entry(*mark).or_insert(until);
        *found = until.max(*found);
        Ok(())
    }

    async fn is_marked(&self, mark: &Mark, now: i64) -> Result<bool, StoreError> {
        Ok(self.contents.lock().marks.get(mark).is_some_and(|until| *until > now))
    }

    async fn unmark(&self, mark: &Mark) -> Result<(), StoreError> {
        self.contents.lock().marks.remove(mark);
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::contract;

    #[tokio::test]
    async fn the_store_contract_holds() {
        contract::holds(Arc::new(MemoryStore::default())).await;
    }
}
