//! Three processes on one Redis behave as one: one refresh for each session, one end for all.

use std::time::{Duration, Instant};

use scalekit_emulator::{Endpoint, Fault, FaultKind};

use crate::support::{Browser, Redis, World, all_at_once, until};

async fn three_replicas() -> (World, Redis) {
    let redis = Redis::start().await;
    (World::start(3, &redis.address()).await, redis)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_expired_sessions_and_a_thousand_requests_make_fifty_refreshes() {
    let (world, _redis) = three_replicas().await;
    let browsers = world.browsers_with_ended_tokens(50).await;
    let statuses = all_at_once(&world, &browsers, "/dashboard/profile", 20).await;
    assert_eq!(statuses.len(), 1000);
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!((world.refreshes(), world.reused()), (50, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_endpoint_slower_than_the_lease_is_still_called_once_for_each_session() {
    let (world, _redis) = three_replicas().await;
    let browsers = world.browsers_with_ended_tokens(10).await;
    world.emulator.control().add_fault(Fault::delay_after(Endpoint::Token, 6500).for_grant("refresh_token").times(0));
    let statuses = all_at_once(&world, &browsers, "/dashboard", 6).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!((world.refreshes(), world.reused()), (10, 0));
}

/// Lets the first replica begin the refresh of one session, and kills it in mid-call.
async fn kill_the_holder(world: &mut World, fault: Fault) -> Browser {
    let browser = world.browsers_with_ended_tokens(1).await.remove(0);
    world.emulator.control().add_fault(fault.for_grant("refresh_token"));
    let request = browser.request(reqwest::Method::GET, "/dashboard");
    let request = tokio::spawn(async move { request.send().await.is_ok() });
    until("the token call", async || world.emulator.control().open_token_calls() == 1).await;
    world.replicas[0].kill();
    assert!(!request.await.unwrap());
    browser
}

/// What the two replicas that live answer to requests at once; none may take longer than lease and token call together.
async fn survivors_answer(world: &World, browser: &Browser) -> Vec<(u16, String)> {
    let started = Instant::now();
    let requests: Vec<_> = (0..10)
        .map(|number| {
            let mut browser = browser.at(&world.replicas[1 + number % 2].url);
            tokio::spawn(async move {
                let answer = browser.get("/dashboard?x=1").await;
                (answer.status, answer.location().to_owned())
            })
        })
        .collect();
    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.await.unwrap());
    }
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_killed_before_the_token_was_spent_is_replaced_and_the_session_lives() {
    let (mut world, _redis) = three_replicas().await;
    let browser = kill_the_holder(&mut world, Fault::new(Endpoint::Token, FaultKind::Hang)).await;
    let answers = survivors_answer(&world, &browser).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!((world.refreshes(), world.reused()), (2, 0), "the lost call, and one more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_killed_after_the_token_was_spent_ends_in_one_clean_sign_in() {
    let (mut world, _redis) = three_replicas().await;
    let browser = kill_the_holder(&mut world, Fault::delay_after(Endpoint::Token, 30_000)).await;
    let answers = survivors_answer(&world, &browser).await;
    let sign_in = (302, "/login?return_to=/dashboard%3Fx%3D1&reason=expired".to_owned());
    assert!(answers.iter().all(|answer| *answer == sign_in), "{answers:?}");
    assert_eq!(world.refreshes(), 2, "the lost call, and one that learns of it");
    assert_eq!(survivors_answer(&world, &browser).await[0], sign_in);
    assert_eq!(world.refreshes(), 2, "an ended session is not refreshed again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_on_one_replica_or_at_the_provider_has_ended_on_all() {
    let (world, _redis) = three_replicas().await;
    let (mut signed_out, revoked) = (world.signed_in().await, world.signed_in().await);
    let [mut second, mut third] = [1, 2].map(|replica| signed_out.at(&world.replicas[replica].url));
    assert_eq!((second.get("/dashboard").await.status, third.get("/dashboard").await.status), (200, 200));
    assert_eq!(signed_out.post("/api/logout", &[]).await.status, 302);
    assert_eq!((second.get("/dashboard").await.status, third.get("/dashboard").await.status), (302, 302));

    // The emulator tells the first replica only, by webhook and logout token; a load balancer would pick any.
    let control = world.emulator.control();
    for session in control.sessions().iter().filter(|session| session.status == "active") {
        control.end_session(&session.sid);
    }
    for replica in &world.replicas {
        let mut browser = revoked.at(&replica.url);
        until("the end on every replica", async || browser.get("/dashboard").await.status == 302).await;
    }
    assert_eq!(world.refreshes(), 0);
}
