//! The application's slot: it survives refreshes, also one that is under way while it changes.

use scalekit_emulator::{Endpoint, Fault};
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    app_data::{APP_DATA_BYTES, AppData, AppDataError},
    update::UpdateError,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Choice {
    project: u64,
}

async fn choose_project(world: &World, id: &SessionId, project: u64) -> Result<Session, UpdateError> {
    world.sessions.update_app_data(&id.key(), |data| data.set(&Choice { project })).await
}

fn chosen(session: &Session) -> Option<u64> {
    session.app_data.get::<Choice>().unwrap().map(|choice| choice.project)
}

#[tokio::test]
async fn what_an_application_keeps_is_there_at_the_next_request_and_after_a_refresh() {
    let world = World::new().await;
    let id = world.sign_in(ADA).await;
    assert_eq!(chosen(&world.session(&id).await.unwrap()), None);
    assert_eq!(chosen(&choose_project(&world, &id, 7).await.unwrap()), Some(7));
    world.advance(400);
    assert_eq!(chosen(&world.session(&id).await.unwrap()), Some(7));
    assert_eq!(world.refreshes(), 1);

    let clear = |data: &mut AppData| {
        data.clear();
        Ok(())
    };
    assert!(world.sessions.update_app_data(&id.key(), clear).await.unwrap().app_data.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_during_a_refresh_is_kept_and_so_are_the_new_tokens() {
    let world = World::new().await;
    let id = world.sign_in(ADA).await;
    for project in 1..=3 {
        world.advance(400);
        world.emulator.control().add_fault(Fault::delay(Endpoint::Token, 300));
        let (sessions, key) = (world.sessions.clone(), id.key());
        let request = tokio::spawn(async move { sessions.current(&key, Presence::Active).await });
        until("the token call", async || world.emulator.control().open_token_calls() == 1).await;
        choose_project(&world, &id, project).await.unwrap();
        let Current::SignedIn(session) = request.await.unwrap() else { panic!("signed in") };
        assert_eq!(chosen(&session), Some(project), "also the request that waited has it");
        assert_eq!(chosen(&world.session(&id).await.unwrap()), Some(project));
        assert_eq!(world.refreshes(), project);
    }
    assert_eq!(world.emulator.control().state().refresh_reuse, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_the_same_time_each_start_from_what_the_other_wrote() {
    let world = World::new().await;
    let id = world.sign_in(ADA).await;
    let changes: Vec<_> = (0..8)
        .map(|_| {
            let (sessions, key) = (world.sessions.clone(), id.key());
            tokio::spawn(async move {
                let add = |data: &mut AppData| data.set(&(data.get::<u64>()?.unwrap_or(0) + 1));
                sessions.update_app_data(&key, add).await.map(drop)
            })
        })
        .collect();
    for change in changes {
        change.await.unwrap().unwrap();
    }
    assert_eq!(world.session(&id).await.unwrap().app_data.get::<u64>().unwrap(), Some(8));
}

#[tokio::test]
async fn what_does_not_fit_and_what_has_ended_is_refused() {
    let world = World::new().await;
    let id = world.sign_in(ADA).await;
    choose_project(&world, &id, 7).await.unwrap();
    let large = "x".repeat(APP_DATA_BYTES);
    let refused = world.sessions.update_app_data(&id.key(), |data| data.set(&large)).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Data(AppDataError::TooLarge { .. })), "{refused}");
    assert_eq!(chosen(&world.session(&id).await.unwrap()), Some(7), "what was there stays");
    world.sessions.end(&id.key()).await.unwrap();
    assert!(matches!(choose_project(&world, &id, 8).await.unwrap_err(), UpdateError::Ended));
}

#[test]
fn a_record_of_a_release_without_the_slot_has_nothing_there() {
    let mut session = serde_json::to_value(crate::session::tests::session(0, 300)).unwrap();
    session.as_object_mut().unwrap().remove("app_data");
    let session: Session = serde_json::from_value(session).unwrap();
    assert!(session.app_data.is_empty());
}
