//! The accept loop: a named number of connections, and a time by which each must have sent a request's head.
//!
//! Who sends a head slowly, or nothing at all, holds one connection for [`HEAD_TIMEOUT`] and no more.

use crate::gateway::Gateway;
use crate::routes;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// Connections that are open at the same time; others wait to be accepted.
pub const MAX_CONNECTIONS: usize = 8192;
/// By when a request's head must have come: from the start of a connection, and after each answer on it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;
/// The most header fields of a request.
const MAX_HEADERS: usize = 64;
/// The pause after the system could not accept: it is out of file descriptors, and nothing else helps.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long requests in flight may go on after the signal to stop.
const DRAIN: Duration = Duration::from_secs(12);

/// Serves the API until `shutdown`, then lets what is being served end.
///
/// # Errors
/// When the listener has no address, that is, never came up.
pub async fn serve(listener: TcpListener, mut gateway: Gateway, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let address = listener.local_addr()?;
    let beside = [gateway.test_bank.take(), gateway.built_in_sign_in.take()];
    let state = gateway.into_state();
    let connections = state.metrics.connections.clone();
    let service = TowerToHyperService::new(routes::service(Arc::clone(&state), beside));
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    tracing::info!(%address, "serving HTTP");
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        let Some((stream, place)) = accepted else { continue };
        let connection = http1().serve_connection(TokioIo::new(stream), service.clone());
        let watched = graceful.watch(connection);
        let open = connections.clone();
        open.inc();
        tokio::spawn(async move {
            // A caller that went away or sent no HTTP is no news.
            drop(watched.await);
            open.dec();
            drop(place);
        });
    }
    drop(listener);
    state.pages.live.close();
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are written whole, so waiting for more to send only delays them.
            stream.set_nodelay(true).ok();
            Some((stream, place))
        }
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_headers(MAX_HEADERS).max_buf_size(MAX_HEAD);
    builder
}
