//! The binary: a Scalekit environment until Ctrl-C.
//!
//! What for: settings from the command line, a banner, signals.
//! Not here: anything the library does.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::Parser;
use scalekit_emulator::{Emulator, Options, Seed};
use tokio::signal;

/// A Scalekit environment on your machine, for development and tests.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port on localhost; 0 takes a free one.
    #[arg(long, default_value_t = 3002)]
    port: u16,
    /// A TOML file with people, organizations and roles; without one, the built-in five people.
    #[arg(long)]
    seed: Option<PathBuf>,
    /// A file in which keys, people and sessions outlive the program; without one, each start is a new
    /// environment.
    #[arg(long)]
    state: Option<PathBuf>,
    /// The base URL of an app on this machine that may sign in. Can be given several times.
    #[arg(long = "app-url", default_value = "http://localhost:3000")]
    app_urls: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed terminal is no reason to fail twice.
            let _ = writeln!(std::io::stderr(), "scalekit-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let seed = match &arguments.seed {
        None => Seed::default(),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            Seed::from_toml(&text).map_err(|error| format!("{}: {error}", path.display()))?
        }
    };
    let people = seed.people();
    let mut options = Options::default().with_port(arguments.port).with_seed(seed);
    if let Some(path) = arguments.state {
        options = options.with_state_file(path);
    }
    for url in arguments.app_urls {
        options = options.with_app_url(url);
    }
    if let Ok(name) = std::env::var("LEPTOS_ENV") {
        options = options.with_leptos_env(name);
    }
    let apps = options.app_urls.join(", ");
    // Registered before the banner says "ready": whoever waits for that line may send a signal right after
    // it.
    let stop = stop_signal()?;
    let emulator = Emulator::start(options).await?;
    banner(&emulator, &people, &apps)?;
    stop.await;
    emulator.stop().await;
    Ok(())
}

fn banner(emulator: &Emulator, people: &[(String, String, String)], apps: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "Emulated Scalekit: development only\n")?;
    writeln!(out, "  SCALEKIT_ENVIRONMENT_URL={}", emulator.url())?;
    writeln!(out, "  SCALEKIT_CLIENT_ID={}", emulator.client_id())?;
    writeln!(out, "  SCALEKIT_CLIENT_SECRET={}", emulator.client_secret())?;
    writeln!(out, "  SCALEKIT_WEBHOOK_SECRET={}", emulator.webhook_secret())?;
    writeln!(out, "\n  Apps that may sign in: {apps}\n\n  People:")?;
    for (name, email, place) in people {
        writeln!(out, "    {name} <{email}>, {place}")?;
    }
    writeln!(out, "\n  The one-time code is 424242. Control: {}/__emulator/state\n", emulator.url())?;
    writeln!(out, "ready on {}", emulator.url())?;
    out.flush()
}

/// Completes on Ctrl-C or, where there is such a thing, SIGTERM.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = signal::ctrl_c().await;
    })
}
