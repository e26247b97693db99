//! A file that lets an emulator go on where another one stopped.
//!
//! What for: in development the emulator restarts with the application at every change; without this,
//! everybody would be signed out by the next refresh, and sign-out would meet an unknown person. Not here:
//! settings, faults and counters, which belong to one run; sessions that have ended. Called by:
//! `Emulator::start` (reads), the router's last layer (writes after each answer).

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::{
    directory::{Organization, User},
    seed::Seed,
    tokens::keys::{KeyRing, SigningKey},
    world::{Shared, World, grants::RefreshToken, sessions::Session},
};

/// What outlives a run. Holds secrets, though only of people who don't exist.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// Names the seed: after a change of it, what others have signed up for is over.
    seed: String,
    /// Signing keys as PKCS #8, the current one first.
    keys: Vec<String>,
    organizations: Vec<Organization>,
    users: Vec<User>,
    sessions: BTreeMap<String, Session>,
    sessions_begun: u64,
    last_logins: BTreeMap<String, i64>,
    refresh_tokens: BTreeMap<String, RefreshToken>,
    names_given: u64,
    logins: u64,
}

impl State {
    /// What the file holds, if it is of this seed. Whatever else is there is told and begins anew.
    pub(crate) fn read(path: &Path, seed: &Seed) -> Option<Self> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the emulator's state can't be read: it begins anew");
                return None;
            }
        };
        match serde_json::from_slice::<Self>(&text) {
            Ok(state) if state.seed == name_of(seed) => Some(state),
            Ok(_) => {
                tracing::info!(path = %path.display(), "the seed has changed: the emulator begins anew");
                None
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the emulator's state is not one: it begins anew");
                None
            }
        }
    }

    /// The signing keys; `None` if there are none to go on with.
    pub(crate) fn keys(&self) -> Option<KeyRing> {
        let keys = self.keys.iter().map(|key| SigningKey::from_pkcs8(&STANDARD.decode(key).ok()?));
        KeyRing::of(keys.collect::<Option<Vec<_>>>()?)
    }

    /// Puts everything else in place.
    pub(crate) fn restore(self, world: &mut World) {
        world.directory.organizations = self.organizations;
        world.directory.users = self.users;
        world.sessions = self.sessions;
        world.sessions_begun = self.sessions_begun;
        world.last_logins = self.last_logins;
        world.refresh_tokens = self.refresh_tokens;
        world.ids.go_on_after(self.names_given);
        world.counters.logins = self.logins;
    }

    fn of(world: &World, seed: String) -> Self {
        let sessions = world.sessions.iter().filter(|(_, session)| world.end_of(session).is_none());
        let tokens = world.refresh_tokens.iter().filter(|(_, token)| !token.spent && !token.revoked);
        Self {
            seed,
            keys: world.keys.to_pkcs8().iter().map(|key| STANDARD.encode(key)).collect(),
            organizations: world.directory.organizations.clone(),
            users: world.directory.users.clone(),
            sessions: sessions.map(|(sid, session)| (sid.clone(), session.clone())).collect(),
            sessions_begun: world.sessions_begun,
            last_logins: world.last_logins.clone(),
            refresh_tokens: tokens.map(|(name, token)| (name.clone(), token.clone())).collect(),
            names_given: world.ids.given(),
            logins: world.counters.logins,
        }
    }
}

/// Writes the state whenever it has changed.
pub(crate) struct StateKeeper {
    path: PathBuf,
    seed: String,
    written: Mutex<Vec<u8>>,
}

impl StateKeeper {
    pub(crate) fn new(path: PathBuf, seed: &Seed) -> Arc<Self> {
        Arc::new(Self { path, seed: name_of(seed), written: Mutex::default() })
    }

    /// A few kilobytes, written in place of the old ones or not at all.
    pub(crate) fn keep(&self, shared: &Shared) {
        let mut written = self.written.lock();
        let state = State::of(&shared.world(), self.seed.clone());
        let Ok(state) = serde_json::to_vec(&state) else { return };
        if *written == state {
            return;
        }
        match replace(&self.path, &state) {
            Ok(()) => *written = state,
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "the emulator's state could not be written");
            }
        }
    }
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(&beside)?, content)?;
    fs::rename(beside, path)
}

fn name_of(seed: &Seed) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{seed:?}").as_bytes());
    STANDARD.encode(hash)
}
