//! A tiny HTTP server on loopback that answers from a script and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// One scripted answer.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A whole response: status, further header lines, body.
    Full(u16, &'static str, Vec<u8>),
    /// Answer after a second.
    Late(Box<Answer>),
    /// Answer when the test says so.
    Held(Arc<Notify>, Box<Answer>),
    /// Accept the request and never answer.
    Hang,
    /// Announce a body, then send one byte now and then, for ever.
    Drip,
    /// A 200 without `Content-Length` whose body never ends.
    Endless,
    /// Announce more than is sent, then close.
    Cut(&'static str),
}

impl Answer {
    pub(crate) fn json(status: u16, body: &impl ToString) -> Self {
        Self::Full(status, "content-type: application/json\r\n", body.to_string().into_bytes())
    }
}

/// Stops when dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    script: Arc<Mutex<Script>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    last: Option<Answer>,
    requests: Vec<String>,
}

impl Server {
    /// Answers with `answers` in their order; the last one is repeated.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script { answers: answers.into_iter().collect(), ..Script::default() }));
        let shared = Arc::clone(&script);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, script, task }
    }

    /// Appends to the script.
    pub(crate) fn then(&self, answer: Answer) {
        self.script.lock().unwrap().answers.push_back(answer);
    }

    /// Every request so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.script.lock().unwrap().requests.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<Script>>) {
    let request = read_request(&mut stream).await;
    let answer = {
        let mut script = script.lock().unwrap();
        script.requests.push(request);
        if let Some(next) = script.answers.pop_front() {
            script.last = Some(next);
        }
        script.last.clone().unwrap_or(Answer::Hang)
    };
    // The client may have hung up: that is what some tests want.
    let _ = respond(&mut stream, answer).await;
}

async fn respond(stream: &mut TcpStream, mut answer: Answer) -> std::io::Result<()> {
    loop {
        answer = match answer {
            Answer::Late(answer) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                *answer
            }
            Answer::Held(go_on, answer) => {
                go_on.notified().await;
                *answer
            }
            _ => break,
        };
    }
    match answer {
        Answer::Late(_) | Answer::Held(..) => {}
        Answer::Full(status, headers, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&body).await?;
        }
        Answer::Hang => {
            // Until the client hangs up.
            let _ = stream.read(&mut [0; 1]).await?;
        }
        Answer::Drip => {
            stream.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 1000000\r\n\r\n").await?;
            loop {
                stream.write_all(b" ").await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Answer::Endless => {
            stream.write_all(b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n").await?;
            loop {
                stream.write_all(&[b' '; 16 * 1024]).await?;
            }
        }
        Answer::Cut(body) => {
            stream.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n").await?;
            stream.write_all(body.as_bytes()).await?;
        }
    }
    stream.shutdown().await
}

/// Reads a head and as many bytes of body as it announces.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
