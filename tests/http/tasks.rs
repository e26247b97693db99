//! What Leptos begins beside a request, and the request goes.

use std::sync::mpsc;

use leptos::{
    prelude::{Owner, provide_context, use_context},
    task::spawn,
};
use leptos_scalekit::server::page_routes;
use tokio::sync::oneshot;

/// A request with a page and one of its components.
fn request() -> [Owner; 3] {
    page_routes();
    let request = Owner::new();
    request.with(|| provide_context("of the request"));
    let page = request.child();
    let component = page.child();
    [component, page, request]
}

#[tokio::test]
async fn a_request_that_goes_in_the_middle_of_a_step_leaves_it_its_contexts() {
    let owners = request();
    let (go, went) = mpsc::channel();
    let (is_gone, gone) = mpsc::channel();
    let (tell, found) = oneshot::channel();
    let component = owners[0].clone();
    component.with(|| {
        let scoped = component.clone();
        spawn(async move {
            go.send(()).unwrap();
            gone.recv().unwrap();
            tell.send(scoped.with(use_context::<&str>)).unwrap();
        });
    });
    drop(component);
    std::thread::spawn(move || {
        went.recv().unwrap();
        drop(owners);
        is_gone.send(()).unwrap();
    });
    assert_eq!(found.await.unwrap(), Some("of the request"));
}

#[tokio::test]
async fn a_task_without_an_end_keeps_no_request() {
    let owners = request();
    let (tell, begun) = oneshot::channel();
    owners[0].with(|| {
        spawn(async move {
            tell.send(()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    begun.await.unwrap();
    // Leptos itself has the task keep the owner that it is begun under, and none above that.
    let [_, page, request] = owners.each_ref().map(Owner::downgrade);
    drop(owners);
    assert!(page.upgrade().is_none() && request.upgrade().is_none());
}
