//! What is wrong with the settings, as one readable message.

use std::fmt;

/// One thing wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The environment variable.
    pub variable: String,
    /// The key in `Leptos.toml`; empty if the problem is not about one.
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
    pub(super) fn add(&mut self, variable: &str, key: &str, what: String, example: &str) {
        self.0.push(Problem { variable: variable.to_owned(), key: key.to_owned(), what, example: example.to_owned() });
    }

    /// A single problem.
    pub(super) fn one(variable: &str, what: String) -> Self {
        let mut problems = Self::default();
        problems.add(variable, "", what, "");
        problems
    }

    /// Whether nothing is wrong.
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
            write!(formatter, "\n  {variable} {what}.")?;
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
