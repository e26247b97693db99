//! What for: reads one HTTP/1.1 answer off a connection that stays open, and says whether it is the right
//! one.
//! Not here: redirects, compression, answers that end with the connection.

use memchr::memmem;
use tokio::{io::AsyncReadExt as _, net::TcpStream};

use crate::Failure;

/// Reads until the answer is complete.
pub(crate) async fn read(stream: &mut TcpStream, received: &mut Vec<u8>, marker: &[u8]) -> Result<(), Failure> {
    received.clear();
    let body = loop {
        if let Some(at) = memmem::find(received, b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, received).await?;
    };
    let head = String::from_utf8_lossy(&received[..body]).to_ascii_lowercase();
    if !head.starts_with("http/1.1 200 ") {
        return Err(format!("wrong answer: {}", head.lines().next().unwrap_or_default()).into());
    }
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if let Some(length) = value("content-length:") {
        let end = body + length.parse::<usize>()?;
        while received.len() < end {
            more(stream, received).await?;
        }
    } else if value("transfer-encoding:") == Some("chunked") {
        // The page's own text does not hold the mark of the last chunk.
        while !received.ends_with(b"\r\n0\r\n\r\n") {
            more(stream, received).await?;
        }
    } else {
        return Err("an answer without a length".into());
    }
    match memmem::find(&received[body..], marker) {
        Some(_) => Ok(()),
        None => Err("an answer without the marker".into()),
    }
}

async fn more(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<(), Failure> {
    match stream.read_buf(received).await? {
        0 => Err("the server closed the connection".into()),
        _ => Ok(()),
    }
}
