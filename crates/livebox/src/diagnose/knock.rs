//! Reaching a host without ICMP: any answer to TCP or UDP, a refusal included, proves that it is there.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    time::{Duration, Instant},
};

use futures_util::future::select_ok;
use tokio::net::{TcpStream, UdpSocket};

type Knock = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// The round trip to the first answer, or `None` when none came in time.
pub(crate) async fn knock(address: IpAddr, sequence: u16, patience: Duration) -> Option<Duration> {
    let sent_at = Instant::now();
    let knocks: [Knock; 3] = [
        Box::pin(tcp(address, 443)),
        Box::pin(tcp(address, 80)),
        Box::pin(udp(address, unused_port(sequence))),
    ];
    let first = tokio::time::timeout(patience, select_ok(knocks)).await;
    first.ok()?.ok()?;
    Some(sent_at.elapsed())
}

/// A port that programs do not use, the range that traceroute has used for decades.
pub(crate) fn unused_port(sequence: u16) -> u16 {
    33_434 + sequence % 512
}

async fn tcp(address: IpAddr, port: u16) -> io::Result<()> {
    answered(TcpStream::connect((address, port)).await.map(drop))
}

async fn udp(address: IpAddr, port: u16) -> io::Result<()> {
    let any: IpAddr =
        if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect((address, port)).await?;
    socket.send(&[0; 32]).await?;
    answered(socket.recv(&mut [0; 64]).await.map(drop))
}

fn answered(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        other => other,
    }
}
