//! Changes the application's slot of a session, under the record's version: a refresh at the same time loses
//! neither the change nor its tokens.

use crate::{
    app_data::{AppData, AppDataError},
    id::SessionKey,
    metrics, record,
    seal::SealError,
    session::Session,
    sessions::Sessions,
    shared::{LoadedSession, Shared},
    store::{Replaced, StoreError},
};

/// How often a change is tried anew on a record that others write to as well.
const ATTEMPTS: u32 = 10;

/// The application's data could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// There is no such session, or it has ended.
    #[error("the session has ended")]
    Ended,
    /// The change was refused; nothing is changed.
    #[error(transparent)]
    Data(#[from] AppDataError),
    /// The record could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store failed. It may have kept the change all the same.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others changed the record again and again.
    #[error("the session is changed by too many at once")]
    Contended,
}

impl Sessions {
    /// Changes the application's data of a session, and answers with the session as it is then. `change` may
    /// be called several times: if somebody else writes the record meanwhile, it starts from what they wrote.
    ///
    /// # Errors
    /// [`UpdateError`]; of those only [`UpdateError::Store`] leaves in doubt whether it was done.
    pub async fn update_app_data(
        &self,
        key: &SessionKey,
        change: impl Fn(&mut AppData) -> Result<(), AppDataError>,
    ) -> Result<Session, UpdateError> {
        let Shared { store, ring, clock, .. } = &*self.shared;
        for _ in 0..ATTEMPTS {
            let loaded = self.shared.load(key).await.inspect_err(store_failed)?;
            let Some(LoadedSession { mut session, record }) = loaded else { return Err(UpdateError::Ended) };
            // What the keys open only half is of no use to anybody.
            let tokens = record::open_tokens(ring, key, &record).ok_or(UpdateError::Ended)?;
            change(&mut session.app_data)?;
            let sealed = record::seal(ring, key, &session, &tokens)?;
            let written = store.replace(key, record.version, &sealed.claims, &sealed.tokens, clock.now()).await;
            match written.inspect_err(store_failed)? {
                Replaced::Yes => return Ok(session),
                Replaced::Changed => {}
                Replaced::Gone => return Err(UpdateError::Ended),
            }
        }
        Err(UpdateError::Contended)
    }
}

fn store_failed(error: &StoreError) {
    metrics::store_failed(error, "the application's data of a session could not be changed");
}
