//! What the doctor says of settings alone, without asking anybody.

use leptos_scalekit::server::ops::doctor::{Report, environment::*};

use super::*;

fn settings(changes: &[(&str, &str)]) -> Settings {
    load(changes).unwrap()
}

fn lines(check: impl FnOnce(&mut Report)) -> String {
    let mut report = Report::default();
    check(&mut report);
    report.to_string()
}

fn cookies(changes: &[(&str, &str)]) -> String {
    lines(|report| check_cookies(&settings(changes), report))
}

#[test]
fn cookies_follow_the_scheme_and_production_without_tls_is_a_warning() {
    assert_eq!(cookies(&[]), "ok       cookies  __Host-session with Secure, as APP_URL is https\n");
    let local = ("APP_URL", "http://localhost:3000");
    assert_eq!(
        cookies(&[local, ("LEPTOS_ENV", "DEV")]),
        "ok       cookies  session.leptos-scalekit.3000 without Secure, as APP_URL is http on this machine\n"
    );
    assert_eq!(
        cookies(&[local]),
        "warning  cookies  session.leptos-scalekit.3000 without Secure, as APP_URL is http: for trying production on this machine only -> \
         Set APP_URL to the https address of this site\n"
    );
}

fn back_channel(changes: &[(&str, &str)]) -> String {
    let settings = settings(changes);
    let IdentityProvider::Scalekit(config) = &settings.provider else { panic!("the settings name a provider") };
    let all = lines(|report| check_addresses(&settings, config, report));
    format!("{}\n", all.lines().last().unwrap())
}

#[test]
fn what_scalekits_servers_call_must_be_within_their_reach() {
    assert_eq!(
        back_channel(&[]),
        "ok       back-channel    https://app.example.com/auth/backchannel-logout -> Register it (Dashboard > \
         Authentication > Redirects > Back-channel logout URL)\n"
    );
    assert_eq!(
        back_channel(&[("APP_URL", "http://localhost:3000")]),
        "warning  back-channel    http://localhost:3000/auth/backchannel-logout is out of Scalekit's reach: sign-outs \
         elsewhere arrive here with the next refresh only -> Register the address of the deployed application instead\n"
    );
}

#[test]
fn without_a_provider_the_emulator_stands_in_if_there_is_one() {
    let to_do =
        "Set SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET to use your own environment\n";
    assert_eq!(
        lines(|report| check_emulator(true, report)),
        format!("warning  provider  the embedded emulator stands in for Scalekit -> {to_do}")
    );
    assert_eq!(
        lines(|report| check_emulator(false, report)),
        format!("failure  provider  no Scalekit environment is set, and this build has no emulator -> {to_do}")
    );
}

#[test]
fn a_proxy_that_nobody_named_is_a_warning() {
    let proxies = |changes: &[(&str, &str)]| lines(|report| check_proxies(&settings(changes), report));
    assert!(proxies(&[]).starts_with("warning  proxies  TRUSTED_PROXIES is not set: "));
    assert_eq!(proxies(&[("TRUSTED_PROXIES", "127.0.0.1")]), "");
    assert_eq!(proxies(&[("RATE_LIMIT", "off")]), "");
    assert_eq!(proxies(&[("TLS_CERTIFICATE_FILE", "c.pem"), ("TLS_KEY_FILE", "k.pem")]), "");
    assert_eq!(proxies(&[("APP_URL", "http://localhost:3000")]), "");
}

#[test]
fn limits_are_shown_and_none_is_a_warning() {
    let limits = |value| lines(|report| check_limits(&settings(&[("RATE_LIMIT", value)]), report));
    assert_eq!(
        limits("callback=3000/36000"),
        "ok       limits  requests a minute of an address and of all: login_start=600/12000, callback=3000/36000, \
         server_function=1200/120000\n"
    );
    assert!(limits("off").starts_with("warning  limits  RATE_LIMIT is off: "));
}

#[test]
fn tls_files_that_can_not_be_used_are_a_failure() {
    assert_eq!(lines(|report| check_tls(&settings(&[]), report)), "");
    let missing = [("TLS_CERTIFICATE_FILE", "missing/certificate.pem"), ("TLS_KEY_FILE", "missing/key.pem")];
    let line = lines(|report| check_tls(&settings(&missing), report));
    assert!(
        line.starts_with("failure  tls  missing/certificate.pem can't be read: ")
            && line.ends_with(" -> Check TLS_CERTIFICATE_FILE and TLS_KEY_FILE\n"),
        "{line}"
    );
}
