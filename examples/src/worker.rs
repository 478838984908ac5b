//! The dispatcher of the CRM, which can be killed.

use std::time::Duration;

use hookwright::{Dispatcher, Outbox, OutboxError, RetrySchedule, Sender, Store};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A dispatcher in a task of its own.
#[derive(Debug)]
pub struct Worker<S: Store> {
    outbox: Outbox<S>,
    sender: Sender,
    running: Option<Running>,
    kills: usize,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), OutboxError>>,
}

impl<S: Store> Worker<S> {
    /// Starts a dispatcher.
    pub fn new(outbox: Outbox<S>, sender: Sender) -> Self {
        let mut worker = Self { outbox, sender, running: None, kills: 0 };
        worker.start();
        worker
    }

    /// Starts a dispatcher: three attempts within three seconds, so that a day is soon over.
    pub fn start(&mut self) {
        let schedule = RetrySchedule::new([500, 1500].map(Duration::from_millis));
        let dispatcher =
            Dispatcher::new(self.outbox.clone()).sender(self.sender.clone()).schedule(schedule);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { drop(stopped.await) };
        self.running = Some(Running { stop, task: tokio::spawn(dispatcher.run(shutdown)) });
    }

    /// Ends the dispatcher as a crash would: nothing is finished, nothing released.
    pub async fn kill(&mut self) {
        if let Some(Running { task, .. }) = self.running.take() {
            task.abort();
            // Its locks are gone when the task is.
            drop(task.await);
            self.kills += 1;
        }
    }

    /// How often it was killed.
    pub fn kills(&self) -> usize {
        self.kills
    }

    /// Why the dispatcher has ended by itself, if it has.
    pub async fn failure(&mut self) -> Option<OutboxError> {
        let running = self.running.take_if(|running| running.task.is_finished())?;
        running.task.await.ok()?.err()
    }

    /// Ends the dispatcher in good order.
    pub async fn stop(&mut self) {
        if let Some(Running { stop, task }) = self.running.take() {
            drop(stop);
            drop(task.await);
        }
    }
}
