//! A browser as far as HTTP goes: cookies, navigation headers, one step at a time.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use reqwest::{Client, Method, RequestBuilder, header, redirect::Policy};

/// An answer that takes longer will never come.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);

/// Keeps cookies by name: application and emulator share the host `localhost`, and browsers ignore ports.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    pub(crate) origin: String,
    user_agent: String,
    /// The application's own over http are called `session` and `login.…` here, without project and port.
    pub(crate) cookies: BTreeMap<String, String>,
    /// Project and port, as they stand in those names.
    place: String,
}

/// What our cookies' names hold over http beside their kind.
pub(crate) fn place_in_names(origin: &str) -> String {
    let port = url::Url::parse(origin).unwrap().port_or_known_default().unwrap();
    format!(".{}.{port}", env!("CARGO_PKG_NAME"))
}

/// One answer, with nothing followed.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: header::HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(origin: &str) -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(LONGEST_ANSWER)
            // Nothing here speaks TLS: reading the machine's certificates would take longer than most
            // requests.
            .tls_certs_only([])
            // The application listens on IPv4 only. Trying [::1] first can connect a socket to itself: the
            // port is in the range from which the kernel takes the connecting socket's own.
            .resolve("localhost", SocketAddr::from(([127, 0, 0, 1], 0)))
            .build()
            .unwrap();
        let (origin, place) = (origin.to_owned(), place_in_names(origin));
        Self { client, origin, user_agent: String::new(), cookies: BTreeMap::new(), place }
    }

    /// The same browser, its requests led to another replica by a load balancer.
    pub(crate) fn at(&self, replica: &str) -> Self {
        Self { origin: replica.to_owned(), ..self.clone() }
    }

    /// Says what browser it is.
    pub(crate) fn calling_itself(mut self, user_agent: &str) -> Self {
        user_agent.clone_into(&mut self.user_agent);
        self
    }

    /// Navigates, as a click or the address bar does.
    pub(crate) async fn get(&mut self, url: &str) -> Page {
        self.try_get(url).await.unwrap()
    }

    /// The same, from a server that may be gone.
    pub(crate) async fn try_get(&mut self, url: &str) -> reqwest::Result<Page> {
        let request =
            self.request(Method::GET, url).header("sec-fetch-site", "none").header("sec-fetch-mode", "navigate");
        self.try_send(request).await
    }

    /// Submits a form of the page's own origin.
    pub(crate) async fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Page {
        let request = self.request(Method::POST, url).header("sec-fetch-site", "same-origin").form(form);
        self.send(request).await
    }

    /// Calls a server function as the hydrated page does.
    pub(crate) async fn call(&mut self, path: &str, body: &str) -> Page {
        self.send(self.call_to_send(path, body)).await
    }

    /// The same, to change before it is sent.
    pub(crate) fn call_to_send(&self, path: &str, body: &str) -> RequestBuilder {
        self.request_as(Method::POST, path, "application/json")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.to_owned())
    }

    /// A request with this browser's cookies, to change before it is sent.
    pub(crate) fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.request_as(method, url, "text/html,*/*")
    }

    fn request_as(&self, method: Method, url: &str, accept: &str) -> RequestBuilder {
        let mut request = self.client.request(method, self.absolute(url)).header(header::ACCEPT, accept);
        if !self.user_agent.is_empty() {
            request = request.header(header::USER_AGENT, &self.user_agent);
        }
        if !self.cookies.is_empty() {
            request = request.header(header::COOKIE, self.cookie_header());
        }
        request
    }

    /// The cookies as they are sent.
    pub(crate) fn cookie_header(&self) -> String {
        let place = &self.place;
        let pairs = self.cookies.iter().map(|(name, value)| match name.strip_prefix("login.") {
            // Another application's is kept under its whole name.
            Some(state) if !state.contains('.') => format!("login{place}.{state}={value}"),
            None if ["session", "sign-out"].contains(&&**name) => format!("{name}{place}={value}"),
            _ => format!("{name}={value}"),
        });
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Sends a request and keeps the cookies of its answer.
    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Page {
        self.try_send(request).await.unwrap()
    }

    async fn try_send(&mut self, request: RequestBuilder) -> reqwest::Result<Page> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        Ok(Page { status, headers, body: response.text().await? })
    }

    /// Starts at `login`, signs in as `user` on the hosted page and follows the answer; tells where it lands.
    pub(crate) async fn sign_in(&mut self, login: &str, user: &str) -> String {
        self.try_sign_in(login, user).await.unwrap()
    }

    /// The same, at an application that may be gone.
    pub(crate) async fn try_sign_in(&mut self, login: &str, user: &str) -> reqwest::Result<String> {
        let start = self.try_get(login).await?;
        let callback = self.choose_person(&start, user).await;
        let landed = self.try_get(&callback).await?;
        assert_eq!(landed.status, 302, "{}", landed.body);
        Ok(landed.location().to_owned())
    }

    /// Signs in at the provider, up to the callback's URL, which is not opened.
    pub(crate) async fn sign_in_at_provider(&mut self, login: &str, user: &str) -> String {
        let start = self.get(login).await;
        self.choose_person(&start, user).await
    }

    /// Goes on from the start of a sign-in to the hosted page, chooses `user`, and answers with the
    /// callback's URL, which is not opened.
    pub(crate) async fn choose_person(&mut self, start: &Page, user: &str) -> String {
        let hosted = self.follow_to_hosted_page(start).await;
        let answer = self.post(&format!("{hosted}/person"), &[("user", user)]).await;
        self.follow_to_app(answer, &hosted).await
    }

    /// Signs in again while the provider still has a session: no page is shown there.
    pub(crate) async fn sign_in_silently(&mut self) -> String {
        let start = self.get("/auth/login").await;
        let authorize = start.location().to_owned();
        let answer = self.get(&authorize).await;
        let callback = self.follow_to_app(answer, &authorize).await;
        let landed = self.get(&callback).await;
        assert_eq!(landed.status, 302, "{}", landed.body);
        landed.location().to_owned()
    }

    /// Starts at `login` and goes on to the hosted sign-in page; answers with its address.
    pub(crate) async fn open_hosted_page(&mut self, login: &str) -> String {
        let start = self.get(login).await;
        self.follow_to_hosted_page(&start).await
    }

    async fn follow_to_hosted_page(&mut self, start: &Page) -> String {
        assert_eq!(start.status, 302, "{}", start.body);
        let authorize = start.location().to_owned();
        let hosted = self.get(&authorize).await;
        assert!(hosted.is_redirect(), "{}", hosted.body);
        absolute_against(&authorize, hosted.location())
    }

    /// Follows the provider's redirects until they lead to the application.
    pub(crate) async fn follow_to_app(&mut self, mut answer: Page, base: &str) -> String {
        for _ in 0..5 {
            assert!(answer.is_redirect(), "{} {}", answer.status, answer.body);
            let location = absolute_against(base, answer.location());
            if location.starts_with(&self.origin) {
                return location;
            }
            answer = self.get(&location).await;
        }
        panic!("the provider does not lead back to the application");
    }

    fn keep(&mut self, set_cookie: &str) {
        let (pair, attributes) = set_cookie.split_once(';').unwrap_or((set_cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let name = &name.replacen(&self.place, "", 1);
        if attributes.to_lowercase().contains("max-age=0") || value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    fn absolute(&self, url: &str) -> String {
        if url.starts_with('/') { format!("{}{url}", self.origin) } else { url.to_owned() }
    }
}

impl Page {
    /// A header's value, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    pub(crate) fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    /// Whether the answer gives or takes the session cookie.
    pub(crate) fn touches_session_cookie(&self) -> bool {
        self.headers.get_all("set-cookie").iter().any(|cookie| cookie.to_str().unwrap().starts_with("session"))
    }
}

fn absolute_against(base: &str, location: &str) -> String {
    url::Url::parse(base).unwrap().join(location).unwrap().to_string()
}
