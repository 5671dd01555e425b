//! A running emulator, as its owner holds it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::Value;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::envelope::{arguments, inner};
use crate::fault::Faults;
use crate::options::{Options, Time};
use crate::random::Seed;
use crate::requests::{Log, Requests};
use crate::router::{Caller, Router};
use crate::server::{Shared, serve};

/// Starts emulators.
#[derive(Debug)]
pub struct Emulator;

impl Emulator {
    /// Listens on `address` (port 0 picks a free one) and serves from a task of the present runtime.
    pub async fn start(address: impl ToSocketAddrs, options: Options) -> io::Result<Handle> {
        Self::on(TcpListener::bind(address).await?, options)
    }

    /// As [`Emulator::start`], on a socket that already listens.
    pub fn on(listener: TcpListener, options: Options) -> io::Result<Handle> {
        let address = listener.local_addr()?;
        let clock = match options.time {
            Time::Real => Clock::real(Timestamp::now()),
            Time::Manual(origin) => Clock::manual(origin),
        };
        let mut router = Router::new(Seed(options.seed), clock.clone(), &options.password);
        if options.hostile {
            router.hostile = true;
            router.start_over();
        }
        router.policy = options.policy;
        router.reboot_seconds = options.reboot_seconds;
        router.lan_seconds = options.lan_seconds;
        let faults = Faults::default();
        for fault in &options.faults {
            faults.add(fault.clone());
        }
        let shared = Arc::new(Shared {
            router: Mutex::new(router),
            faults,
            log: Log::default(),
            options,
            news: Notify::new(),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            serve(listener, serving, async {
                // An owner that is gone is an owner that asks to stop.
                let _ = stopped.await;
            })
            .await;
        });
        Ok(Handle { address, clock, shared, stop, task })
    }
}

/// A running emulator. Dropping it stops it.
#[derive(Debug)]
pub struct Handle {
    address: SocketAddr,
    clock: Clock,
    shared: Arc<Shared>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Handle {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its faults.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What clients asked so far.
    pub fn requests(&self) -> Requests {
        self.shared.log.read()
    }

    /// Forgets what clients asked so far.
    pub fn forget_requests(&self) {
        self.shared.log.clear();
    }

    /// Everything that a person can set, as JSON: the same before and after means that nothing was changed. What moves by
    /// itself is not in it, and secrets are as hashes.
    pub fn settings(&self) -> Value {
        self.shared.router().settings()
    }

    /// Makes a call as another administrator would: without a session, and beside the count of [`Handle::requests`]. The
    /// answer is that of the wire in its shortest form: `{"status": …, "data": …}` or `{"status": null, "errors": […]}`.
    pub fn call(&self, service: &str, method: &str, parameters: &Value) -> Value {
        let args = arguments(Some(parameters));
        let outcome = self.shared.router().call(Caller::Admin, service, method, &args);
        self.shared.news.notify_waiters();
        inner(outcome)
    }

    /// The secrets of its household, for tests that look for leaks: those of now and those that were replaced, with all
    /// contexts and cookies of sessions.
    pub fn secrets(&self) -> Vec<String> {
        self.shared.router().secrets()
    }

    /// Looks at the router, or changes it as the world around it would. Requests wait meanwhile.
    pub fn with_state<T>(&self, look: impl FnOnce(&mut Router) -> T) -> T {
        let mut router = self.shared.router();
        let found = look(&mut router);
        router.end_cuts();
        drop(router);
        self.shared.news.notify_waiters();
        found
    }

    /// Stops it: the port is free and all connections are cut when this returns.
    pub async fn shutdown(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::debug!(%error, "the emulator had already stopped");
        }
    }

    /// Serves until it is stopped by other means.
    pub async fn wait(self) {
        let Self { task, stop, .. } = self;
        if let Err(error) = task.await {
            tracing::debug!(%error, "the emulator stopped");
        }
        drop(stop);
    }
}
