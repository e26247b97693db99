//! Whether the database's files are still those that were opened. SQLite does not notice that somebody has
//! removed or replaced them: it goes on in files that have no name any more, and what is written there ends
//! with the process.
//!
//! Not here: mending it. Only a restart opens other files, and it is for people to say which ones are right.

use std::{
    ffi::OsString,
    fs::{self, Metadata},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// A file of the database is not the one that was opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileLost {
    /// It has no name any more.
    #[error("{0} was removed while it is in use: sessions end with this process. Restart it")]
    Removed(PathBuf),
    /// Another file has its name.
    #[error("{0} was replaced while it is in use: what is written now ends with this process. Restart it")]
    Replaced(PathBuf),
    /// It can't be looked at.
    #[error("{0} can't be looked at: {1}")]
    Unreadable(PathBuf, io::Error),
}

/// The database and its write-ahead log, which is there as long as a connection is open.
pub(super) struct OpenFiles(Vec<(PathBuf, Identity)>);

/// What stays the same when a file is written to or renamed. Where files have no such thing, they can't be
/// removed while in use.
type Identity = Option<(u64, u64)>;

impl OpenFiles {
    /// The files of a database that was just opened.
    pub(super) fn of(database: &Path) -> io::Result<Self> {
        let mut log = OsString::from(database);
        log.push("-wal");
        let files = [database.to_owned(), log.into()].map(|path| {
            let identity = identity(&fs::metadata(&path)?);
            Ok((path, identity))
        });
        Ok(Self(files.into_iter().collect::<io::Result<_>>()?))
    }

    /// Looks whether they are still there.
    pub(super) fn check(&self) -> Result<(), FileLost> {
        for (path, opened) in &self.0 {
            match fs::metadata(path) {
                Ok(found) if identity(&found) == *opened => {}
                Ok(_) => return Err(FileLost::Replaced(path.clone())),
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(FileLost::Removed(path.clone())),
                Err(error) => return Err(FileLost::Unreadable(path.clone(), error)),
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not every system has such numbers")]
fn identity(file: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_file: &Metadata) -> Identity {
    None
}
