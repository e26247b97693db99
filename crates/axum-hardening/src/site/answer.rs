//! How a file of the site is answered: encoding, caching and conditions (RFC 9110, RFC 9111). Not in parts:
//! files of a site are small, and who asks for a range is answered with everything (RFC 9110, section 14.2).

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::FoundFile;
use crate::serve::HeldAnyway;

/// One year: an address that names its content never changes (RFC 8246).
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Kept, but asked for again before each use.
const ASK_AGAIN: &str = "no-cache";

/// How the content is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// Answers a `GET` or, but for the body that is left out later, a `HEAD`.
#[must_use]
pub fn answer(found: FoundFile<'_>, request: &HeaderMap) -> Response {
    let file = found.file;
    let encoding = choose(found, request);
    let content = match encoding {
        Encoding::Brotli => file.brotli.as_ref(),
        Encoding::Gzip => file.gzip.as_ref(),
        Encoding::Identity => None,
    };
    let content = content.unwrap_or(&file.content);
    let tag = format!("\"{}{}\"", file.hash, encoding.name().map(|name| ["-", name].concat()).unwrap_or_default());

    let mut response = if is_fresh(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        content.clone().into_response()
    };
    response.extensions_mut().insert(HeldAnyway);
    let has_content = response.status().is_success();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if has_content {
        headers.insert(header::CONTENT_TYPE, file.media_type.clone());
        if let Some(name) = encoding.name() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    let caching = if found.is_immutable { FOR_EVER } else { ASK_AGAIN };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// What the client likes best, and of what it likes as much the smallest (RFC 9110, section 12.5.3).
fn choose(found: FoundFile<'_>, request: &HeaderMap) -> Encoding {
    let accepted = Accepted::of(request);
    let brotli = found.file.brotli.as_ref().map(|_| (Encoding::Brotli, accepted.weight("br").unwrap_or(0.0)));
    let gzip = || accepted.weight("gzip").or_else(|| accepted.weight("x-gzip"));
    let gzip = found.file.gzip.as_ref().map(|_| (Encoding::Gzip, gzip().unwrap_or(0.0)));
    // Unlisted, the plain content is taken, but anything listed is liked better. Refused, it is better than
    // nothing at all.
    let mut best = (Encoding::Identity, accepted.weight("identity").unwrap_or(0.0));
    for (encoding, weight) in [gzip, brotli].into_iter().flatten() {
        if weight > 0.0 && weight >= best.1 {
            best = (encoding, weight);
        }
    }
    best.0
}

/// What `Accept-Encoding` lists: names in lower case with their weights.
struct Accepted(Vec<(String, f32)>);

impl Accepted {
    fn of(request: &HeaderMap) -> Self {
        let items = texts(request, &header::ACCEPT_ENCODING).flat_map(|list| list.split(',')).map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight = parameters.trim().to_ascii_lowercase();
            let weight = weight.strip_prefix("q=").and_then(|weight| weight.trim().parse().ok()).unwrap_or(0.0);
            (name.trim().to_ascii_lowercase(), weight)
        });
        Self(items.collect())
    }

    /// How much an encoding is liked; `None` if nothing is said of it.
    fn weight(&self, name: &str) -> Option<f32> {
        let find = |wanted: &str| self.0.iter().find(|(name, _)| name == wanted).map(|(_, weight)| *weight);
        find(name).or_else(|| find("*"))
    }
}

