//! The program's other commands: `healthcheck`, `--print-settings`, `--version`, `--help`.

use std::{fs, path::Path, process::Command as StdCommand};

use leptos_scalekit::server::parts::Part;
use scalekit_emulator::{Emulator, Options};

use crate::support::{World, answer, free_port, program, program_with_provider, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_process_is_healthy_and_a_stopped_one_is_not() {
    let mut world = World::start(1, "memory:").await;
    let address = world.replicas[0].url.replace("http://localhost", "127.0.0.1");
    let port = address.rsplit(':').next().unwrap().to_owned();
    for listens in [address.clone(), format!("0.0.0.0:{port}")] {
        // A busy machine may take longer than the command waits.
        until("health", async || {
            let mut command = program(world.folder.path());
            let asked = command.arg("healthcheck").env("LEPTOS_SITE_ADDR", &listens);
            answer(asked).await == (0, "alive\n".to_owned())
        })
        .await;
    }
    world.replicas[0].kill();
    let (status, output) =
        answer(program(world.folder.path()).arg("healthcheck").env("LEPTOS_SITE_ADDR", &address)).await;
    assert_eq!(status, 1);
    assert!(output.starts_with(&format!("http://{address}/healthz does not answer: Connection refused")), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_speaks_tls_is_asked_by_tls() {
    let folder = tempfile::tempdir().unwrap();
    make_certificate(folder.path());
    let address = format!("0.0.0.0:{}", free_port());
    let with_tls = |argument: &str| {
        let mut command = program_with_provider(folder.path());
        command
            .arg(argument)
            .env("LEPTOS_SITE_ADDR", &address)
            .env("TLS_CERTIFICATE_FILE", "certificate.pem")
            .env("TLS_KEY_FILE", "key.pem");
        command
    };
    let mut server = with_tls("serve")
        .env("SESSION_STORE", "memory:")
        .env("METRICS_ADDR", "off")
        .env("RUST_LOG", "off")
        .spawn()
        .unwrap();
    until("health", async || answer(&mut with_tls("healthcheck")).await == (0, "alive\n".to_owned())).await;
    // Without TLS it is no answer of ours.
    let (status, _) = answer(program(folder.path()).arg("healthcheck").env("LEPTOS_SITE_ADDR", &address)).await;
    assert_eq!(status, 1);
    server.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_at_the_address_is_no_sign_of_health() {
    let folder = tempfile::tempdir().unwrap();
    let other = Emulator::start(Options::default().with_port(0)).await.unwrap();
    let address = other.url().replace("http://localhost", "127.0.0.1");
    // A busy machine may take longer than the command waits.
    until("the word that it is another server", async || {
        let mut command = program(folder.path());
        let asked = command.arg("healthcheck").env("LEPTOS_SITE_ADDR", &address);
        answer(asked).await == (1, format!("http://{address}/healthz answers 404\n"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_printed_with_their_origin_and_without_secrets_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join(".env"),
        "SCALEKIT_CLIENT_SECRET=hunter2\nSESSION_IDLE_MINUTES=30\nAPP_CONFIG=app.toml\n",
    )
    .unwrap();
    fs::write(folder.path().join("app.toml"), "[session]\nidle-minutes = 40\nmax-per-user = 3\n").unwrap();
    let (status, output) =
        answer(program(folder.path()).arg("--print-settings").env("SESSION_STORE", "redis://:hunter2@redis.internal"))
            .await;
    assert_eq!(status, 0);
    let rows = [
        ["SCALEKIT_CLIENT_SECRET", "***", ".env"],
        ["SESSION_IDLE_MINUTES", "30", ".env"],
        ["SESSION_MAX_PER_USER", "3", "file app.toml"],
        ["SESSION_LIFETIME_HOURS", "720", "default"],
        ["SESSION_STORE", "redis://:***@redis.internal:6379/0?prefix=leptos-scalekit", "environment"],
    ];
    for expected in rows.into_iter().filter(|row| Part::Redis.is_here() || row[0] != "SESSION_STORE") {
        let line = output.lines().find(|line| line.starts_with(&format!("{} ", expected[0]))).unwrap();
        assert_eq!(line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>(), expected);
    }
    assert!(!output.contains("hunter2"), "{output}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_of_env_that_can_not_be_read_is_named_and_not_quoted() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".env"), "SESSION_MAX_PER_USER=3\nSCALEKIT_CLIENT_SECRET=hunter2 hunter3\n").unwrap();
    let (status, output) = answer(program_with_provider(folder.path()).arg("check")).await;
    assert_eq!(
        output,
        "failure  settings  .env can't be read at line 2: it has spaces; put the value in quotes -> For example APP_URL=\"http://localhost:3000\"\n"
    );
    assert_eq!(status, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_settings_are_read_as_people_write_them_and_nothing_in_their_place_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (dot_env, file) = (folder.path().join(".env"), folder.path().join("Leptos.toml"));
    // As PowerShell and Notepad write them.
    let text = "\u{feff}export SCALEKIT_CLIENT_ID=skc_$1\r\nSESSION_IDLE_MINUTES=\"30\" # half an hour\r\n";
    fs::write(&dot_env, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    fs::write(&file, "\u{feff}[session]\r\nmax-per-user = 3\r\n").unwrap();
    let (status, output) = answer(program(folder.path()).arg("--print-settings")).await;
    assert_eq!(status, 0);
    for (name, value) in
        [("SCALEKIT_CLIENT_ID", "skc_$1"), ("SESSION_IDLE_MINUTES", "30"), ("SESSION_MAX_PER_USER", "3")]
    {
        let line = output.lines().find(|line| line.starts_with(name)).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(value), "{line}");
    }

    fs::remove_file(&dot_env).unwrap();
    fs::create_dir(&dot_env).unwrap();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let (status, output) = answer(program_with_provider(folder.path()).arg("check")).await;
    assert_eq!(
        (status, &*output),
        (
            1,
            "failure  settings  Leptos.toml is a folder; a file is expected there\n\
             failure  settings  .env is a folder; a file is expected there\n"
        )
    );

    // Production has no use for it, and says so.
    fs::remove_dir(&file).unwrap();
    let (_, output) = answer(program(folder.path()).arg("check").env("LEPTOS_ENV", "PROD")).await;
    assert!(output.contains(".env is there and is not read in production"), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_and_help_are_told_without_any_setting() {
    let folder = tempfile::tempdir().unwrap();
    let (status, output) = answer(program(folder.path()).arg("--version").env("LEPTOS_ENV", "PROD")).await;
    assert_eq!((status, output), (0, concat!("leptos-scalekit ", env!("CARGO_PKG_VERSION"), "\n").to_owned()));
    let (status, output) = answer(program(folder.path()).arg("--help").env("LEPTOS_ENV", "PROD")).await;
    assert_eq!(status, 0);
    for word in ["serve", "check", "healthcheck", "--print-settings", "--version", "--help"] {
        assert!(output.contains(word), "{word} is missing in {output}");
    }
}

/// Writes `certificate.pem` and `key.pem`, good for no name that anybody asks for.
fn make_certificate(folder: &Path) {
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=app.example.com \
                     -keyout key.pem -out certificate.pem";
    let made = StdCommand::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output();
    let made = made.expect("openssl can be started: `make setup` installs it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
