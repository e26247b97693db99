//! Sign-in: begun, answered once, answered again, and by whom.

use super::*;
use crate::login::LoginProblem;

#[tokio::test]
async fn a_sign_in_begins_a_session_and_ends_the_one_before() {
    let world = World::new().await;
    let first = world.sign_in(ADA).await;
    assert_eq!(world.session(&first).await.unwrap().identity.user_id, ADA);

    let answered = world.answer(LoginOrigin::Here, CHARLES).await;
    let finished = world.finish(&answered, Some(&first)).await.map_err(|refused| refused.problem).unwrap();
    assert_eq!((finished.back.as_str(), finished.spent.as_deref()), ("/back", Some(&*answered.held[0].0)));
    assert_eq!(world.session(&finished.session.unwrap()).await.unwrap().identity.user_id, CHARLES);
    assert!(world.session(&first).await.is_none(), "the browser's earlier session has ended");
}

#[tokio::test]
async fn the_same_answer_again_gives_the_same_session_without_another_exchange() {
    let world = World::new().await;
    let answered = world.answer(LoginOrigin::Here, ADA).await;
    let first = world.finish(&answered, None).await.map_err(|refused| refused.problem).unwrap().session.unwrap();
    let again = world.finish(&answered, None).await.map_err(|refused| refused.problem).unwrap();
    assert!(again.session == Some(first.clone()) && world.exchanges() == 1);
    let held = world.finish(&answered, Some(&first)).await.map_err(|refused| refused.problem).unwrap();
    assert!(held.session.is_none(), "whoever has the session keeps it");

    world.sessions.end(&first.key()).await.unwrap();
    let ended = world.finish(&answered, None).await.unwrap_err();
    assert_eq!(ended.problem, LoginProblem::NoAttempt, "a session that has ended is not given again");
    let other = Answered { query: format!("{}&x=1", answered.query), held: answered.held.clone() };
    let refused = world.finish(&other, None).await.unwrap_err();
    assert_eq!(refused.problem, LoginProblem::NoAttempt, "another answer to the same attempt");
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn a_refused_answer_is_refused_again_for_the_same_reason() {
    let world = World::new().await;
    let mut answered = world.answer(LoginOrigin::Here, ADA).await;
    answered.query = answered.query.replacen("code=", "code=x", 1);
    for _ in 0..2 {
        let refused = world.finish(&answered, None).await.unwrap_err();
        assert_eq!((refused.problem, refused.back.as_deref()), (LoginProblem::CodeRefused, Some("/back")));
    }
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn an_answer_is_taken_only_from_the_browser_that_began_and_for_ten_minutes() {
    let world = World::new().await;
    let answered = world.answer(LoginOrigin::Here, ADA).await;
    let another = Answered { query: answered.query.clone(), held: Vec::new() };
    let refused = world.finish(&another, None).await.unwrap_err();
    assert_eq!((refused.problem, refused.spent), (LoginProblem::NoAttempt, None));
    let expects = |held: &[(String, String)]| {
        world.sessions.expects_answer(&answered.query, LoginCookies { prefix: PREFIX, held })
    };
    assert!(expects(&answered.held) && !expects(&[]));
    world.clock.advance(600);
    assert_eq!(world.finish(&answered, None).await.unwrap_err().problem, LoginProblem::NoAttempt);
    assert_eq!(world.exchanges(), 0);
}

#[tokio::test]
async fn another_site_signs_nobody_in_to_another_account() {
    let world = World::new().await;
    let ada = world.sign_in(ADA).await;
    let planted = world.answer(LoginOrigin::Elsewhere, CHARLES).await;
    let refused = world.finish(&planted, Some(&ada)).await.unwrap_err();
    assert_eq!(refused.problem, LoginProblem::AnotherAccount);
    assert!(world.session(&ada).await.is_some(), "she stays signed in");
    assert_eq!(world.sessions.count().await.unwrap(), Some(1));

    let own = world.answer(LoginOrigin::Elsewhere, ADA).await;
    assert!(world.finish(&own, Some(&ada)).await.is_ok(), "to the same account it may");
    let nobody = world.answer(LoginOrigin::Elsewhere, CHARLES).await;
    assert!(world.finish(&nobody, None).await.is_ok(), "and where nobody is signed in");
}

#[tokio::test]
async fn what_the_provider_refuses_says_why() {
    let world = World::new().await;
    let started = world.begin(LoginOrigin::Here);
    let state = started.url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let held = vec![(started.cookie_name, started.cookie_value)];
    let query = format!("error=access_denied&state={state}");
    let refused = world.finish(&Answered { query, held }, None).await.unwrap_err();
    assert_eq!((refused.problem, refused.back.as_deref()), (LoginProblem::Cancelled, Some("/back")));
    let without_state = Answered { query: "code=1".to_owned(), held: Vec::new() };
    assert_eq!(world.finish(&without_state, None).await.unwrap_err().problem, LoginProblem::Malformed);
}
