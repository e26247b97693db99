//! Requests as they are written, byte by byte: HTTP libraries tidy up paths and refuse odd headers before
//! they send them.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// An answer that takes longer will never come.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);

/// Everything that came back until the server closed the connection.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl RawAnswer {
    /// A header's values.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = |line: &'_ str| line.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(name));
        self.head.lines().filter(|line| named(line)).filter_map(|line| Some(line.split_once(':')?.1.trim())).collect()
    }

    /// A header's value, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }
}

/// Sends a request line's method and target with these header lines, which need no line ends.
pub(crate) async fn send(origin: &str, request_line: &[u8], headers: &[&[u8]]) -> RawAnswer {
    let address = origin.strip_prefix("http://localhost:").unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{address}")).await.unwrap();
    let host = format!("host: localhost:{address}");
    let fixed: [&[u8]; 3] = [host.as_bytes(), b"accept: text/html", b"connection: close"];
    let mut request = [request_line, b" HTTP/1.1\r\n"].concat();
    for line in fixed.iter().chain(headers) {
        request.extend_from_slice(line);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    // A server that refuses a head need not read it to its end.
    let _ = stream.write_all(&request).await;
    let mut answer = Vec::new();
    let _ = timeout(LONGEST_ANSWER, stream.read_to_end(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    RawAnswer { status, head: head.to_owned(), body: body.to_owned() }
}
