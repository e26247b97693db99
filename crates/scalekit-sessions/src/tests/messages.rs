//! Messages that are handled once.

use super::*;
use crate::once::Handled;

async fn handle(sessions: &Sessions, id: &str, outcome: Result<u8, &'static str>) -> Handled<u8, &'static str> {
    sessions.handle_once("event", id, async move { outcome }).await
}

#[tokio::test]
async fn a_message_is_handled_once_and_again_only_if_that_failed() {
    let world = World::new().await;
    let replica = world.replica();
    assert!(matches!(handle(&world.sessions, "msg_1", Err("no")).await, Handled::Failed("no")));
    assert!(matches!(handle(&replica, "msg_1", Ok(7)).await, Handled::Done(7)));
    assert!(matches!(handle(&world.sessions, "msg_1", Ok(7)).await, Handled::Repeated));
    assert!(matches!(handle(&world.sessions, "msg_2", Ok(8)).await, Handled::Done(8)), "another message");
    let other = world.sessions.handle_once("another kind", "msg_1", async { Ok::<_, ()>(()) }).await;
    assert!(matches!(other, Handled::Done(())), "each kind has identifiers of its own");
}

#[tokio::test]
async fn of_two_deliveries_at_once_one_works_and_a_sender_that_gives_up_stops_nothing() {
    let world = World::new().await;
    let (begin, has_begun) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let sessions = world.sessions.clone();
    let first = tokio::spawn(async move {
        let work = async move {
            begin.send(()).unwrap();
            released.await.map_err(|_| "nobody lets it go on")
        };
        sessions.handle_once("event", "msg_1", work).await
    });
    has_begun.await.unwrap();
    assert!(matches!(handle(&world.sessions, "msg_1", Ok(1)).await, Handled::UnderWay));
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    release.send(()).unwrap();
    until("the end of the work", async || matches!(handle(&world.sessions, "msg_1", Ok(1)).await, Handled::Repeated))
        .await;
}

#[tokio::test(start_paused = true)]
async fn work_that_panics_or_takes_too_long_is_not_done() {
    let emulator_less = scalekit::Config::new("http://localhost:1", "skc_nobody", "test_nothing".into()).unwrap();
    let secret = SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let client = scalekit::Client::new(emulator_less).unwrap();
    let store = Arc::new(MemoryStore::default());
    let ring = KeyRing::parse(&secret).unwrap();
    let sessions = Sessions::new(store, ring, client, Limits::default(), Clock::default());
    let slow = sessions.handle_once("event", "slow", std::future::pending::<Result<(), ()>>()).await;
    assert!(matches!(slow, Handled::TookTooLong));
    assert!(matches!(handle(&sessions, "slow", Ok(1)).await, Handled::Done(1)), "it may be tried again");
    let panics = async { if true { panic!("wanted by the test") } else { Ok::<(), ()>(()) } };
    assert!(matches!(sessions.handle_once("event", "panics", panics).await, Handled::Panicked));
}
