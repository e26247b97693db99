//! What the deployed nginx says by itself, before it asks any replica. How it hands requests on is tested by
//! `make replicas`.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::{Client, redirect::Policy};

use crate::support::{free_port, until};

/// The containers' site, as the image fills it in.
const SITE: &str = include_str!("../../deploy/nginx/container.conf");

/// Ends with the test.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the site's part for plain http: the other one needs a certificate.
fn start(folder: &Path, port: u16, app_url: &str) -> Nginx {
    let (plain, _) = SITE.rsplit_once("\nserver {").unwrap();
    let plain = plain
        .replace("${APP_URL}", app_url)
        .replace("listen 8080", &format!("listen 127.0.0.1:{port}"))
        .replace("access_log /dev/stdout leptos_scalekit", "access_log off");
    // Other nginx have no `resolve` for servers, and there are no containers.
    let plain = (1..=3)
        .fold(plain.replace(" resolve ", " "), |text, number| text.replace(&format!("app-{number}:"), "127.0.0.1:"));
    let own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|of| format!("{of}_temp_path {};", folder.join(of).display()));
    let own = own.concat();
    let pid = folder.join("pid");
    let all = format!("daemon off; master_process off; pid {}; events {{}} http {{ {own} {plain} }}", pid.display());
    let file = folder.join("nginx.conf");
    fs::write(&file, all).unwrap();
    // Debian's nginx is where only the administrator's path leads.
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let child = Command::new("nginx")
        .env("PATH", path)
        .args(["-e", "stderr", "-c"])
        .arg(file)
        .stdin(Stdio::null())
        .spawn()
        .expect("nginx is missing: run `make setup`");
    Nginx(child)
}

#[tokio::test]
async fn plain_http_is_led_to_the_sites_own_name_whatever_the_request_says() {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    for app_url in ["https://app.example.com", "https://app.example.com/"] {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let _nginx = start(folder.path(), port, app_url);
        let up = format!("http://127.0.0.1:{port}/nginx-is-up");
        until("nginx", async || client.get(&up).send().await.is_ok_and(|answer| answer.status() == 204)).await;
        for host in ["app.example.com", "evil.example", "app.example.com.evil.example:80", "127.0.0.1"] {
            let request = client.get(format!("http://127.0.0.1:{port}/login?a=b")).header("host", host);
            let answer = request.send().await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["location"]),
                (308, &"https://app.example.com/login?a=b".parse().unwrap()),
                "{host}"
            );
        }
    }
}
