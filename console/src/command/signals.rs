//! What ends a process from outside.

use tokio::sync::watch;

use super::failure::Failure;

/// Ctrl-C, and what a system ends its services with.
#[derive(Debug, Clone)]
pub(super) struct Signals(watch::Receiver<u32>);

impl Signals {
    /// Listens from now on: nothing ends the process by itself any more.
    pub(super) fn listen() -> Result<Self, Failure> {
        let (count, counted) = watch::channel(0);
        let mut terminate = terminate()?;
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    pressed = tokio::signal::ctrl_c() => if pressed.is_err() { return },
                    () = terminate.wait() => {}
                }
                count.send_modify(|count| *count += 1);
            }
        });
        Ok(Self(counted))
    }

    /// Ends at the first signal.
    pub(super) async fn first(&self) {
        self.nth(1).await;
    }

    /// Ends at the second: then nothing more is waited for.
    pub(super) async fn second(&self) {
        self.nth(2).await;
    }

    async fn nth(&self, nth: u32) {
        let mut counted = self.0.clone();
        if counted.wait_for(|count| *count >= nth).await.is_err() {
            // Nobody listens any more: there is no signal.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Terminate(tokio::signal::unix::Signal);

#[cfg(unix)]
fn terminate() -> Result<Terminate, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    Ok(Terminate(signal(SignalKind::terminate())?))
}

#[cfg(unix)]
impl Terminate {
    async fn wait(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
struct Terminate;

#[cfg(not(unix))]
fn terminate() -> Result<Terminate, Failure> {
    Ok(Terminate)
}

#[cfg(not(unix))]
impl Terminate {
    async fn wait(&mut self) {
        std::future::pending::<()>().await;
    }
}
