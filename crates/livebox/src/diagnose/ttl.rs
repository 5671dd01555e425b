//! One probe with a limited life, and who reported its death: the method of tracepath. The kernel hands the
//! ICMP answers of the network to the socket that caused them, so no privilege is needed.

use std::{
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::AsRawFd as _,
    time::{Duration, Instant},
};

use nix::{
    libc::{self, sock_extended_err, sockaddr_in, sockaddr_in6},
    sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt},
};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{io::Interest, net::UdpSocket};

use super::{echo, knock::unused_port};

/// How to probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// Echo requests, which more hosts answer.
    Echo,
    /// Datagrams to unused ports.
    Udp,
}

/// What became of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// A router on the way reported its end.
    Expired(IpAddr),
    /// The host answered.
    Arrived,
    /// Somebody reported that the host cannot be reached.
    Unreachable(IpAddr),
}

/// What the host is probed with: echoes where the system permits them.
pub(crate) fn means(address: IpAddr) -> Means {
    if echo::datagram(address).is_ok() { Means::Echo } else { Means::Udp }
}

/// Sends one probe and waits for its fate; `None` when nobody reported in time. Dropping it stops it.
///
/// # Errors
/// When the system does not permit the sockets or options it takes, or has no route.
pub(crate) async fn probe(
    means: Means,
    address: IpAddr,
    ttl: u8,
    sequence: u16,
    patience: Duration,
) -> io::Result<Option<(Fate, Duration)>> {
    let socket = open(means, address, ttl, sequence)?;
    let token = sequence.to_be_bytes().repeat(4).try_into().unwrap_or_default();
    let packet = match means {
        Means::Echo => echo::request(address.is_ipv6(), sequence, token),
        Means::Udp => vec![0; 32],
    };
    let sent_at = Instant::now();
    socket.send(&packet).await?;
    let fate = tokio::time::timeout(patience, async {
        loop {
            let ready = socket.ready(Interest::READABLE | Interest::ERROR).await?;
            if ready.is_error() {
                match socket.try_io(Interest::ERROR, || report(&socket, address)) {
                    Ok(Some(fate)) => return Ok(fate),
                    Ok(None) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
            if ready.is_readable() {
                let mut buffer = [0; 256];
                match socket.try_recv(&mut buffer) {
                    Ok(length) => {
                        let packet = buffer.get(..length).unwrap_or_default();
                        if means == Means::Udp || echo::is_reply(packet, address.is_ipv6(), sequence, token) {
                            return Ok(Fate::Arrived);
                        }
                    }
                    // The report itself is in the error queue.
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        }
    })
    .await;
    match fate {
        Ok(fate) => Ok(Some((fate?, sent_at.elapsed()))),
        Err(_) => Ok(None),
    }
}

fn open(means: Means, address: IpAddr, ttl: u8, sequence: u16) -> io::Result<UdpSocket> {
    let socket = match means {
        Means::Echo => echo::datagram(address)?,
        Means::Udp => {
            let domain = if address.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
            let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
            socket.set_nonblocking(true)?;
            socket.connect(&SocketAddr::new(address, unused_port(sequence)).into())?;
            socket
        }
    };
    if address.is_ipv4() {
        socket.set_ttl_v4(u32::from(ttl))?;
        setsockopt(&socket, sockopt::Ipv4RecvErr, &true)?;
    } else {
        socket.set_unicast_hops_v6(u32::from(ttl))?;
        setsockopt(&socket, sockopt::Ipv6RecvErr, &true)?;
    }
    UdpSocket::from_std(socket.into())
}

/// Takes one report out of the socket's error queue.
fn report(socket: &UdpSocket, target: IpAddr) -> io::Result<Option<Fate>> {
    let mut buffer = [0; 512];
    let mut pieces = [IoSliceMut::new(&mut buffer)];
    let mut control = nix::cmsg_space!(sock_extended_err, sockaddr_in6);
    let message = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut pieces,
        Some(&mut control),
        MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT,
    )?;
    for part in message.cmsgs()? {
        match part {
            ControlMessageOwned::Ipv4RecvErr(error, from) => return judge(error, from.map(v4), target),
            ControlMessageOwned::Ipv6RecvErr(error, from) => return judge(error, from.map(v6), target),
            _ => {}
        }
    }
    Ok(None)
}

fn v4(address: sockaddr_in) -> IpAddr {
    Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into()
}

fn v6(address: sockaddr_in6) -> IpAddr {
    Ipv6Addr::from(address.sin6_addr.s6_addr).into()
}

fn judge(error: sock_extended_err, from: Option<IpAddr>, target: IpAddr) -> io::Result<Option<Fate>> {
    const TIME_EXCEEDED: [u8; 2] = [11, 3];
    const UNREACHABLE: [u8; 2] = [3, 1];
    const PORT_UNREACHABLE: [u8; 2] = [3, 4];
    let [here, network_v4, network_v6] =
        [libc::SO_EE_ORIGIN_LOCAL, libc::SO_EE_ORIGIN_ICMP, libc::SO_EE_ORIGIN_ICMP6];
    let family = usize::from(error.ee_origin == network_v6);
    let of_family = |types: [u8; 2]| types.get(family) == Some(&error.ee_type);
    let Some(from) = from else {
        // Our own computer has no way there.
        let errno = i32::try_from(error.ee_errno).unwrap_or_default();
        return if error.ee_origin == here { Err(io::Error::from_raw_os_error(errno)) } else { Ok(None) };
    };
    Ok(if error.ee_origin != network_v4 && error.ee_origin != network_v6 {
        None
    } else if of_family(TIME_EXCEEDED) {
        Some(Fate::Expired(from))
    } else if of_family(UNREACHABLE) {
        let port = PORT_UNREACHABLE.get(family) == Some(&error.ee_code);
        Some(if port || from == target { Fate::Arrived } else { Fate::Unreachable(from) })
    } else {
        None
    })
}
