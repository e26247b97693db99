//! Return paths at every door: before sign-in, after it, after sign-out, and where the guard itself writes
//! one. The spellings are those of `tests/corpus`; where a browser ends up is judged by the `url` crate.

use leptos_scalekit::access::LONGEST_RETURN_PATH;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::support::{
    ADA, App, Browser, app,
    corpus::{deep_links, refused},
    raw,
};

const DEFAULT: &str = "/dashboard/profile";

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Where somebody lands who is still signed in at the provider and starts with this return path.
async fn landing(browser: &mut Browser, return_to: &str) -> String {
    let start = browser.get(&format!("/auth/login?return_to={}", encoded(return_to))).await;
    assert_eq!(start.status, 302, "{return_to:?}");
    let authorize = start.location().to_owned();
    let answer = browser.get(&authorize).await;
    let callback = browser.follow_to_app(answer, &authorize).await;
    let landed = browser.get(&callback).await;
    assert_eq!((landed.status, landed.body.as_str()), (302, ""), "{return_to:?}");
    landed.location().to_owned()
}

/// On this site. The banner of development may name the emulator besides, which nobody's request chose.
fn assert_stays(app: &App, location: &str, what: &str) {
    let origin = Url::parse(&app.url).unwrap();
    if location == app.emulator.url() {
        return;
    }
    let landed = origin.join(location).unwrap();
    assert_eq!(landed.origin(), origin.origin(), "{what:?} leads to {location}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_sign_in_every_spelling_of_the_corpus_lands_on_the_default_page() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for text in refused() {
        assert_eq!(landing(&mut browser, &text).await, DEFAULT, "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_sign_in_every_deep_link_survives_exactly() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for (sent, becomes) in deep_links() {
        let landed = landing(&mut browser, &sent).await;
        assert_eq!(landed, becomes, "{sent:?}");
        assert_stays(&app, &landed, &sent);
    }
}

/// The addresses of a page's links and forms.
fn addresses(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in ["href=\"", "action=\""] {
        found.extend(
            page.split(attribute).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.replace("&amp;", "&"))),
        );
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sign_in_page_leads_nowhere_but_to_the_start_of_sign_in_with_the_path_as_it_came() {
    let app = app().await;
    let mut browser = app.browser();
    let texts = refused().into_iter().chain(deep_links().into_iter().map(|(sent, _)| sent));
    for text in texts.filter(|text| !text.is_empty()) {
        let page = browser.get(&format!("/login?return_to={}", encoded(&text))).await;
        assert_eq!(page.status, 200);
        let addresses = addresses(&page.body);
        let mut starts = 0;
        for address in &addresses {
            assert_stays(&app, address, &text);
            let Some((_, query)) = address.split_once("/auth/login?") else { continue };
            starts += 1;
            let mut parameters = url::form_urlencoded::parse(query.as_bytes());
            let carried = parameters.find(|(name, _)| name == "return_to").map(|(_, path)| path.into_owned());
            let expected = (text.len() <= LONGEST_RETURN_PATH).then(|| text.clone());
            assert_eq!(carried, expected, "decoded once and encoded once");
        }
        // Those without a wish lose their query with the path.
        assert!(starts >= if text.len() <= LONGEST_RETURN_PATH { 5 } else { 4 }, "{addresses:?}");
        assert!(!page.body.contains("<script>alert"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_visitor_sends_chooses_where_sign_out_leads() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for text in refused().into_iter().chain(deep_links().into_iter().map(|(sent, _)| sent)) {
        let names = ["return_to", "post_logout_redirect_uri", "redirect", "next", "returnTo", "url", "state"];
        let query: Vec<String> = names.iter().map(|name| format!("{name}={}", encoded(&text))).collect();
        let fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, text.as_str())).collect();
        // As many as fit into an address.
        let fitting = query.len().min(8000 / query[1].len());
        let target = format!("/api/logout?{}", query[..fitting].join("&"));
        browser.sign_in_silently().await;
        let answer = browser.post(&target, &fields).await;
        assert_eq!(answer.status, 302, "{text:?}");
        let location = Url::parse(answer.location()).unwrap();
        let own = format!("{}/logged-out", app.url);
        let (ours, chosen): (Vec<_>, Vec<_>) =
            location.query_pairs().partition(|(name, _)| name == "id_token_hint" || name == "state");
        assert_eq!(chosen, [("post_logout_redirect_uri".into(), own.into())], "{text:?}");
        assert!(ours.len() == 2 && ours.iter().all(|(_, value)| *value != text), "{text:?}");
        assert!(location.as_str().starts_with(app.emulator.url()), "{text:?}");
        let again = browser.post(&target, &fields).await;
        assert_eq!((again.status, again.location()), (302, "/logged-out"), "without a session: {text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_signed_out_page_leads_to_this_site_only() {
    let app = app().await;
    let mut browser = app.browser();
    for text in ["https://evil.example/", "//evil.example", "javascript:alert(1)"] {
        let answer = browser.get(&format!("/logged-out?return_to={0}&state={0}", encoded(text))).await;
        assert_eq!((answer.status, answer.location()), (302, "/logged-out"));
        let page = browser.get(&format!("/logged-out?return_to={}", encoded(text))).await;
        let addresses = addresses(&page.body);
        assert!(addresses.contains(&"/login".to_owned()), "{addresses:?}");
        for address in addresses {
            assert_stays(&app, &address, text);
            assert!(!address.contains("evil"), "{address}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_guard_writes_as_the_way_back_is_a_path_of_this_site_whatever_the_request_line_said() {
    let app = app().await;
    for (target, wanted) in [
        ("/dashboard", "/dashboard"),
        ("/dashboard?next=https://evil.example/", "/dashboard?next=https://evil.example/"),
        ("/dashboard?x=%0d%0aLocation:%20https://evil.example", "/dashboard?x=%0d%0aLocation:%20https://evil.example"),
        (
            "/dashboard?a=1&return_to=//evil.example&reason=expired",
            "/dashboard?a=1&return_to=//evil.example&reason=expired",
        ),
        ("http://evil.example/dashboard", "/dashboard"),
        ("http://user:word@evil.example/dashboard?x", "/dashboard?x"),
        ("HTTP://EVIL.EXAMPLE/dashboard", "/dashboard"),
        ("https://evil.example:8443/dashboard", "/dashboard"),
        ("/dashboard?\\evil.example", "/dashboard?\\evil.example"),
        ("/dashboard?#//evil.example", "/dashboard?"),
    ] {
        let request_line = format!("GET {target}");
        let answer = raw::send(&app.url, request_line.as_bytes(), &[b"x-forwarded-host: evil.example"]).await;
        assert_eq!((answer.status, answer.body.as_str()), (302, ""), "{target}");
        let [location] = answer.all("location")[..] else { panic!("{target}: one location") };
        let landed = Url::parse(&app.url).unwrap().join(location).unwrap();
        assert_eq!((landed.origin(), landed.path()), (Url::parse(&app.url).unwrap().origin(), "/login"), "{target}");
        let parameters: Vec<_> = landed.query_pairs().collect();
        assert_eq!(parameters, [("return_to".into(), wanted.into())], "{target}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_lines_that_name_another_site_are_no_page_and_no_redirect() {
    let app = app().await;
    for target in [
        "//evil.example/dashboard",
        "//evil.example",
        "///evil.example/dashboard",
        "/\\evil.example/dashboard",
        "/\\evil.example",
        "/%2f/evil.example",
        "//evil.example/%2e%2e",
        "//evil.example//",
        "http://evil.example//evil.example",
        "/.//evil.example",
        "//evil.example/auth/login",
        "/auth//login",
        "//auth/login",
    ] {
        for method in ["GET", "HEAD", "POST"] {
            let answer = raw::send(&app.url, format!("{method} {target}").as_bytes(), &[b"sec-fetch-site: none"]).await;
            assert!((400..500).contains(&answer.status), "{method} {target} gets {}", answer.status);
            assert!(answer.all("location").is_empty(), "{method} {target}");
            assert!(!answer.body.contains("evil.example"), "{method} {target}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_of_sign_in_at_another_name_of_this_machine_goes_to_the_configured_address_only() {
    let app = app().await;
    let port = app.url.rsplit(':').next().unwrap();
    for host in [
        "127.0.0.1:1",
        "localhost:1",
        "[::1]:1",
        "localhost:1@evil.example",
        "evil.example",
        "127.0.0.1:1.evil.example",
    ] {
        for target in
            ["/auth/login?return_to=//evil.example", "http://evil.example/auth/login", "/auth/login?x=\\evil.example"]
        {
            let mut browser = app.browser();
            let url = format!("http://localhost:{port}{}", target.trim_start_matches("http://evil.example"));
            let request = browser.request(reqwest::Method::GET, &url).header("host", host);
            let answer = browser.send(request).await;
            let location = Url::parse(answer.location()).unwrap();
            let public = Url::parse(&app.url).unwrap();
            let provider = Url::parse(app.emulator.url()).unwrap();
            assert!([public.origin(), provider.origin()].contains(&location.origin()), "{host} {target}: {location}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_other_name_of_this_machine_is_led_to_the_configured_address_before_a_login_begins() {
    let app = app().await;
    let port = app.url.rsplit(':').next().unwrap();
    let target = "/auth/login?return_to=%2Fdashboard&prompt=login";
    for host in [
        "0.0.0.0",
        "127.0.0.2",
        "127.1",
        "app.localhost",
        "LOCALHOST.",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost:1",
    ] {
        let host = if host.ends_with(":1") { host.to_owned() } else { format!("{host}:{port}") };
        let mut browser = app.browser();
        let request = browser.request(reqwest::Method::GET, target).header("host", &host);
        let answer = browser.send(request).await;
        assert_eq!((answer.status, answer.location()), (307, format!("{}{target}", app.url).as_str()), "{host}");
        assert!(!answer.headers.contains_key("set-cookie"), "{host}: the attempt's cookie would not come back");
        // Browsers hold what follows a form to the policy's `form-action`, so the way there is a page.
        let request = browser.request(reqwest::Method::GET, "/auth/login?by=form").header("host", &host);
        let form = browser.send(request).await;
        assert_eq!((form.status, form.headers.get("set-cookie")), (200, None), "{host}");
        assert!(form.body.contains(&format!("0; url={}/auth/login?by=form", app.url)), "{host}: {}", form.body);
    }
    for host in
        [format!("localhost:{port}"), "evil.example".to_owned(), "localhost.example".to_owned(), "10.0.0.1".to_owned()]
    {
        let mut browser = app.browser();
        let request = browser.request(reqwest::Method::GET, target).header("host", &host);
        assert_eq!(browser.send(request).await.status, 302, "{host} is no other name of this machine");
    }
    // A proxy of a developer's own, or a tunnel: what it calls the application is not what the browser calls
    // it.
    let mut browser = app.browser();
    let request = browser.request(reqwest::Method::GET, target).header("host", "127.0.0.1:1");
    assert_eq!(browser.send(request.header("x-forwarded-host", "tunnel.example")).await.status, 302, "no loop");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_2_the_name_is_read_where_it_stands_there() {
    let app = app().await;
    let port: u16 = app.url.rsplit(':').next().unwrap().parse().unwrap();
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).http2_prior_knowledge().build().unwrap();
    let answer = client.get(format!("http://127.0.0.1:{port}/auth/login")).send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    assert_eq!(answer.status(), 307);
    assert_eq!(answer.headers()["location"], format!("{}/auth/login", app.url));
}
