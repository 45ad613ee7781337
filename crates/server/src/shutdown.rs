//! Stopping: the first signal lets what is under way end, the second does not.

use std::io;
use std::process;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt;
use keywright_http::Management;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Waits for signals beside the server. At the first, `/readyz` says no at once; after `delay`,
/// in which a load balancer may notice that, the listener closes and requests under way end.
///
/// # Errors
/// When the operating system refuses a handler.
pub(crate) fn on_signals(
    server: ServerHandle,
    management: Arc<Management>,
    delay: Duration,
) -> io::Result<()> {
    let mut signals = signals()?;
    rt::spawn(async move {
        let Some(name) = signals.recv().await else { return };
        tracing::info!("{name}: stopping; requests under way may end");
        management.drain();
        let graceful = async move {
            rt::time::sleep(delay).await;
            server.stop(true).await;
        };
        rt::spawn(graceful);
        if let Some(name) = signals.recv().await {
            tracing::warn!("{name} again: stopped at once");
            // What is committed stays; what is not, was promised to nobody.
            process::exit(1);
        }
    });
    Ok(())
}

/// The names of the signals that stop a server, as they arrive.
fn signals() -> io::Result<UnboundedReceiver<&'static str>> {
    let (sender, receiver) = unbounded_channel();
    listen(SignalKind::terminate(), "SIGTERM", sender.clone())?;
    listen(SignalKind::interrupt(), "SIGINT", sender.clone())?;
    listen(SignalKind::quit(), "SIGQUIT", sender)?;
    Ok(receiver)
}

fn listen(
    kind: SignalKind,
    name: &'static str,
    sender: UnboundedSender<&'static str>,
) -> io::Result<()> {
    let mut stream = signal(kind)?;
    rt::spawn(async move { while stream.recv().await.is_some() && sender.send(name).is_ok() {} });
    Ok(())
}
