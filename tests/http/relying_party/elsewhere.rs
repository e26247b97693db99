//! A server to which nothing should ever be sent. It keeps what it is sent.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Listens on loopback until it is dropped.
pub(super) struct Elsewhere {
    pub(super) url: String,
    /// One text a connection.
    received: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Elsewhere {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let received = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&received);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let index = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(String::new());
                    kept.len() - 1
                };
                tokio::spawn(keep(stream, Arc::clone(&kept), index));
            }
        });
        Self { url, received, task }
    }

    /// What has arrived so far; a connection that sent nothing counts too.
    pub(super) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers as soon as something has come, and goes on keeping what comes.
async fn keep(mut stream: TcpStream, kept: Arc<Mutex<Vec<String>>>, index: usize) {
    let mut chunk = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        let request = {
            let mut kept = kept.lock().unwrap();
            kept[index].push_str(&String::from_utf8_lossy(&chunk[..count]));
            kept[index].clone()
        };
        if is_whole(&request) {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await;
            return;
        }
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
