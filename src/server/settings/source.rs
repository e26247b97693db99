//! Where settings come from: the embedded defaults, a file, the environment; the later wins, key by key.

use std::{collections::HashMap, fmt, path::Path};

use toml::{Table, Value};

use super::{
    Problems, dot_env,
    table::{self, APP_CONFIG, LEPTOS_ENV, Setting},
    text_file,
};

/// The settings file unless `APP_CONFIG` names another.
const FILE: &str = "Leptos.toml";

/// What counts as environment in development.
const DOT_ENV: &str = ".env";

/// The settings as text, before any check.
#[derive(Clone, Default)]
pub struct Source {
    defaults: Table,
    file: Table,
    file_name: String,
    variables: HashMap<String, String>,
    dot_env: HashMap<String, String>,
    /// What could not be read.
    problems: Problems,
    /// What was left unread on purpose, where somebody may wonder.
    notices: Vec<String>,
}

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: it is the embedded default.
    Default,
    /// In the settings file of this name.
    File(String),
    /// In `.env`.
    DotEnv,
    /// In the process's environment.
    Environment,
}

impl Source {
    /// Reads the file beside the process (or the one that `APP_CONFIG` names) and the environment.
    /// In development a `.env` file counts as environment, beneath the real one.
    ///
    /// What can't be read is among the problems of [`super::Settings::from_source`].
    #[must_use]
    pub fn read() -> Self {
        let mut source = Self::of_defaults();
        source.read_environment();
        source.read_file();
        // Decided without it: a file that lies about must not turn production into development.
        if source.text(LEPTOS_ENV).as_deref() == Some("DEV") {
            source.read_dot_env();
            if source.dot_env.contains_key(APP_CONFIG.variable) {
                source.read_file();
            }
        } else if Path::new(DOT_ENV).exists() {
            source.notices.push(format!(
                "{DOT_ENV} is there and is not read in production: set variables of the process instead"
            ));
        }
        source
    }

    /// Builds a source from texts instead of the process's surroundings.
    #[must_use]
    pub fn from_parts(file: &str, variables: HashMap<String, String>) -> Self {
        let mut source = Self { variables, file_name: FILE.to_owned(), ..Self::of_defaults() };
        source.take_file(file);
        source
    }

    /// The embedded file is TOML: a test reads it.
    fn of_defaults() -> Self {
        Self { defaults: parse(super::EMBEDDED).unwrap_or_default(), ..Self::default() }
    }

