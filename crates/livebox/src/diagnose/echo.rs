//! ICMP echo: the classic ping, over sockets that an ordinary user may open on Linux and macOS, else over raw
//! ones, which need privileges.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// A socket for echoes with one host.
pub(crate) struct EchoSocket {
    socket: UdpSocket,
    is_v6: bool,
    /// What our own requests carry, so that answers to others are told apart.
    token: [u8; 8],
}

/// Opens an ICMP socket connected to a host, datagram type first.
fn open(address: IpAddr) -> io::Result<Socket> {
    if let Ok(socket) = datagram(address) {
        return Ok(socket);
    }
    let (domain, protocol) = family(address);
    let socket = Socket::new(domain, Type::RAW, Some(protocol))?;
    prepare(&socket, address)?;
    Ok(socket)
}

/// An unprivileged ICMP socket connected to a host.
pub(crate) fn datagram(address: IpAddr) -> io::Result<Socket> {
    let (domain, protocol) = family(address);
    let socket = Socket::new(domain, Type::DGRAM, Some(protocol))?;
    prepare(&socket, address)?;
    Ok(socket)
}

fn family(address: IpAddr) -> (Domain, Protocol) {
    if address.is_ipv4() { (Domain::IPV4, Protocol::ICMPV4) } else { (Domain::IPV6, Protocol::ICMPV6) }
}

fn prepare(socket: &Socket, address: IpAddr) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    socket.connect(&SocketAddr::new(address, 0).into())
}

impl EchoSocket {
    /// Fails where the system permits neither kind of socket.
    pub(crate) fn open(address: IpAddr) -> io::Result<Self> {
        if cfg!(windows) {
            // Raw sockets need an administrator and their answers go past a firewall: the command does better.
            return Err(io::ErrorKind::Unsupported.into());
        }
        let socket = UdpSocket::from_std(open(address)?.into())?;
        Ok(Self { socket, is_v6: address.is_ipv6(), token: token() })
    }

    /// One echo: its round trip, or `None` when no answer came in time. Dropping it stops it.
    pub(crate) async fn echo(&self, sequence: u16, patience: Duration) -> Option<Duration> {
        let request = request(self.is_v6, sequence, self.token);
        let sent_at = Instant::now();
        tokio::time::timeout(patience, async {
            // An error left by the network's answer to an earlier packet comes out of the next call.
            if self.socket.send(&request).await.is_err() && self.socket.send(&request).await.is_err() {
                return None;
            }
            let mut buffer = [0; 1500];
            loop {
                match self.socket.recv(&mut buffer).await {
                    Ok(length) => {
                        let packet = buffer.get(..length).unwrap_or_default();
                        if is_reply(packet, self.is_v6, sequence, self.token) {
                            return Some(sent_at.elapsed());
                        }
                    }
                    // The network said that the host cannot be reached.
                    Err(_) => return None,
                }
            }
        })
        .await
        .ok()
        .flatten()
    }
}

/// Eight bytes that differ from process to process and from call to call.
fn token() -> [u8; 8] {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one("echo").to_be_bytes()
}

const ECHO_REQUEST: [u8; 2] = [8, 128];
const ECHO_REPLY: [u8; 2] = [0, 129];

/// An echo request. Datagram sockets put an identifier of their own into bytes 4 and 5.
pub(crate) fn request(is_v6: bool, sequence: u16, token: [u8; 8]) -> Vec<u8> {
    let [v4, v6] = ECHO_REQUEST;
    let mut packet = vec![if is_v6 { v6 } else { v4 }, 0, 0, 0];
    packet.extend([token[6], token[7]]);
    packet.extend(sequence.to_be_bytes());
    packet.extend(token);
    // As long as the usual ping: 56 bytes of payload.
    packet.resize(64, 0);
    // The kernel sums up ICMPv6, which covers addresses that we do not know.
    if !is_v6 {
        let sum = checksum(&packet).to_be_bytes();
        packet.splice(2..4, sum);
    }
    packet
}

/// The Internet checksum (RFC 1071).
fn checksum(packet: &[u8]) -> u16 {
    let words = packet.chunks(2).map(|word| match word {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).map_or(0, |sum| !sum)
}

/// Whether a packet answers our request. Some systems leave the IPv4 header in front.
pub(crate) fn is_reply(packet: &[u8], is_v6: bool, sequence: u16, token: [u8; 8]) -> bool {
    let packet = match packet.first() {
        Some(first) if !is_v6 && first >> 4 == 4 => {
            packet.get(usize::from(first & 0x0f) * 4..).unwrap_or_default()
        }
        _ => packet,
    };
    let [v4, v6] = ECHO_REPLY;
    packet.first() == Some(&if is_v6 { v6 } else { v4 })
        && packet.get(6..8) == Some(&sequence.to_be_bytes())
        && packet.get(8..16) == Some(&token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_valid_packet_and_its_answer_is_known() {
        let token = *b"12345678";
        let mut packet = request(false, 7, token);
        assert_eq!((packet.len(), packet[0], checksum(&packet)), (64, 8, 0));
        assert!(!is_reply(&packet, false, 7, token), "our own request, seen on loopback");
        packet[0] = 0;
        assert!(is_reply(&packet, false, 7, token));
        assert!(!is_reply(&packet, false, 8, token) && !is_reply(&packet, false, 7, *b"87654321"));
        let with_header: Vec<u8> = [vec![0x45; 20], packet.clone()].concat();
        assert!(is_reply(&with_header, false, 7, token));
        let mut packet = request(true, 7, token);
        assert_eq!(packet[..4], [128, 0, 0, 0]);
        packet[0] = 129;
        assert!(is_reply(&packet, true, 7, token));
        for length in 0..16 {
            assert!(!is_reply(&packet[..length], true, 7, token));
        }
    }
}
