//! Without clients it ends; beside another one it does not begin.

use std::time::Duration;

use berth_sim::{Sim, SimError, answers_at};

use crate::rig::{Rig, port};

#[tokio::test]
async fn it_ends_by_itself_when_its_last_client_has_gone() {
    let port = port();
    let mut rig = Rig::with(|options| options.linger = Some(Duration::from_millis(50))).await;
    rig.boot("one", port).await;
    rig.has_ended().await;
    assert!(!answers_at(&rig.options.socket).await && !rig.options.socket.exists());
    rig.options.linger = None;
    rig.begin().await;
    assert_eq!(rig.state("one").await["ExitCode"], 143, "its containers were told to end");
}

#[tokio::test]
async fn of_two_on_one_state_only_one_lives() {
    let rig = Rig::new().await;
    let mut other = rig.options.clone();
    other.socket = rig.options.socket.with_extension("other");
    assert!(matches!(Sim::open(other).await, Err(SimError::Taken(_))), "the state is taken");
    let mut other = rig.options.clone();
    other.state = rig.options.state.with_extension("other");
    assert!(matches!(Sim::open(other).await, Err(SimError::Taken(_))), "the socket is taken");
    assert_eq!(rig.get("/_ping").await.body, "OK", "and the first one does not mind");
}

#[tokio::test]
async fn a_socket_s_path_that_is_too_long_is_said() {
    let rig = Rig::new().await;
    let mut far = rig.options.clone();
    far.socket = rig.options.state.join("x".repeat(120));
    assert!(Sim::open(far).await.expect_err("too long").to_string().contains("107 characters"));
}
