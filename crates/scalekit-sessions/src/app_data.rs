//! A slot in each session for the application's own: its current project, a choice, a draft's identifier.
//! Sealed with the claims.
//!
//! Small on purpose: every request loads it. It stays when a refresh moves the person to another
//! organization: what depends on the organization names it, and is compared. Not here: how it is changed
//! (`update`).

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The most that fits, in bytes of JSON.
pub const APP_DATA_BYTES: usize = 2048;

/// The application's own in a session: one value of a type of yours, or nothing.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppData(Option<Value>);

/// A value does not go into the slot.
#[derive(Debug, thiserror::Error)]
pub enum AppDataError {
    /// It takes more than [`APP_DATA_BYTES`].
    #[error("the application's data takes {bytes} bytes; {APP_DATA_BYTES} fit")]
    TooLarge {
        /// What it takes.
        bytes: usize,
    },
    /// It can't be written as JSON.
    #[error("the application's data can't be written: {0}")]
    NotWritable(#[source] serde_json::Error),
    /// What is there is of another type.
    #[error("the application's data is of another type: {0}")]
    OtherType(#[source] serde_json::Error),
}

impl AppData {
    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What is there, if anything is.
    ///
    /// # Errors
    /// [`AppDataError::OtherType`] if it is none of these, such as what another release put there.
    pub fn get<T: DeserializeOwned>(&self) -> Result<Option<T>, AppDataError> {
        self.0.as_ref().map(T::deserialize).transpose().map_err(AppDataError::OtherType)
    }

    /// Puts a value there, in place of the one that was.
    ///
    /// # Errors
    /// [`AppDataError::TooLarge`] or [`AppDataError::NotWritable`]; what was there stays.
    pub fn set<T: Serialize>(&mut self, value: &T) -> Result<(), AppDataError> {
        let value = serde_json::to_value(value).map_err(AppDataError::NotWritable)?;
        let bytes = value.to_string().len();
        if bytes > APP_DATA_BYTES {
            return Err(AppDataError::TooLarge { bytes });
        }
        self.0 = Some(value);
        Ok(())
    }

    /// Takes away what is there.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

/// May hold personal data, and stays out of logs.
impl std::fmt::Debug for AppData {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.is_empty() { "AppData()" } else { "AppData(…)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Choice {
        project: u64,
    }

    #[test]
    fn a_value_comes_back_as_what_it_was_and_as_nothing_else() {
        let mut data = AppData::default();
        assert_eq!(data.get::<Choice>().unwrap(), None);
        data.set(&Choice { project: 7 }).unwrap();
        assert_eq!(data.get::<Choice>().unwrap(), Some(Choice { project: 7 }));
        assert!(matches!(data.get::<String>(), Err(AppDataError::OtherType(_))));
        data.clear();
        assert!(data.is_empty());
    }

    #[test]
    fn what_is_too_large_by_a_byte_is_refused_and_changes_nothing() {
        let mut data = AppData::default();
        data.set(&"x".repeat(APP_DATA_BYTES - 2)).unwrap();
        let refused = data.set(&"y".repeat(APP_DATA_BYTES - 1)).unwrap_err();
        assert!(matches!(refused, AppDataError::TooLarge { bytes: 2049 }), "{refused}");
        assert!(data.get::<String>().unwrap().unwrap().starts_with('x'));
    }
}
