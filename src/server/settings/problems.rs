//! What is wrong with the settings, as one readable message.

use std::fmt;

use super::table::Setting;

/// One thing wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The environment variable; the key or the file if the problem is about one that has no variable.
    pub variable: String,
    /// The key in `Leptos.toml`; empty if there is none.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// A line that would be right; may be empty.
    pub example: String,
}

/// Everything wrong with the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// A setting has a wrong value; its example is the table's.
    pub(super) fn add(&mut self, setting: Setting, what: impl Into<String>) {
        self.add_with(setting, what, setting.example);
    }

    /// The same, with another example value.
    pub(super) fn add_with(&mut self, setting: Setting, what: impl Into<String>, example: &str) {
        let example = format!("{}={example}", setting.variable);
        self.0.push(Problem {
            variable: setting.variable.to_owned(),
            key: setting.key.to_owned(),
            what: what.into(),
            example,
        });
    }

    /// Something else than a setting is wrong: a file, or a name that no setting has.
    pub(super) fn add_other(&mut self, name: &str, what: String, example: &str) {
        self.0.push(Problem { variable: name.to_owned(), key: String::new(), what, example: example.to_owned() });
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems, in the order of the settings.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(formatter, "{count} setting{} to correct:", if count == 1 { "" } else { "s" })?;
        for Problem { variable, key, what, example } in &self.0 {
            let end = if what.ends_with('?') { "" } else { "." };
            write!(formatter, "\n  {variable} {what}{end}")?;
            if !key.is_empty() {
                write!(formatter, "\n    in Leptos.toml: {key}")?;
            }
            if !example.is_empty() {
                write!(formatter, "\n    for example:    {example}")?;
            }
        }
        writeln!(formatter)
    }
}

impl std::error::Error for Problems {}