/// Whether the client has this very content (RFC 9110, section 13.1.2; the comparison is weak).
fn is_fresh(request: &HeaderMap, tag: &str) -> bool {
    texts(request, &header::IF_NONE_MATCH)
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

fn texts<'a>(request: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    request.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use axum::body::{Bytes, to_bytes};

    use super::super::Files;
    use super::*;

    const CONTENT: &str = "0123456789";

    fn files() -> Files {
        let file = |name: &str, content: &'static str| {
            (name.to_owned(), Bytes::from_static(content.as_bytes()), "text/css".to_owned())
        };
        Files::new([
            file("pkg/app.css", CONTENT),
            file("pkg/app.css.br", "brotli"),
            file("pkg/app.css.gz", "gzip"),
            file("bare.css", CONTENT),
        ])
    }

    fn ask(path: &str, headers: &[(&'static str, &str)]) -> Response {
        let mut request = HeaderMap::new();
        for (name, value) in headers {
            request.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let files = files();
        let path = if path == "hashed" { files.address("/pkg/app.css") } else { path.to_owned() };
        answer(files.find(&path).unwrap(), &request)
    }

    fn header(response: &Response, name: &str) -> String {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    async fn body(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1000).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_smallest_copy_that_is_taken_is_sent() {
        for (accepted, encoding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("BR", "br"),
            ("gzip", "gzip"),
            ("x-gzip", "gzip"),
            ("br;q=0, gzip;q=0.1", "gzip"),
            ("br;q=0.001", "br"),
            ("br;q=0.1, gzip;q=1", "gzip"),
            ("identity;q=1, br;q=0.5", ""),
            ("identity;q=0", ""),
            ("*", "br"),
            ("*;q=0", ""),
            ("br;q=0, *", "gzip"),
            ("identity", ""),
            ("deflate", ""),
            ("br;q=nonsense", ""),
            ("", ""),
        ] {
            let response = ask("/pkg/app.css", &[("accept-encoding", accepted)]);
            assert_eq!(
                (response.status().as_u16(), &*header(&response, "content-encoding")),
                (200, encoding),
                "{accepted}"
            );
            assert_eq!(header(&response, "vary"), "accept-encoding");
            assert_eq!(header(&response, "content-type"), "text/css; charset=utf-8");
            let expected = match encoding {
                "br" => "brotli",
                "gzip" => "gzip",
                _ => CONTENT,
            };
            assert_eq!(body(response).await, expected, "{accepted}");
        }
        assert_eq!(header(&ask("/bare.css", &[("accept-encoding", "br")]), "content-encoding"), "", "there is no copy");
    }

    #[test]
    fn an_address_with_a_hash_is_kept_for_ever_and_one_without_is_asked_for_again() {
        assert_eq!(header(&ask("hashed", &[]), "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header(&ask("/pkg/app.css", &[]), "cache-control"), "no-cache");
    }

    #[tokio::test]
    async fn a_client_that_has_the_content_gets_304_and_only_in_the_encoding_it_has() {
        let tag = |accepted: &str| header(&ask("/pkg/app.css", &[("accept-encoding", accepted)]), "etag");
        let (brotli, plain) = (tag("br"), tag(""));
        assert_ne!(brotli, plain);
        for known in [brotli.clone(), format!("W/{brotli}"), format!("\"other\", {brotli}"), "*".to_owned()] {
            let response = ask("/pkg/app.css", &[("accept-encoding", "br"), ("if-none-match", &known)]);
            assert_eq!(response.status(), 304, "{known}");
            assert_eq!(header(&response, "etag"), brotli);
            assert_eq!(
                (header(&response, "cache-control"), header(&response, "vary")),
                ("no-cache".into(), "accept-encoding".into())
            );
            assert_eq!(header(&response, "content-encoding"), "");
            assert_eq!(body(response).await, "");
        }
        for known in [plain, "\"other\"".to_owned(), String::new()] {
            let response = ask("/pkg/app.css", &[("accept-encoding", "br"), ("if-none-match", &known)]);
            assert_eq!(response.status(), 200, "{known}");
        }
    }

    #[tokio::test]
    async fn a_part_is_answered_with_everything() {
        for range in ["bytes=0-0", "bytes=7-", "bytes=99-", "lines=1-2"] {
            let response = ask("/pkg/app.css", &[("range", range)]);
            assert_eq!(
                (response.status().as_u16(), header(&response, "content-range")),
                (200, String::new()),
                "{range}"
            );
            assert_eq!(body(response).await, CONTENT, "{range}");
        }
    }
}
