//! The program: serves, or does whatever else its command line asks for.

mod process;
mod provider;

use std::{process::ExitCode, time::Duration};

use leptos_scalekit::server::ops::command_line;

/// Pages are made of many small pieces of memory: with the system's own a fifth of a page's work is to find
/// them (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long threads that wait for the system, such as for a name server, are waited for when all is done.
const LAST_THREADS: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("leptos-scalekit can't start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let status = runtime.block_on(obey());
    runtime.shutdown_timeout(LAST_THREADS);
    status
}

async fn obey() -> ExitCode {
    // Everything but serving.
    let status = command_line::obey(provider::HAS_EMULATOR).await;
    if let Some(status) = status {
        return status;
    }
    match process::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("leptos-scalekit can't start: {error}");
            ExitCode::FAILURE
        }
    }
}
