//! The program as one command: it is asked something, answers and ends.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

/// The program in a folder, without any setting.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leptos-scalekit"));
    command.current_dir(folder).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The same with a provider, so that nothing is missing; nobody asks it anything.
pub(crate) fn program_with_provider(folder: &Path) -> Command {
    let mut command = program(folder);
    command
        .env("SCALEKIT_ENVIRONMENT_URL", "http://localhost:1")
        .env("SCALEKIT_CLIENT_ID", "skc_1234567890")
        .env("SCALEKIT_CLIENT_SECRET", "test_secret");
    command
}

/// How it ended and what it wrote to its output.
pub(crate) async fn answer(command: &mut Command) -> (i32, String) {
    let output = tokio::time::timeout(Duration::from_secs(60), command.output());
    let output = output.await.expect("the process ends by itself").unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}
