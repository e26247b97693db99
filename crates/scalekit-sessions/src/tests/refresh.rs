//! Refresh: once, whoever asks and in whichever process; and it brings nothing back that has ended.

use scalekit_emulator::{Endpoint, Fault};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_session_is_refreshed_once_for_requests_of_two_processes() {
    let world = World::new().await;
    let id = world.sign_in(ADA).await;
    let before = world.session(&id).await.unwrap().access_expires_at;
    world.advance(400);
    let (mine, theirs, key) = (world.sessions.clone(), world.replica(), id.key());
    let requests: Vec<_> = (0..10)
        .map(|number| {
            let sessions = if number % 2 == 0 { mine.clone() } else { theirs.clone() };
            tokio::spawn(async move { sessions.current(&key, Presence::Active).await })
        })
        .collect();
    for request in requests {
        let Current::SignedIn(session) = request.await.unwrap() else { panic!("signed in") };
        assert!(session.access_expires_at > before);
    }
    assert_eq!((world.refreshes(), world.emulator.control().state().refresh_reuse), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_soon_is_served_at_once_and_refreshed_beside() {
    let world = World::new().await;
    let id = world.sign_in(ADA).await;
    world.advance(280);
    world.emulator.control().add_fault(Fault::delay(Endpoint::Token, 200));
    assert!(world.session(&id).await.is_some());
    until("the refresh beside", async || {
        world.sessions.stored(&id.key()).await.unwrap().unwrap().access_issued_at > world.clock.now() - 200
    })
    .await;
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_ended_during_its_refresh_stays_ended() {
    let world = World::new().await;
    let id = world.sign_in(ADA).await;
    world.advance(400);
    world.emulator.control().add_fault(Fault::delay_after(Endpoint::Token, 300));
    let (sessions, key) = (world.sessions.clone(), id.key());
    let request = tokio::spawn(async move { sessions.current(&key, Presence::Active).await });
    until("the token call", async || world.emulator.control().open_token_calls() == 1).await;
    assert!(world.sessions.end(&id.key()).await.unwrap().is_some());
    assert!(matches!(request.await.unwrap(), Current::Ended));
    assert!(world.session(&id).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_provider_has_ended_ends_with_the_refresh_and_an_outage_keeps_it() {
    let world = World::new().await;
    let (ended, kept) = (world.sign_in(ADA).await, world.sign_in(CHARLES).await);
    let sid = world.session(&ended).await.unwrap().identity.provider_session_id.clone();
    assert!(world.emulator.control().end_session(&sid));
    world.advance(400);
    assert!(world.session(&ended).await.is_none());
    world.emulator.control().add_fault(Fault::status(Endpoint::Token, 503));
    let current = world.sessions.current(&kept.key(), Presence::Active).await;
    assert!(matches!(current, Current::Unavailable { .. }), "{current:?}");
    world.advance(60);
    assert!(world.session(&kept).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_stops_begins_no_refresh_and_finishes_those_under_way() {
    let world = World::new().await;
    let (first, second) = (world.sign_in(ADA).await, world.sign_in(CHARLES).await);
    world.advance(400);
    world.emulator.control().add_fault(Fault::delay(Endpoint::Token, 200));
    let (sessions, key) = (world.sessions.clone(), first.key());
    let request = tokio::spawn(async move { sessions.current(&key, Presence::Active).await });
    until("the token call", async || world.emulator.control().open_token_calls() == 1).await;
    world.sessions.stop_refreshing();
    let current = world.sessions.current(&second.key(), Presence::Active).await;
    assert!(matches!(current, Current::Unavailable { .. }), "{current:?}");
    world.sessions.finish_refreshes(Duration::from_secs(10)).await;
    assert!(matches!(request.await.unwrap(), Current::SignedIn(_)));
    assert_eq!(world.refreshes(), 1);
}
