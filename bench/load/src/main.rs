//! What for: the load of `make bench`, from one thread over 32 connections that stay open. `bench-load PORT
//! PATH COOKIE MARKER SECONDS` asks as fast as it is answered; with a RATE behind, a request is due at its
//! moment whether or not earlier ones have been answered, and how long it took counts from that moment: a
//! server that stalls is seen to stall everybody ("coordinated omission"). An answer other than 200 with the
//! marker in its body ends it. All that was sent is answered before it says how many there were, which wrk
//! does not do: beside a slow server, what is on its way at the end would be work without an answer.
//! Not here: what the figures mean (../lib).

mod answer;

use std::{
    env,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    sync::Mutex as Turn,
    task::yield_now,
    time::{sleep_until, timeout},
};

type Failure = Box<dyn Error + Send + Sync>;

const CONNECTIONS: usize = 32;

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tokio's clock has milliseconds, and rings a little late: the rest of the time until a request is due passes in
/// a loop.
const CLOCK: Duration = Duration::from_millis(3);

struct Load {
    port: u16,
    request: Vec<u8>,
    marker: Vec<u8>,
    began: Instant,
    during: Duration,
    /// Between two requests, where there is a rate.
    interval: Option<Duration>,
    /// When the next request is due.
    next: Turn<Instant>,
    times: Mutex<Vec<Duration>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, path, cookie, marker, seconds, rate @ ..] = arguments.as_slice() else {
        return Err("bench-load PORT PATH COOKIE MARKER SECONDS [RATE]".into());
    };
    let rate = rate.first().map(|rate| rate.parse::<f64>()).transpose()?;
    let began = Instant::now() + Duration::from_millis(20);
    let load = Arc::new(Load {
        port: port.parse()?,
        request: format!(
            "GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\naccept: text/html\r\nsec-fetch-site: none\r\n\
             sec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\ncookie: {cookie}\r\n\r\n"
        )
        .into_bytes(),
        marker: marker.clone().into_bytes(),
        began,
        during: Duration::from_secs_f64(seconds.parse()?),
        interval: rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
        next: Turn::new(began),
        times: Mutex::default(),
    });
    let connections: Vec<_> = (0..CONNECTIONS).map(|_| tokio::spawn(send(Arc::clone(&load)))).collect();
    for connection in connections {
        connection.await??;
    }
    let took = began.elapsed().as_secs_f64();
    let mut times = std::mem::take(&mut *load.times.lock().unwrap_or_else(PoisonError::into_inner));
    times.sort_unstable();
    let Some(last) = times.len().checked_sub(1) else {
        return Err("no request was due".into());
    };
    let part = |thousandths: usize| times[(times.len() * thousandths / 1000).min(last)].as_secs_f64() * 1000.0;
    println!(
        r#"{{"requests":{},"seconds":{took:.4},"p50":{:.3},"p99":{:.3},"p999":{:.3},"most":{:.3}}}"#,
        times.len(),
        part(500),
        part(990),
        part(999),
        part(1000)
    );
    Ok(())
}

/// One connection: takes the next request, waits for its moment, sends it, reads the answer. All of them busy
/// means that the next request is late, which counts as the server's time.
async fn send(load: Arc<Load>) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(("127.0.0.1", load.port)).await?;
    stream.set_nodelay(true)?;
    let mut received = Vec::with_capacity(64 * 1024);
    while let Some(due) = due(&load).await {
        if Instant::now() + CLOCK < due {
            sleep_until((due - CLOCK).into()).await;
        }
        while Instant::now() < due {
            yield_now().await;
        }
        stream.write_all(&load.request).await?;
        timeout(PATIENCE, answer::read(&mut stream, &mut received, &load.marker)).await??;
        load.times.lock().unwrap_or_else(PoisonError::into_inner).push(due.elapsed());
    }
    Ok(())
}

/// When the next request is due; `None` when there is no time left for one.
async fn due(load: &Load) -> Option<Instant> {
    let due = match load.interval {
        None => load.began.max(Instant::now()),
        Some(interval) => {
            let mut next = load.next.lock().await;
            let due = *next;
            *next += interval;
            due
        }
    };
    (due < load.began + load.during).then_some(due)
}
