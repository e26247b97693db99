//! What the doctor found: one line a check, for people and for machines.

use std::{fmt, process::ExitCode};

use serde::Serialize;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Works, but somebody should know.
    Warning,
    /// Does not work.
    Failure,
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What was checked: one word, the same in every run.
    pub check: &'static str,
    pub outcome: Outcome,
    /// What was found.
    pub message: String,
    /// What to do about it; empty if nothing.
    pub to_do: String,
}

/// All outcomes, in the order of the checks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub checks: Vec<Line>,
}

impl Report {
    pub(super) fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Outcome::Ok, message, "");
    }

    pub(super) fn add(
        &mut self,
        check: &'static str,
        outcome: Outcome,
        message: impl Into<String>,
        to_do: impl Into<String>,
    ) {
        let (message, to_do) = (one_line(&message.into()), one_line(&to_do.into()));
        self.checks.push(Line { check, outcome, message, to_do });
    }

    /// The worst outcome.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.checks.iter().map(|line| line.outcome).max().unwrap_or(Outcome::Ok)
    }

    /// Failure if anything failed; warnings are success.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.outcome() == Outcome::Failure { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// `{"outcome": …, "checks": [{"check": …, "outcome": …, "message": …, "to_do": …}]}` on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!({ "outcome": self.outcome(), "checks": self.checks }).to_string()
    }
}

/// One line a check, in columns.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.checks.iter().map(|line| line.check.len()).max().unwrap_or(0);
        for Line { check, outcome, message, to_do } in &self.checks {
            let outcome = match outcome {
                Outcome::Ok => "ok",
                Outcome::Warning => "warning",
                Outcome::Failure => "failure",
            };
            write!(formatter, "{outcome:7}  {check:width$}  {message}")?;
            if !to_do.is_empty() {
                write!(formatter, " -> {to_do}")?;
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}

/// Messages of libraries may have several lines, and foreign ones anything.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::default();
        report.ok("settings", "all are right");
        report.add("clock", Outcome::Warning, "slow\n  \u{1b}[2Jvery", "Wind it");
        report
    }

    #[test]
    fn each_check_is_one_line_with_its_outcome_first() {
        assert_eq!(
            report().to_string(),
            "ok       settings  all are right\nwarning  clock     slow [2Jvery -> Wind it\n"
        );
    }

    #[test]
    fn machines_read_the_same() {
        assert_eq!(
            report().to_json(),
            r#"{"checks":[{"check":"settings","message":"all are right","outcome":"ok","to_do":""},{"check":"clock","message":"slow [2Jvery","outcome":"warning","to_do":"Wind it"}],"outcome":"warning"}"#
        );
    }

    #[test]
    fn only_a_failure_is_one_to_whoever_started_the_check() {
        assert_eq!(report().exit_code(), ExitCode::SUCCESS);
        assert_eq!(Report::default().exit_code(), ExitCode::SUCCESS);
        let mut report = report();
        report.add("store", Outcome::Failure, "gone", "");
        report.ok("cookies", "fine");
        assert_eq!((report.outcome(), report.exit_code()), (Outcome::Failure, ExitCode::FAILURE));
    }
}
