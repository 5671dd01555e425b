//! Several probes of one host, by the best method that the system permits.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Method, Ping, command, echo::EchoSocket, host::Host, is_no_route, knock::knock, no_route, rounded,
};
use crate::{Context, ToolError, say};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// From one probe to the next.
const INTERVAL: Duration = Duration::from_millis(500);

/// Probes a host so many times.
pub(crate) async fn ping(cx: &Context, host: &Host, count: u16) -> Result<Ping, ToolError> {
    let address = host.resolve().await?;
    let (method, rtts) = match EchoSocket::open(address) {
        Ok(socket) => (Method::Icmp, repeat(cx, count, |sequence| socket.echo(sequence, PATIENCE)).await),
        Err(problem) if is_no_route(&problem) => return Err(no_route(address)),
        Err(_) => match command::ping(cx, address, count).await {
            Some(rtts) => (Method::System, rtts),
            None => (Method::TcpUdp, repeat(cx, count, |sequence| knock(address, sequence, PATIENCE)).await),
        },
    };
    Ok(Ping::sum_up(host.to_string(), address, method, rtts))
}

async fn repeat<F: Future<Output = Option<Duration>>>(
    cx: &Context,
    count: u16,
    probe: impl Fn(u16) -> F,
) -> Vec<Option<f64>> {
    let mut rtts = Vec::new();
    for sequence in 1..=count {
        let next = Instant::now() + INTERVAL;
        let rtt = probe(sequence).await;
        rtts.push(rtt.map(in_ms));
        cx.progress(
            f64::from(sequence),
            Some(f64::from(count)),
            say!("Ping {sequence} of {count}", "Ping {sequence} sur {count}"),
        );
        if sequence < count {
            tokio::time::sleep_until(next).await;
        }
    }
    rtts
}

/// In ms, to the microsecond.
pub(crate) fn in_ms(rtt: Duration) -> f64 {
    rounded(rtt.as_secs_f64() * 1000.0, 3)
}
