//! What no request can check: addresses to register by hand, cookies, webhooks, certificates, the emulator.

use axum_hardening::serve::Tls;
use scalekit::is_loopback;

use super::{Outcome, Report};
use crate::server::{
    cookies::CookieJar,
    parts::Part,
    settings::{Environment, Settings},
};

/// Where the dashboard keeps a kind of address.
struct Address {
    check: &'static str,
    path: &'static str,
    register: &'static str,
    /// Whether Scalekit's servers call it, and not people's browsers.
    called_by_servers: bool,
}

const ADDRESSES: [Address; 4] = [
    Address {
        check: "redirect",
        path: "/auth/callback",
        register: "Register it (Dashboard > Authentication > Redirects > Allowed callback URLs)",
        called_by_servers: false,
    },
    Address {
        check: "initiate-login",
        path: "/auth/login",
        register: "Register it (Dashboard > Authentication > Redirects > Initiate login URL)",
        called_by_servers: false,
    },
    Address {
        check: "post-logout",
        path: "/logged-out",
        register: "Register it (Dashboard > Authentication > Redirects > Post-logout URLs)",
        called_by_servers: false,
    },
    Address {
        check: "back-channel",
        path: "/auth/backchannel-logout",
        register: "Register it (Dashboard > Authentication > Redirects > Back-channel logout URL)",
        called_by_servers: true,
    },
];

/// Without Full-Stack Auth, tokens name neither a session nor an organization, and all are refused. No
/// request of this process can tell; the log of a refused sign-in does.
pub fn check_full_stack_auth(report: &mut Report) {
    let message = "Full-Stack Auth has to be on, which only a sign-in can show";
    report.add("full-stack", Outcome::Ok, message, "Switch it on (Dashboard > Authentication > General)");
}

/// The addresses to register, to be copied.
pub fn check_addresses(settings: &Settings, config: &scalekit::Config, report: &mut Report) {
    let provider_is_here = config.environment_url().parse().is_ok_and(|issuer| is_loopback(&issuer));
    let reachable = !is_loopback(&settings.app_url) || provider_is_here;
    for address in ADDRESSES {
        let url = settings.absolute(address.path);
        if address.called_by_servers && !reachable {
            report.add(
                address.check,
                Outcome::Warning,
                format!("{url} is out of Scalekit's reach: sign-outs elsewhere arrive here with the next refresh only"),
                "Register the address of the deployed application instead",
            );
        } else {
            report.add(address.check, Outcome::Ok, url.as_str(), address.register);
        }
    }
}

pub fn check_webhooks(settings: &Settings, report: &mut Report) {
    if !Part::Webhooks.is_here() {
        return;
    }
    let url = settings.absolute("/webhooks/scalekit");
    if settings.webhook_secrets.is_some() {
        report.add(
            "webhooks",
            Outcome::Ok,
            url.as_str(),
            "Add it as an endpoint (Dashboard > Webhooks) with this secret",
        );
    } else {
        report.add(
            "webhooks",
            Outcome::Warning,
            "SCALEKIT_WEBHOOK_SECRET is not set, so webhooks are refused",
            format!("Add {url} as an endpoint (Dashboard > Webhooks) and set its secret"),
        );
    }
}

pub fn check_cookies(settings: &Settings, report: &mut Report) {
    let secure = settings.secure_cookies();
    let name = CookieJar::of(&settings.app_url).session_name();
    match (secure, settings.environment) {
        (true, _) => report.ok("cookies", format!("{name} with Secure, as APP_URL is https")),
        (false, Environment::Development) => {
            report.ok("cookies", format!("{name} without Secure, as APP_URL is http on this machine"));
        }
        (false, Environment::Production) => report.add(
            "cookies",
            Outcome::Warning,
            format!("{name} without Secure, as APP_URL is http: for trying production on this machine only"),
            "Set APP_URL to the https address of this site",
        ),
    }
}

/// Only if the process speaks TLS itself.
pub fn check_tls(settings: &Settings, report: &mut Report) {
    let Some(files) = &settings.tls else { return };
    match Tls::load(&files.certificate, &files.key) {
        Ok(_) => report.ok("tls", format!("{} and its key can be used", files.certificate.display())),
        Err(error) => {
            report.add("tls", Outcome::Failure, error.to_string(), "Check TLS_CERTIFICATE_FILE and TLS_KEY_FILE");
        }
    }
}

/// With https and no TLS of its own, somebody stands in front of the process.
pub fn check_proxies(settings: &Settings, report: &mut Report) {
    let is_behind_a_proxy = settings.app_url.scheme() == "https" && settings.tls.is_none();
    if is_behind_a_proxy && settings.rate_limits.is_some() && settings.trusted_proxies.is_empty() {
        report.add(
            "proxies",
            Outcome::Warning,
            "TRUSTED_PROXIES is not set: behind a proxy, all visitors count as one and share one limit of rates",
            "Set it to the proxy's address as this process sees it",
        );
    }
}

/// Who may ask for how much.
pub fn check_limits(settings: &Settings, report: &mut Report) {
    match &settings.rate_limits {
        Some(rules) => report.ok("limits", format!("requests a minute of an address and of all: {rules}")),
        None => report.add(
            "limits",
            Outcome::Warning,
            "RATE_LIMIT is off: one client can use up what all others need",
            "Set it to on, or raise the limits that stand in the way",
        ),
    }
}

/// Development without `SCALEKIT_*`.
pub fn check_emulator(has_emulator: bool, report: &mut Report) {
    let to_do =
        "Set SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET to use your own environment";
    if has_emulator {
        report.add("provider", Outcome::Warning, "the embedded emulator stands in for Scalekit", to_do);
    } else {
        let message = "no Scalekit environment is set, and this build has no emulator";
        report.add("provider", Outcome::Failure, message, to_do);
    }
}
