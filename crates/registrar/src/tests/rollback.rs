//! A stream that comes back older than it was: nothing is written on it.

use super::{World, accepted, take};
use crate::RegistrarError;
use std::path::{Path, PathBuf};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Writes two blocks, keeps a copy of the store after the first, and leaves the server stopped.
async fn two_blocks(world: &World) -> PathBuf {
    let registrar = world.start().await.unwrap();
    accepted(world.commands().await.send(&take(1)).await.unwrap());
    registrar.shutdown().await.unwrap();
    world.server.stop();
    let old = world.data.path().join("old-store");
    copy(&world.server.store_dir(), &old);
    world.server.restart().await;
    let registrar = world.start().await.unwrap();
    accepted(world.commands().await.send(&take(2)).await.unwrap());
    registrar.shutdown().await.unwrap();
    world.server.stop();
    old
}

async fn restore(world: &World, old: &Path) {
    std::fs::remove_dir_all(world.server.store_dir()).unwrap();
    copy(old, &world.server.store_dir());
    world.server.restart().await;
}

#[tokio::test]
async fn an_older_store_is_refused_each_time() {
    let world = World::new().await;
    let old = two_blocks(&world).await;
    let newest = world.data.path().join("newest-store");
    copy(&world.server.store_dir(), &newest);
    restore(&world, &old).await;
    for _ in 0..2 {
        let refused = world.start().await.err();
        assert!(matches!(refused, Some(RegistrarError::RolledBack { .. })), "{refused:?}");
    }
    restore(&world, &newest).await;
    let registrar = world.start().await.unwrap();
    assert!(accepted(world.commands().await.send(&take(2)).await.unwrap()).repeated);
    registrar.shutdown().await.unwrap();
}

#[tokio::test]
async fn another_history_of_the_same_length_is_refused() {
    let world = World::new().await;
    let old = two_blocks(&world).await;
    restore(&world, &old).await;
    // A registrar without memory writes another second block.
    let mut config = world.config().await;
    config.data = world.data.path().join("elsewhere");
    let forgetful = world.start_with(config).await.unwrap();
    accepted(world.commands().await.send(&take(3)).await.unwrap());
    accepted(world.commands().await.send(&take(4)).await.unwrap());
    forgetful.shutdown().await.unwrap();
    let refused = world.start().await.err();
    assert!(matches!(refused, Some(RegistrarError::RolledBack { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_lost_store_is_not_made_anew() {
    let world = World::new().await;
    let empty = world.data.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    two_blocks(&world).await;
    restore(&world, &empty).await;
    assert!(matches!(world.start().await.err(), Some(RegistrarError::RolledBack { .. })));
}

#[tokio::test]
async fn a_running_registrar_stops_when_the_store_is_replaced_under_it() {
    let world = World::new().await;
    let old = two_blocks(&world).await;
    world.server.restart().await;
    let mut registrar = world.start().await.unwrap();
    world.server.stop();
    restore(&world, &old).await;
    let ended = registrar.wait().await;
    assert!(matches!(ended, Err(RegistrarError::RolledBack { .. })), "{ended:?}");
    assert!(!registrar.health().is_ready());
}

/// The files that a registrar keeps of the register.
fn file(world: &World, extension: &str) -> PathBuf {
    world.data.path().join(format!("registrar/isfahan-lockers.{extension}"))
}

#[tokio::test]
async fn an_empty_head_file_is_damaged_and_not_a_new_start() {
    let world = World::new().await;
    let old = two_blocks(&world).await;
    restore(&world, &old).await;
    std::fs::write(file(&world, "head"), b"").unwrap();
    for _ in 0..2 {
        let refused = world.start().await.err();
        assert!(matches!(refused, Some(RegistrarError::File { operation: "trust", .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn without_a_head_file_the_snapshot_remembers() {
    let world = World::new().await;
    let old = two_blocks(&world).await;
    let newest = world.data.path().join("newest-store");
    copy(&world.server.store_dir(), &newest);
    let empty = world.data.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for shorter in [&old, &empty] {
        restore(&world, shorter).await;
        // The second try finds the head file that the first one made.
        std::fs::remove_file(file(&world, "head")).unwrap();
        for _ in 0..2 {
            let refused = world.start().await.err();
            assert!(matches!(refused, Some(RegistrarError::RolledBack { .. })), "{refused:?}");
        }
        world.server.stop();
    }
    restore(&world, &newest).await;
    let registrar = world.start().await.unwrap();
    assert!(accepted(world.commands().await.send(&take(2)).await.unwrap()).repeated);
    registrar.shutdown().await.unwrap();
}

#[tokio::test]
async fn without_a_head_file_another_history_than_the_snapshots_is_refused() {
    let world = World::new().await;
    let old = two_blocks(&world).await;
    restore(&world, &old).await;
    std::fs::remove_file(file(&world, "head")).unwrap();
    let mut config = world.config().await;
    config.data = world.data.path().join("elsewhere");
    let forgetful = world.start_with(config).await.unwrap();
    accepted(world.commands().await.send(&take(3)).await.unwrap());
    accepted(world.commands().await.send(&take(4)).await.unwrap());
    forgetful.shutdown().await.unwrap();
    let refused = world.start().await.err();
    assert!(matches!(refused, Some(RegistrarError::RolledBack { .. })), "{refused:?}");
}

#[tokio::test]
async fn without_a_head_file_and_a_snapshot_the_stream_says_it_all() {
    let world = World::new().await;
    two_blocks(&world).await;
    world.server.restart().await;
    std::fs::remove_file(file(&world, "head")).unwrap();
    std::fs::remove_file(file(&world, "snapshot")).unwrap();
    for _ in 0..2 {
        let registrar = world.start().await.unwrap();
        assert!(accepted(world.commands().await.send(&take(2)).await.unwrap()).repeated);
        registrar.shutdown().await.unwrap();
    }
}
