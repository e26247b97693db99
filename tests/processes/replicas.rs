//! Three processes on one Redis behave as one: one refresh for each session, one end for all.

use std::time::{Duration, Instant};

use leptos_scalekit::server::parts::Part;
use scalekit_emulator::{Endpoint, Fault, FaultKind};

use crate::support::{ADA, Browser, Redis, World, all_at_once, is_asked_again, until};

async fn three_replicas() -> (World, Redis) {
    let redis = Redis::start().await;
    (World::start(3, &redis.address()).await, redis)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_expired_sessions_and_a_thousand_requests_make_fifty_refreshes() {
    let (world, _redis) = three_replicas().await;
    let browsers = world.browsers_with_ended_tokens(50).await;
    // What pages ask for the session. A thousand pages would mostly show how fast this machine renders.
    let began = Instant::now();
    let mut questions = Vec::new();
    for browser in &browsers {
        for number in 0..20 {
            let mut browser = browser.at(&world.replicas[number % world.replicas.len()].url);
            questions.push(tokio::spawn(async move {
                let mut answer = browser.call("/api/current_session", "").await;
                while is_asked_again(answer.status, began).await {
                    answer = browser.call("/api/current_session", "").await;
                }
                answer
            }));
        }
    }
    assert_eq!(questions.len(), 1000);
    for question in questions {
        let answer = question.await.unwrap();
        assert!(answer.status == 200 && answer.body.contains(ADA), "{} {}", answer.status, answer.body);
    }
    assert_eq!((world.refreshes(), world.reused()), (50, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_endpoint_slower_than_the_lease_is_still_called_once_for_each_session() {
    let (world, _redis) = three_replicas().await;
    let browsers = world.browsers_with_ended_tokens(10).await;
    // A lease lasts five seconds, and the client gives up after eight: a busy machine needs what lies
    // between.
    world.emulator.control().add_fault(Fault::delay_after(Endpoint::Token, 5500).for_grant("refresh_token").times(0));
    let statuses = all_at_once(&world, &browsers, "/dashboard", 6).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!((world.refreshes(), world.reused()), (10, 0));
}

/// How many sessions the killed replica is refreshing.
const HELD: u64 = 3;

/// What a killed holder costs its sessions at most: a lease, a token call and the patience with it take ten
/// seconds, and on a busy machine several times that.
const LONGEST_RECOVERY: Duration = Duration::from_secs(45);

/// Lets the first replica begin the refresh of some sessions, and kills it in mid-call.
async fn kill_the_holder(world: &mut World, fault: Fault) -> Vec<Browser> {
    let browsers = world.browsers_with_ended_tokens(HELD.try_into().unwrap()).await;
    world.emulator.control().add_fault(fault.for_grant("refresh_token").times(HELD.try_into().unwrap()));
    let requests: Vec<_> = browsers
        .iter()
        .map(|browser| tokio::spawn(browser.request(reqwest::Method::GET, "/dashboard").send()))
        .collect();
    until("the token calls", async || world.emulator.control().open_token_calls() == HELD).await;
    world.replicas[0].kill();
    for request in requests {
        assert!(request.await.unwrap().is_err());
    }
    browsers
}

/// What the two replicas that live answer to each browser's requests at once, none of which hangs. The lost
/// lease, and the patience with a holder that may yet write, use up most of the time that a request waits:
/// who gets the page that tries again, on a busy machine, tries again.
async fn survivors_answer(world: &World, browsers: &[Browser]) -> Vec<(u16, String)> {
    let started = Instant::now();
    let mut requests = Vec::new();
    for browser in browsers {
        for number in 0..6 {
            let mut browser = browser.at(&world.replicas[1 + number % 2].url);
            requests.push(tokio::spawn(async move {
                let mut answer = browser.get("/dashboard?x=1").await;
                while answer.status == 503 && started.elapsed() < LONGEST_RECOVERY {
                    answer = browser.get("/dashboard?x=1").await;
                }
                (answer.status, answer.location().to_owned())
            }));
        }
    }
    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.await.unwrap());
    }
    assert!(started.elapsed() < LONGEST_RECOVERY, "{:?}", started.elapsed());
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_killed_before_the_tokens_were_spent_is_replaced_and_the_sessions_live() {
    let (mut world, _redis) = three_replicas().await;
    let browsers = kill_the_holder(&mut world, Fault::new(Endpoint::Token, FaultKind::Hang)).await;
    for _ in 0..2 {
        let answers = survivors_answer(&world, &browsers).await;
        assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
        assert_eq!((world.refreshes(), world.reused()), (2 * HELD, 0), "the lost calls, and one more each");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_killed_after_the_tokens_were_spent_ends_in_one_clean_sign_in_each() {
    let (mut world, _redis) = three_replicas().await;
    let browsers = kill_the_holder(&mut world, Fault::delay_after(Endpoint::Token, 30_000)).await;
    let sign_in = (302, "/login?return_to=/dashboard%3Fx%3D1&reason=expired".to_owned());
    for _ in 0..2 {
        let answers = survivors_answer(&world, &browsers).await;
        assert!(answers.iter().all(|answer| *answer == sign_in), "{answers:?}");
        assert_eq!(world.refreshes(), 2 * HELD, "the lost calls, and one each that learns of it");
    }
    let mut browser = browsers[0].at(&world.replicas[1].url);
    assert_eq!(browser.get("/").await.status, 200, "public pages go on");
}

/// Opens the callback at another replica than the one that the sign-in began at, as a load balancer may.
async fn sign_in_at(world: &World, replica: usize) -> Browser {
    let mut browser = Browser::new(&world.replicas[0].url);
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let mut browser = browser.at(&world.replicas[replica].url);
    let landed = browser.get(callback.strip_prefix(&world.replicas[0].url).unwrap()).await;
    assert_eq!((landed.status, landed.location()), (302, "/dashboard/profile"));
    browser
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_of_a_persons_sessions_counts_those_of_all_replicas() {
    let redis = Redis::start().await;
    let world = World::start_with_limit(3, &redis.address(), 2).await;
    let mut browsers = Vec::new();
    for replica in 0..3 {
        browsers.push(sign_in_at(&world, replica).await);
        // The oldest session goes, and age is counted in seconds.
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    for replica in &world.replicas {
        let mut statuses = Vec::new();
        for browser in &browsers {
            statuses.push(browser.at(&replica.url).get("/dashboard").await.status);
        }
        assert_eq!(statuses, [302, 200, 200]);
    }
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
    until("every message", async || {
        let deliveries = control.deliveries();
        let webhook = Part::Webhooks.is_here().then_some("user.logout");
        webhook
            .iter()
            .chain(&["backchannel_logout"])
            .all(|kind| deliveries.iter().any(|delivery| delivery.kind == *kind && delivery.is_delivered()))
    })
    .await;
    assert_eq!(world.refreshes(), 0);
}
