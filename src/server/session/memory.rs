//! Sessions in the process's memory: for tests, since a restart loses them all.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{
    id::SessionKey,
    store::{Record, Replaced, SessionStore, StoreError},
};

/// A store that forgets everything when the process ends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    records: Mutex<HashMap<SessionKey, Record>>,
}

impl MemoryStore {
    fn records(&self) -> MutexGuard<'_, HashMap<SessionKey, Record>> {
        // No operation leaves the map half-changed, so a panic elsewhere does not spoil it.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, key: &SessionKey, record: &Record) -> Result<(), StoreError> {
        match self.records().entry(*key) {
            Entry::Vacant(place) => {
                place.insert(record.clone());
                Ok(())
            }
            Entry::Occupied(_) => Err(StoreError("the key is in use".into())),
        }
    }

    async fn load(&self, key: &SessionKey, now: i64) -> Result<Option<Record>, StoreError> {
        Ok(self.records().get(key).filter(|record| record.ends_at > now).cloned())
    }

    async fn replace(&self, key: &SessionKey, expected_version: u64, record: &Record) -> Result<Replaced, StoreError> {
        let mut records = self.records();
        let Some(stored) = records.get_mut(key) else {
            return Ok(Replaced::Gone);
        };
        if stored.version != expected_version {
            return Ok(Replaced::Changed);
        }
        *stored = Record { version: expected_version + 1, ..record.clone() };
        Ok(Replaced::Yes)
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, StoreError> {
        Ok(self.records().remove(key).is_some())
    }

    async fn delete_ended(&self, now: i64) -> Result<u64, StoreError> {
        let mut records = self.records();
        let before = records.len();
        records.retain(|_, record| record.ends_at > now);
        Ok(u64::try_from(before - records.len()).unwrap_or(u64::MAX))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::server::session::store::contract;

    #[tokio::test]
    async fn the_store_contract_holds() {
        contract::holds(Arc::new(MemoryStore::default())).await;
    }
}
