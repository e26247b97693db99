//! The command line: what the one program can be asked to do. Serving is `main`'s; the rest is done here.

use std::{io::Write as _, process::ExitCode};

use clap::{Parser, Subcommand};
use scalekit_sessions::Clock;

use super::{doctor, healthcheck};
use crate::server::settings::{Source, print};

/// A full-stack application whose users sign in through Scalekit.
///
/// Settings come from the environment and from Leptos.toml; docs/settings.md lists them.
#[derive(Debug, Parser)]
#[command(name = "leptos-scalekit", version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    /// Show the effective settings without secrets, and where each comes from
    #[arg(long)]
    print_settings: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
enum Command {
    /// Serve the application (what happens without a command)
    Serve,
    /// Try everything that the server needs: settings, session store, Scalekit
    Check {
        /// For machines
        #[arg(long)]
        json: bool,
    },
    /// Ask the running server whether it is alive: exit status 0 or 1
    Healthcheck,
}

/// Does what the command line asks for, and tells the exit status; `None` if that is to serve. `--help`,
/// `--version` and what can't be understood end the process.
///
/// `has_emulator` says whether this build can stand in for Scalekit itself.
pub async fn obey(has_emulator: bool) -> Option<ExitCode> {
    let arguments = CommandLine::parse();
    if arguments.print_settings {
        return Some(say(&print::effective(&Source::read())));
    }
    match arguments.command {
        None | Some(Command::Serve) => None,
        Some(Command::Check { json }) => {
            let report = doctor::examine(&Source::read(), has_emulator, &Clock::default()).await;
            say(&if json { format!("{}\n", report.to_json()) } else { report.to_string() });
            Some(report.exit_code())
        }
        Some(Command::Healthcheck) => Some(match healthcheck::ask(&Source::read()).await {
            Ok(()) => say("alive\n"),
            Err(error) => {
                say(&format!("{error}\n"));
                ExitCode::FAILURE
            }
        }),
    }
}

/// Somebody who stops reading has seen enough: that is no failure.
fn say(text: &str) -> ExitCode {
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(arguments: &str) -> Result<CommandLine, clap::Error> {
        CommandLine::try_parse_from(std::iter::once("leptos-scalekit").chain(arguments.split_whitespace()))
    }

    #[test]
    fn the_grammar_has_no_contradictions() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn each_command_is_understood_and_nothing_else() {
        for (arguments, command) in [
            ("", None),
            ("serve", Some(Command::Serve)),
            ("check", Some(Command::Check { json: false })),
            ("check --json", Some(Command::Check { json: true })),
            ("healthcheck", Some(Command::Healthcheck)),
        ] {
            let parsed = parse(arguments).unwrap();
            assert_eq!((parsed.command, parsed.print_settings), (command, false), "{arguments}");
        }
        assert!(parse("--print-settings").unwrap().print_settings);
        for wrong in ["start", "--json", "serve --json", "--print-settings check", "check all"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
