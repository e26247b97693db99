//! How a file of the site is answered: encoding, caching, conditions and ranges (RFC 9110, RFC 9111).

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::Found;
use crate::server::serve::HeldAnyway;

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

/// Answers a `GET` or, but for the body that is left out later, a `HEAD`. Only the former can ask for a part.
#[must_use]
pub fn answer(found: Found<'_>, method: &Method, request: &HeaderMap) -> Response {
    let file = found.file;
    let asks_for_part = *method == Method::GET && request.contains_key(header::RANGE);
    // A part is a part of the plain content.
    let encoding = if asks_for_part { Encoding::Identity } else { choose(found, request) };
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
        match if asks_for_part { part(request, &tag, content.len()) } else { Part::All } {
            Part::All => content.clone().into_response(),
            Part::Some { first, last } => {
                let range = format!("bytes {first}-{last}/{}", content.len());
                let bytes: Bytes = content.slice(first..=last);
                (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, range)], bytes).into_response()
            }
            Part::None => {
                let range = format!("bytes */{}", content.len());
                (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, range)], Body::empty()).into_response()
            }
        }
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
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

/// What the client likes best, and of what it likes as much the smallest (RFC 9110, section 12.5.3).
fn choose(found: Found<'_>, request: &HeaderMap) -> Encoding {
    let accepted = Accepted::of(request);
    let brotli = found.file.brotli.as_ref().map(|_| (Encoding::Brotli, accepted.weight("br").unwrap_or(0.0)));
    let gzip = || accepted.weight("gzip").or_else(|| accepted.weight("x-gzip"));
    let gzip = found.file.gzip.as_ref().map(|_| (Encoding::Gzip, gzip().unwrap_or(0.0)));
    // Unlisted, the plain content is taken, but anything listed is liked better. Refused, it is better than nothing at all.
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

/// What of the content is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    All,
    Some {
        first: usize,
        last: usize,
    },
    /// Nothing of what is asked for exists.
    None,
}

/// One range of bytes; several, and what can't be read, are answered with everything (RFC 9110, section 14.2).
fn part(request: &HeaderMap, tag: &str, length: usize) -> Part {
    let mut ranges = texts(request, &header::RANGE);
    let (Some(range), None) = (ranges.next(), ranges.next()) else { return Part::All };
    // A part of something that has changed is of no use. The comparison is strong.
    if request.get(header::IF_RANGE).is_some_and(|known| known != tag) {
        return Part::All;
    }
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::All;
    };
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(Some(digits.parse().unwrap_or(usize::MAX))),
        _ => None,
    };
    match (number(first), number(last)) {
        (Some(Some(first)), Some(last)) if last.is_none_or(|last| last >= first) => {
            if first >= length {
                return Part::None;
            }
            Part::Some { first, last: last.unwrap_or(usize::MAX).min(length - 1) }
        }
        (Some(None), Some(Some(count))) => match length.saturating_sub(count) {
            first if first < length => Part::Some { first, last: length - 1 },
            _ => Part::None,
        },
        _ => Part::All,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::super::{File, Files, media_type_of};
    use super::*;

    const CONTENT: &str = "0123456789";

    fn files() -> Files {
        let file = |name: &str, content: &'static str| {
            (name.to_owned(), (Bytes::from_static(content.as_bytes()), "text/css".to_owned()))
        };
        Files::from_contents(
            [
                file("pkg/app.css", CONTENT),
                file("pkg/app.css.br", "brotli"),
                file("pkg/app.css.gz", "gzip"),
                file("bare.css", CONTENT),
            ]
            .into(),
        )
    }

    fn ask(path: &str, headers: &[(&'static str, &str)]) -> Response {
        let mut request = HeaderMap::new();
        for (name, value) in headers {
            request.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let files = files();
        let path = if path == "hashed" { files.links("app", "pkg").stylesheet } else { path.to_owned() };
        answer(files.find(&path).unwrap(), &Method::GET, &request)
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
    async fn one_range_is_a_part_of_the_plain_content() {
        for (range, expected) in [
            ("bytes=0-0", "0"),
            ("bytes=2-4", "234"),
            ("bytes=7-", "789"),
            ("bytes=-2", "89"),
            ("bytes=8-100", "89"),
            ("bytes=-100", CONTENT),
        ] {
            let response = ask("/pkg/app.css", &[("accept-encoding", "br"), ("range", range)]);
            assert_eq!(response.status(), 206, "{range}");
            assert_eq!(header(&response, "content-encoding"), "");
            let first = CONTENT.find(expected).unwrap();
            assert_eq!(header(&response, "content-range"), format!("bytes {first}-{}/10", first + expected.len() - 1));
            assert_eq!(body(response).await, expected, "{range}");
        }
        for range in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999-"] {
            let response = ask("/pkg/app.css", &[("range", range)]);
            assert_eq!(
                (response.status().as_u16(), &*header(&response, "content-range")),
                (416, "bytes */10"),
                "{range}"
            );
        }
        for range in ["bytes=1-2,4-5", "bytes=4-2", "bytes=-", "bytes=a-b", "bytes=+1-2", "lines=1-2", "bytes 1-2", ""]
        {
            let response = ask("/pkg/app.css", &[("range", range)]);
            assert_eq!(response.status(), 200, "{range}");
            assert_eq!(body(response).await, CONTENT, "{range}");
        }
    }

    #[test]
    fn a_question_for_the_head_asks_for_no_part() {
        let request = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static("bytes=0-1"))]);
        assert_eq!(answer(files().find("/bare.css").unwrap(), &Method::HEAD, &request).status(), 200);
    }

    #[test]
    fn a_range_of_something_that_has_changed_is_answered_with_everything() {
        let tag = header(&ask("/pkg/app.css", &[]), "etag");
        let status =
            |known: &str| ask("/pkg/app.css", &[("range", "bytes=0-1"), ("if-range", known)]).status().as_u16();
        assert_eq!(status(&tag), 206);
        assert_eq!(status("\"other\""), 200);
        assert_eq!(status(&format!("W/{tag}")), 200);
    }

    #[test]
    fn an_empty_file_has_no_part() {
        let file = File {
            content: Bytes::new(),
            brotli: None,
            gzip: None,
            media_type: media_type_of("text/css"),
            hash: String::new(),
            integrity: String::new(),
        };
        let mut request = HeaderMap::new();
        request.insert(header::RANGE, HeaderValue::from_static("bytes=0-"));
        assert_eq!(answer(Found { file: &file, is_immutable: false }, &Method::GET, &request).status(), 416);
    }
}
