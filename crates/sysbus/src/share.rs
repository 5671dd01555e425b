//! Lets identical reads share one request, and absorbs bursts of them with a very short cache.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio::time::Instant;

use crate::{Error, envelope::Envelope};

/// How long an answer serves identical reads.
const FRESH: Duration = Duration::from_secs(1);
/// Answers kept at the same time; a burst of tool calls needs a handful.
const MOST: usize = 64;

/// An answer, and how many bytes it had.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) envelope: Arc<Envelope>,
    pub(crate) size: usize,
}

/// The largest answer that is kept: the histories of megabytes would stay in memory until the next read.
const LARGEST: usize = 256 << 10;

type Outcome = Result<Answered, Error>;
type Flight = BoxFuture<'static, Outcome>;

/// Reads under way and answers just read.
#[derive(Default)]
pub(crate) struct Shares(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Goes up with each change of the box: what was asked before it is not an answer after it.
    epoch: u64,
    flying: HashMap<Arc<str>, WeakShared<Flight>>,
    kept: HashMap<Arc<str>, (Instant, Answered)>,
}

impl Shares {
    /// The answer to a read: one just read, that of the same read under way, or that of `work`, which then is under
    /// way. Dropping one of several callers leaves the others their answer; dropping the last drops `work`.
    pub(crate) async fn join<W>(self: &Arc<Self>, key: Arc<str>, work: impl FnOnce() -> W) -> Outcome
    where
        W: Future<Output = Outcome> + Send + 'static,
    {
        let flight = {
            let mut inner = self.lock();
            inner.kept.retain(|_, (since, _)| since.elapsed() < FRESH);
            if let Some((_, answered)) = inner.kept.get(&key) {
                return Ok(answered.clone());
            }
            match inner.flying.get(&key).and_then(WeakShared::upgrade) {
                Some(flight) => flight,
                None => self.start(&mut inner, key, work()),
            }
        };
        flight.await
    }

    fn start(
        self: &Arc<Self>,
        inner: &mut Inner,
        key: Arc<str>,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) -> Shared<Flight> {
        inner.flying.retain(|_, flight| flight.upgrade().is_some());
        let (shares, epoch, name) = (Arc::clone(self), inner.epoch, Arc::clone(&key));
        let flight = async move {
            let outcome = work.await;
            shares.landed(&name, epoch, &outcome);
            outcome
        };
        let flight = flight.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            inner.flying.insert(key, weak);
        }
        flight
    }

    fn landed(&self, key: &Arc<str>, epoch: u64, outcome: &Outcome) {
        let mut inner = self.lock();
        if inner.epoch != epoch {
            return;
        }
        inner.flying.remove(key);
        if let Ok(answered) = outcome
            && answered.size <= LARGEST
            && inner.kept.len() < MOST
        {
            inner.kept.insert(Arc::clone(key), (Instant::now(), answered.clone()));
        }
    }

    /// Forgets everything: the box is being changed, or has been.
    pub(crate) fn clear(&self) {
        let mut inner = self.lock();
        inner.epoch += 1;
        inner.flying.clear();
        inner.kept.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while it is held; if it did, the maps would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::{join, pending};

    use super::*;

    fn answered() -> Answered {
        Answered { envelope: Arc::default(), size: 1 }
    }

    #[tokio::test(start_paused = true)]
    async fn identical_reads_share_one_request_and_keep_it_for_a_second() {
        let (shares, asked) = (Arc::new(Shares::default()), AtomicUsize::new(0));
        let read = |key: &str| {
            let key = Arc::from(key);
            shares.join(key, || {
                asked.fetch_add(1, Ordering::SeqCst);
                async {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    Ok(answered())
                }
            })
        };
        let (first, second) = join(read("a"), read("a")).await;
        assert!(first.is_ok() && second.is_ok());
        read("a").await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        read("b").await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        tokio::time::sleep(FRESH).await;
        read("a").await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        shares.clear();
        read("a").await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn failures_and_large_answers_are_not_kept() {
        let shares = Arc::new(Shares::default());
        let outcome = shares.join("a".into(), || async { Err(Error::NoPassword) }).await;
        assert!(outcome.is_err());
        let large = Answered { envelope: Arc::default(), size: LARGEST + 1 };
        shares.join("a".into(), || async { Ok(large) }).await.unwrap();
        assert!(shares.lock().kept.is_empty() && shares.lock().flying.is_empty());
    }

    #[tokio::test]
    async fn what_was_asked_before_a_change_is_no_answer_after_it() {
        let shares = Arc::new(Shares::default());
        let (send, receive) = tokio::sync::oneshot::channel::<()>();
        let before = shares.join("a".into(), || async {
            let _ = receive.await;
            Ok(answered())
        });
        let after = async {
            shares.clear();
            let asked = AtomicUsize::new(0);
            shares
                .join("a".into(), || {
                    asked.fetch_add(1, Ordering::SeqCst);
                    async { Ok(answered()) }
                })
                .await
                .unwrap();
            send.send(()).unwrap();
            asked.into_inner()
        };
        let (before, after) = join(before, after).await;
        assert!(before.is_ok());
        assert_eq!(after, 1);
    }

    #[tokio::test]
    async fn the_last_caller_to_leave_drops_the_request() {
        struct Dropped(Arc<AtomicUsize>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let (shares, dropped) = (Arc::new(Shares::default()), Arc::new(AtomicUsize::new(0)));
        let read = || {
            let guard = Dropped(Arc::clone(&dropped));
            Box::pin(shares.join("a".into(), move || async move {
                let _guard = guard;
                pending().await
            }))
        };
        let (mut first, mut second) = (read(), read());
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        let before = dropped.load(Ordering::SeqCst);
        drop(first);
        assert_eq!(dropped.load(Ordering::SeqCst), before);
        drop(second);
        assert_eq!(dropped.load(Ordering::SeqCst), 2);
    }
}
