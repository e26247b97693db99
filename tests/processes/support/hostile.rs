//! Clients that hold what they do not use, many at once, each kind from an address of its own.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};

use super::{LONGEST_WAIT, frames};

/// Connections of one kind that come from one address; more come from the next.
const FROM_ONE_ADDRESS: usize = 1000;

/// Connections that are made at the same time: beyond the kernel's queue they would wait for a second.
const AT_ONCE: usize = 100;

/// What such a client does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Asks on so many streams for a page as large as it can make one, and takes none.
    TakesNothing { streams: u32 },
    /// The same, by addresses as long as a frame lets them be.
    AsksAtLength { streams: u32 },
    /// Sends a head of nearly the largest size but for its end.
    EndsNoHead,
    /// The same, after a request that was answered.
    EndsNoLaterHead,
    /// Was answered, and says nothing any more.
    IsIdle,
    /// Sends nearly all of a body.
    EndsNoBody,
}

impl Kind {
    /// All of them, those with streams with so many.
    pub(crate) const fn all(streams: u32) -> [Self; 6] {
        [
            Self::TakesNothing { streams },
            Self::AsksAtLength { streams },
            Self::EndsNoHead,
            Self::EndsNoLaterHead,
            Self::IsIdle,
            Self::EndsNoBody,
        ]
    }

    /// So many connections that do this, once the process has all of what they send. `block` is a part of
    /// loopback of their own.
    pub(crate) async fn hold(self, port: u16, block: u8, count: usize) -> Vec<TcpStream> {
        let mut connecting = JoinSet::new();
        let mut held = Vec::with_capacity(count);
        for number in 0..count {
            if connecting.len() == AT_ONCE {
                held.extend(connecting.join_next().await.unwrap().unwrap());
            }
            let host = u8::try_from(number / FROM_ONE_ADDRESS + 1).unwrap();
            let from = SocketAddr::from(([127, 0, block, host], 0));
            connecting.spawn(async move { timeout(LONGEST_WAIT, self.begin(from, port)).await.expect("it is taken") });
        }
        while let Some(begun) = connecting.join_next().await {
            held.extend(begun.unwrap());
        }
        held
    }

    /// `None` if the process has ended the connection already, which it may.
    async fn begin(self, from: SocketAddr, port: u16) -> Option<TcpStream> {
        let mut stream = connect(from, port).await.ok()?;
        let large = "a".repeat(31_000);
        match self {
            Self::TakesNothing { streams } => ask(&mut stream, streams, &returning_to(1023)).await?,
            Self::AsksAtLength { streams } => ask(&mut stream, streams, &returning_to(5000)).await?,
            Self::EndsNoHead => send(&mut stream, &format!("GET / HTTP/1.1\r\nx: {large}")).await?,
            Self::EndsNoLaterHead => {
                be_answered(&mut stream).await?;
                send(&mut stream, &format!("GET / HTTP/1.1\r\nx: {large}")).await?;
            }
            Self::IsIdle => be_answered(&mut stream).await?,
            Self::EndsNoBody => {
                let head = "POST /api/exchange_code HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: same-origin\r\n\
                            content-type: application/x-www-form-urlencoded\r\ncontent-length: 32000\r\n\r\n";
                send(&mut stream, &[head, &large].concat()).await?;
            }
        }
        Some(stream)
    }
}

/// The sign-in page with a return path of so many characters more than one, of a kind that takes most room
/// there.
fn returning_to(length: usize) -> String {
    ["/login?return_to=/", &"%26".repeat(length)].concat()
}

/// Somebody else, who is served as if nobody was there: one page, on a connection of its own.
pub(crate) async fn stranger(port: u16) -> Duration {
    let begun = std::time::Instant::now();
    let mut stream = connect(SocketAddr::from(([127, 0, 0, 2], 0)), port).await.unwrap();
    send(&mut stream, "GET / HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut page = String::new();
    timeout(LONGEST_WAIT, stream.read_to_string(&mut page)).await.expect("a stranger is served").unwrap();
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("</html>"), "{page}");
    begun.elapsed()
}

async fn connect(from: SocketAddr, port: u16) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(from)?;
    socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await
}

async fn send(stream: &mut TcpStream, text: &str) -> Option<()> {
    stream.write_all(text.as_bytes()).await.ok()
}

async fn be_answered(stream: &mut TcpStream) -> Option<()> {
    send(stream, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
    let mut answer = [0; 2048];
    stream.read(&mut answer).await.ok().filter(|length| *length > 0).map(drop)
}

/// Asks on so many streams of HTTP/2 without room for an answer, until the heads of all answers are there:
/// they need none.
async fn ask(stream: &mut TcpStream, streams: u32, path: &str) -> Option<()> {
    let requests = (0..streams).flat_map(|number| frames::request(2 * number + 1, path));
    let bytes: Vec<u8> = frames::beginning_without_room().into_iter().chain(requests).collect();
    stream.write_all(&bytes).await.ok()?;
    let mut received = Vec::new();
    while frames::kinds(&received).iter().filter(|(kind, _)| *kind == 1).count() < streams as usize {
        stream.read_buf(&mut received).await.ok().filter(|length| *length > 0)?;
    }
    Some(())
}
