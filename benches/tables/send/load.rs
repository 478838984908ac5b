//! Sends as fast as it can, and says how long it took.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use cpu_time::ProcessTime;
use tokio::runtime::Runtime;

/// How many requests are on their way at a time.
const CONCURRENCY: usize = 64;

/// How many requests are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Before the clock starts.
    pub(crate) warm_up: u32,
    /// While it runs.
    pub(crate) requests: u32,
}

impl Load {
    /// As a contender reads it.
    pub(crate) fn arguments(self, port: u16) -> [String; 3] {
        [port.to_string(), self.warm_up.to_string(), self.requests.to_string()]
    }

    /// Sends with copies of `contender`, one for each request that is on its way at a time, and
    /// prints the nanoseconds that passed, and those that the processors gave to this process.
    pub(crate) fn run<C: Contender>(self, contender: &C) {
        let runtime = Runtime::new().expect("threads can be started");
        runtime.block_on(send(contender, self.warm_up));
        let cpu = cpu_nanoseconds().expect("Linux tells what a thread has used");
        let start = Instant::now();
        runtime.block_on(send(contender, self.requests));
        let passed = start.elapsed().as_nanos();
        let cpu = cpu_nanoseconds().expect("Linux tells what a thread has used") - cpu;
        println!("{passed} {cpu}");
    }
}

/// Someone who sends.
pub(crate) trait Contender: Clone + Send + 'static {
    /// Sends one request, which has to be acknowledged.
    fn send(&mut self) -> impl Future<Output = ()> + Send;
}

/// Sends so many requests.
pub(crate) async fn send<C: Contender>(contender: &C, requests: u32) {
    let left = Arc::new(AtomicU32::new(requests));
    let tasks: Vec<_> = (0..CONCURRENCY)
        .map(|_| {
            let (mut contender, left) = (contender.clone(), left.clone());
            tokio::spawn(async move {
                while take_one(&left) {
                    contender.send().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("every request is acknowledged");
    }
}

fn take_one(left: &AtomicU32) -> bool {
    let one_less = |left: u32| left.checked_sub(1);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
}

/// What all threads of this process have used of the processors, those that have ended too.
pub(crate) fn cpu_nanoseconds() -> io::Result<u64> {
    let used = ProcessTime::try_now()?.as_duration().as_nanos();
    u64::try_from(used).map_err(io::Error::other)
}