    fn read_environment(&mut self) {
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            match (value.into_string(), table::ALL.iter().find(|setting| setting.variable == name)) {
                (Ok(value), _) => {
                    self.variables.insert(name, value);
                }
                (Err(_), Some(setting)) => self.problems.add(*setting, "holds bytes that are not UTF-8 text"),
                (Err(_), None) => {}
            }
        }
    }

    fn read_dot_env(&mut self) {
        match text_file::read(DOT_ENV.as_ref()) {
            Ok(None) => {}
            Ok(Some(text)) => match dot_env::parse(&text) {
                Ok(values) => self.dot_env = values,
                Err((line, error)) => {
                    let what = format!("can't be read at line {line}: {error}");
                    self.problems.add_other(DOT_ENV, what, "APP_URL=\"http://localhost:3000\"");
                }
            },
            Err(error) => self.problems.add_other(DOT_ENV, error.to_string(), ""),
        }
    }

    fn read_file(&mut self) {
        let named = self.text(APP_CONFIG).filter(|name| !name.is_empty());
        self.file_name = named.clone().unwrap_or_else(|| FILE.to_owned());
        match (text_file::read(self.file_name.as_ref()), named) {
            (Ok(Some(text)), _) => self.take_file(&text),
            (Ok(None), None) => {}
            (Ok(None), Some(name)) => self.problems.add(APP_CONFIG, format!("names {name}, which does not exist")),
            (Err(error), Some(name)) => self.problems.add(APP_CONFIG, format!("names {name}, which {error}")),
            (Err(error), None) => self.problems.add_other(FILE, error.to_string(), ""),
        }
    }

    fn take_file(&mut self, text: &str) {
        match parse(text) {
            Ok(table) => self.file = table,
            Err(what) => self.problems.add_other(&self.file_name, what, "[app] and, below it, url = \"https://…\""),
        }
    }

    /// The value of one setting: environment, else `.env`, else file, else default.
    #[must_use]
    pub fn text(&self, setting: Setting) -> Option<String> {
        self.variable(setting)
            .map(|value| value.trim().to_owned())
            .or_else(|| at(&self.file, setting.key))
            .or_else(|| at(&self.defaults, setting.key))
    }

    /// Where the value of one setting comes from.
    #[must_use]
    pub fn origin(&self, setting: Setting) -> Origin {
        if among(&self.variables, setting).is_some() {
            Origin::Environment
        } else if among(&self.dot_env, setting).is_some() {
            Origin::DotEnv
        } else if at(&self.file, setting.key).is_some() {
            Origin::File(self.file_name.clone())
        } else {
            Origin::Default
        }
    }

    /// Whether nobody has set this setting: its value is the default.
    pub(super) fn is_default(&self, setting: Setting) -> bool {
        self.variable(setting).is_none()
            && at(&self.file, setting.key).is_none_or(|value| at(&self.defaults, setting.key) == Some(value))
    }

    /// Every variable, with its value.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let beneath = self.dot_env.iter().filter(|(name, _)| !self.variables.contains_key(*name));
        self.variables.iter().chain(beneath).map(|(name, value)| (&**name, &**value))
    }

    pub(super) fn file(&self) -> &Table {
        &self.file
    }

    /// What the settings file is called.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// What could not be read.
    pub(super) fn problems(&self) -> Problems {
        self.problems.clone()
    }

    /// What was left unread on purpose; a sentence each.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The variable of this setting, if its value stands in quotes: `docker run --env-file` leaves them
    /// there, where shells, systemd and Compose take them away.
    pub(super) fn quoted(&self, setting: Setting) -> Option<char> {
        let value = self.variables.get(setting.variable)?.trim();
        ['"', '\''].into_iter().find(|quote| value.len() > 1 && value.starts_with(*quote) && value.ends_with(*quote))
    }

    /// The name of the variable that held this setting; if none did, what it should be called.
    pub(super) fn variable_name(&self, setting: Setting) -> &'static str {
        let read = among(&self.variables, setting).or_else(|| among(&self.dot_env, setting));
        read.map_or(setting.variable, |(name, _)| name)
    }

    fn variable(&self, setting: Setting) -> Option<&String> {
        let read = among(&self.variables, setting).or_else(|| among(&self.dot_env, setting));
        read.map(|(_, value)| value)
    }
}

/// A setting's variable among others, and its value.
fn among(values: &HashMap<String, String>, setting: Setting) -> Option<(&'static str, &String)> {
    names(setting).into_iter().find_map(|name| Some((name, values.get(name)?)))
}

/// What a setting's variable may be called; the first that is there counts.
fn names(setting: Setting) -> Vec<&'static str> {
    match setting {
        // Every machine's own settings, which other programs read under all these names.
        table::HTTPS_PROXY => vec!["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        table::NO_PROXY => vec!["NO_PROXY", "no_proxy"],
        other => vec![other.variable],
    }
}

/// Secrets are among the texts.
impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Source").field("file_name", &self.file_name).finish_non_exhaustive()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(name) => write!(formatter, "file {name}"),
            Self::DotEnv => formatter.write_str(DOT_ENV),
            Self::Environment => formatter.write_str("environment"),
        }
    }
}

/// Reads TOML. The message names the line and does not quote it: it may hold a secret.
fn parse(text: &str) -> Result<Table, String> {
    text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("is not valid TOML at line {}: {}", before.matches('\n').count() + 1, error.message())
    })
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
