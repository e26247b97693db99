//! Endings, by the owner and by the provider; and activity, which puts them off.

use super::*;
use crate::{id::UserKey, notices::ProviderEnded, notices::TakenLogoutToken};

#[tokio::test]
async fn an_owner_sees_their_sessions_and_ends_one() {
    let world = World::new().await;
    let (phone, laptop, other) = (world.sign_in(ADA).await, world.sign_in(ADA).await, world.sign_in(CHARLES).await);
    let ada = UserKey::of(ADA);
    assert_eq!(world.sessions.list(&ada).await.unwrap().len(), 2);
    let hint = world.sessions.end(&phone.key()).await.unwrap();
    assert!(hint.is_some() && world.sessions.end(&phone.key()).await.unwrap().is_none());
    let left: Vec<_> = world.sessions.list(&ada).await.unwrap().iter().map(|listed| listed.key).collect();
    assert_eq!(left, [laptop.key()]);
    assert!(world.session(&other).await.is_some());
}

#[tokio::test]
async fn the_provider_ends_a_session_a_person_or_a_membership() {
    let world = World::new().await;
    let (first, second) = (world.sign_in(ADA).await, world.sign_in(ADA).await);
    let identity = world.session(&first).await.unwrap().identity.clone();
    let of_session = ProviderEnded::Session(&identity.provider_session_id);
    assert_eq!(world.sessions.provider_ended(of_session).await.unwrap(), 1);
    assert!(world.session(&first).await.is_none() && world.session(&second).await.is_some());

    let membership = |since| ProviderEnded::Membership { user: ADA, organization: &identity.organization_id, since };
    let issued_at = world.session(&second).await.unwrap().issued_at;
    assert_eq!(world.sessions.provider_ended(membership(issued_at - 1)).await.unwrap(), 0, "signed in since");
    assert_eq!(world.sessions.provider_ended(membership(issued_at)).await.unwrap(), 1);

    world.advance(2);
    let third = world.sign_in(ADA).await;
    let of_person = ProviderEnded::User { id: ADA, at: world.clock.now() };
    assert_eq!(world.sessions.provider_ended(of_person).await.unwrap(), 1);
    assert!(world.session(&third).await.is_none());
}

#[tokio::test]
async fn a_logout_token_is_taken_once() {
    let world = World::new().await;
    let id = world.sign_in(ADA).await;
    let sid = world.session(&id).await.unwrap().identity.provider_session_id.clone();
    let text = world.emulator.control().logout_token(&sid).unwrap();
    let token = world.sessions.shared.scalekit.verify_logout_token(&text, world.clock.now()).await.unwrap();
    assert_eq!(world.sessions.take_logout_token(&token).await.unwrap(), TakenLogoutToken::Accepted);
    assert!(world.session(&id).await.is_none());
    assert_eq!(world.sessions.take_logout_token(&token).await.unwrap(), TakenLogoutToken::Repeated);
    assert_eq!(world.replica().take_logout_token(&token).await.unwrap(), TakenLogoutToken::Repeated);
}

#[tokio::test]
async fn activity_puts_the_end_off_once_a_minute_and_watching_does_not() {
    let world = World::new().await;
    let id = world.sign_in(ADA).await;
    let noted = async || {
        let record = world.store.load(&id.key(), world.clock.now()).await.unwrap().unwrap();
        (record.active_at, record.ends_at)
    };
    let (begun, first_end) = noted().await;
    world.advance(59);
    world.sessions.current(&id.key(), Presence::Active).await;
    world.advance(61);
    world.sessions.current(&id.key(), Presence::Watching).await;
    world.sessions.current(&id.key(), Presence::LookingAhead).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(noted().await, (begun, first_end));
    let now = world.clock.now();
    world.sessions.current(&id.key(), Presence::Active).await;
    until("the note", async || noted().await.0 >= now).await;
    assert!(noted().await.1 >= first_end + 120);
}

#[tokio::test]
async fn a_sweep_removes_what_has_ended_an_hour_after_it_began_to_look() {
    let world = World::new().await;
    world.sign_in(ADA).await;
    world.sessions.sweep().await;
    world.advance(8 * 24 * 3600);
    let kept = async || world.store.count(0).await.unwrap().unwrap();
    assert_eq!(kept().await, 1);
    world.sessions.sweep().await;
    assert_eq!(kept().await, 0);
}
