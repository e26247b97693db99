//! Where settings come from: the embedded defaults, a file, the environment; the later wins, key by key.

use std::{collections::HashMap, fs, io, path::Path};

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use toml::{Table, Value};

use super::Problems;

/// The settings as text, before any check.
#[derive(Debug, Clone, Default)]
pub struct Source {
    defaults: Table,
    file: Table,
    variables: HashMap<String, String>,
}

impl Source {
    /// Reads the file beside the process (or the one that `APP_CONFIG` names) and the environment.
    /// In development a `.env` file counts as environment, beneath the real one.
    pub(super) fn read(embedded: &str) -> Result<Self, Problems> {
        let mut variables: HashMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        if variables.get("LEPTOS_ENV").is_none_or(|environment| environment == "DEV")
            && let Ok(lines) = dotenvy::from_path_iter(".env")
        {
            for line in lines {
                let (name, value) = line.map_err(|error| Problems::one(".env", format!("can't be read: {error}")))?;
                variables.entry(name).or_insert(value);
            }
        }
        let named = variables.get("APP_CONFIG").cloned();
        let path = named.clone().unwrap_or_else(|| "Leptos.toml".to_owned());
        let file = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => String::new(),
            Err(error) => {
                return Err(Problems::one("APP_CONFIG", format!("names {path}, which can't be read: {error}")));
            }
        };
        Self::from_parts(embedded, &file, variables)
    }

    /// Builds a source from texts instead of the process's surroundings.
    ///
    /// # Errors
    /// A problem if a text is not TOML.
    pub fn from_parts(embedded: &str, file: &str, variables: HashMap<String, String>) -> Result<Self, Problems> {
        let parse = |text: &str| {
            text.parse::<Table>().map_err(|error| Problems::one("Leptos.toml", format!("is not valid TOML: {error}")))
        };
        Ok(Self { defaults: parse(embedded)?, file: parse(file)?, variables })
    }

    /// The value of one setting: environment, else file, else default.
    pub(super) fn text(&self, variable: &str, key: &str) -> Option<String> {
        self.variables
            .get(variable)
            .map(|value| value.trim().to_owned())
            .or_else(|| at(&self.file, key))
            .or_else(|| at(&self.defaults, key))
    }

    /// Whether nobody has set this setting: its value is the default.
    pub(super) fn is_default(&self, variable: &str, key: &str) -> bool {
        !self.variables.contains_key(variable)
            && at(&self.file, key).is_none_or(|value| at(&self.defaults, key) == Some(value))
    }
}

/// The value at a dotted key, as text.
fn at(table: &Table, key: &str) -> Option<String> {
    let (parents, last) = key.rsplit_once('.').unwrap_or(("", key));
    let table = parents
        .split('.')
        .filter(|part| !part.is_empty())
        .try_fold(table, |table, part| table.get(part)?.as_table())?;
    match table.get(last)? {
        Value::String(text) => Some(text.trim().to_owned()),
        other => Some(other.to_string()),
    }
}

/// The session key that a development server made for itself, so that sessions survive its restarts.
pub(super) fn development_secret(path: &Path) -> io::Result<SecretString> {
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
