//! The session key that a development server makes for itself, so that sessions survive its restarts.

use std::{fs, io, path::Path};

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::SecretString;

/// The key in this file, or a new one.
pub(super) fn read_or_make(path: &Path) -> io::Result<SecretString> {
    match fs::read_to_string(path) {
        Ok(secret) => return Ok(SecretString::from(secret)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let mut key = [0; 32];
    rand::fill(&mut key).map_err(|_| io::Error::other("no randomness available"))?;
    let secret = STANDARD.encode(key);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    write_private(path, &secret)?;
    Ok(SecretString::from(secret))
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use scalekit_sessions::KeyRing;
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_development_secret_is_made_once_and_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/session-secret");
        let first = read_or_make(&path).unwrap();
        let second = read_or_make(&path).unwrap();
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert!(KeyRing::parse(&first).is_ok());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
