//! A whole sign-in by hand: prints the URL to open, takes the callback URL you were sent back to, prints who
//! you are.
//!
//! ```sh
//! SCALEKIT_ENVIRONMENT_URL=… SCALEKIT_CLIENT_ID=… SCALEKIT_CLIENT_SECRET=… \
//!   cargo run -p scalekit --example sign_in
//! ```
//!
//! `SCALEKIT_REDIRECT_URI` (default `http://localhost:3000/auth/callback`) must be registered as a callback
//! URL; nothing has to listen there: copy the address from the browser, error page or not. No token is
//! printed.
#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use scalekit::{CallbackQuery, Client, Config, LoginRequest, LoginSecrets};
use secrecy::SecretString;
use url::Url;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(config_from_environment()?)?;
    let redirect_uri =
        env::var("SCALEKIT_REDIRECT_URI").unwrap_or_else(|_| "http://localhost:3000/auth/callback".to_owned());

    // 1. Send the browser away, and keep what the callback will be checked against.
    let request = LoginRequest::default();
    let (url, pending) = request.begin(client.config(), &Url::parse(&redirect_uri)?, LoginSecrets::generate()?);
    println!("Open this URL and sign in:\n\n{url}\n\nPaste the URL you were sent to, within 10 minutes:");
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;

    // 2. Judge what came back.
    let callback = Url::parse(line.trim())?;
    let code = CallbackQuery::parse(callback.query().unwrap_or_default())?.into_code(pending, client.config())?;

    // 3. Exchange, and believe nothing before it is verified.
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let tokens = client.exchange(&code).await?;
    let sign_in = client.verify_sign_in(tokens, &code, now).await?;

    println!("\nWho you are:\n{}", serde_json::to_string_pretty(&sign_in.id)?);
    println!("\nWhat you may do:\n{}", serde_json::to_string_pretty(&sign_in.access)?);
    Ok(())
}

fn config_from_environment() -> Result<Config, Box<dyn Error>> {
    let read = |name: &str| env::var(name).unwrap_or_default();
    let secret = SecretString::from(read("SCALEKIT_CLIENT_SECRET"));
    Config::new(&read("SCALEKIT_ENVIRONMENT_URL"), &read("SCALEKIT_CLIENT_ID"), secret).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        format!("set SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET: {}", lines.join("; "))
            .into()
    })
}
