//! Measures latency and rates against a server: a few connections at a time, about five seconds each way, and no
//! more bytes than needed.

use std::{
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::{Either, join_all, select};

use super::server::Server;
use crate::{Context, Message, say};

/// How long each way is measured.
const LENGTH: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });
/// No more bytes than this each way.
const MOST: u64 = if cfg!(test) { 8 << 20 } else { 100 << 20 };
/// Connections at a time: one alone seldom fills a fibre.
const CONNECTIONS: u64 = 4;
/// Between two looks at the counter.
const TICK: Duration = Duration::from_millis(50);
/// Largest body sent at once.
const LARGEST: usize = 8 << 20;

/// Median round trip and mean variation, in ms. The first request, which opens the connection, does not count.
pub(crate) async fn latency(server: &Server) -> Result<(f64, f64), Message> {
    server.touch().await?;
    let mut times = Vec::new();
    for _ in 0..6 {
        let begun = Instant::now();
        server.touch().await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    let steps: Vec<f64> =
        times.iter().zip(times.iter().skip(1)).map(|(one, next)| (next - one).abs()).collect();
    let jitter = steps.iter().sum::<f64>() / 5.0;
    times.sort_by(f64::total_cmp);
    let median = times.get(2..4).map_or(0.0, |middle| middle.iter().sum::<f64>() / 2.0);
    Ok((to_cents(median), to_cents(jitter)))
}

fn to_cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Rate from the server to us, in bit/s.
pub(crate) async fn download(cx: &Context, server: &Server) -> Result<u64, Message> {
    let count = AtomicU64::new(0);
    let url = server.down(MOST / CONNECTIONS);
    let stream = || async {
        while count.load(Ordering::Relaxed) < MOST {
            let mut answer = server.get(&url).await?;
            let before = count.load(Ordering::Relaxed);
            while let Some(chunk) = answer.chunk().await.map_err(|error| server.explain(&error))? {
                count.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            }
            // A server without bytes would be asked for ever.
            if count.load(Ordering::Relaxed) == before {
                break;
            }
        }
        Ok(())
    };
    let streams = join_all((0..CONNECTIONS).map(|_| stream()));
    watch(cx, &count, streams, 0.0, &say!("Measuring the download", "Mesure du débit descendant")).await
}

/// Rate from us to the server, in bit/s.
pub(crate) async fn upload(cx: &Context, server: &Server) -> Result<u64, Message> {
    let url = server
        .up()
        .ok_or_else(|| say!("This server takes no uploads.", "Ce serveur n'accepte pas d'envois."))?;
    let count = AtomicU64::new(0);
    let block = Bytes::from(vec![0x4c; LARGEST]);
    let stream = || async {
        let mut size = 64 << 10;
        while count.load(Ordering::Relaxed) < MOST {
            let begun = Instant::now();
            server.post(&url, block.slice(..size)).await?;
            count.fetch_add(size as u64, Ordering::Relaxed);
            // Bodies are counted when they arrived: long enough to cost little, short enough to tell the time.
            if begun.elapsed() < Duration::from_millis(250) {
                size = (size * 2).min(LARGEST);
            }
        }
        Ok(())
    };
    let streams = join_all((0..CONNECTIONS).map(|_| stream()));
    watch(cx, &count, streams, 5.0, &say!("Measuring the upload", "Mesure du débit montant")).await
}

/// Lets the streams run until they end or time is up, and works out the rate from the counter.
async fn watch(
    cx: &Context,
    count: &AtomicU64,
    streams: impl Future<Output = Vec<Result<(), Message>>>,
    done: f64,
    what: &Message,
) -> Result<u64, Message> {
    let begun = Instant::now();
    let samples = std::sync::Mutex::new(vec![(0.0, 0)]);
    let look = || {
        if let Ok(mut samples) = samples.lock() {
            samples.push((begun.elapsed().as_secs_f64(), count.load(Ordering::Relaxed)));
        }
    };
    let clock = async {
        let mut said = 0.0;
        // Where time is up before anything arrived, a slow connection gets as much again.
        while begun.elapsed() < LENGTH || count.load(Ordering::Relaxed) == 0 && begun.elapsed() < LENGTH * 2 {
            tokio::time::sleep(TICK).await;
            look();
            let now = begun.elapsed().as_secs_f64();
            if now >= said + 0.5 {
                said = now;
                cx.progress(done + now.min(5.0), Some(10.0), what.clone());
            }
        }
    };
    let ended = match select(pin!(streams), pin!(clock)).await {
        Either::Left((outcomes, _)) => outcomes.into_iter().find_map(Result::err),
        Either::Right(_) => None,
    };
    look();
    let samples = samples.into_inner().unwrap_or_default();
    match (rate_bps(&samples), ended) {
        (Some(rate), _) => Ok(rate),
        (None, Some(problem)) => Err(problem),
        (None, None) => Err(say!("Nothing arrived in time.", "Rien n'est arrivé à temps.")),
    }
}

/// The rate over the samples (seconds, bytes in all), without the first quarter of the time, in which connections
/// get going.
#[expect(clippy::cast_precision_loss, reason = "at most a few gigabytes")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive rate")]
fn rate_bps(samples: &[(f64, u64)]) -> Option<u64> {
    let &(end, total) = samples.last()?;
    let warm = samples.iter().find(|(time, bytes)| *time >= end / 4.0 && *bytes > 0).copied();
    let between = |(time, bytes): (f64, u64)| {
        let (seconds, bytes) = (end - time, total.checked_sub(bytes)?);
        (seconds > 0.02 && bytes > 0).then(|| (bytes as f64 * 8.0 / seconds).round() as u64)
    };
    warm.and_then(between)
        .or_else(|| (total > 0 && end > 0.0).then(|| (total as f64 * 8.0 / end).round() as u64))
}

#[cfg(test)]
mod tests {
    use super::rate_bps;

    #[test]
    fn the_slow_beginning_does_not_count() {
        let samples: Vec<(f64, u64)> =
            [(0.0, 0), (0.5, 0), (1.0, 1_000), (2.0, 126_000), (4.0, 376_000)].into();
        assert_eq!(rate_bps(&samples), Some(1_000_000));
        assert_eq!(rate_bps(&[(0.0, 0), (0.01, 10_000)]), Some(8_000_000));
        assert_eq!(rate_bps(&[(0.0, 0), (5.0, 0)]), None);
        assert_eq!(rate_bps(&[]), None);
    }
}
