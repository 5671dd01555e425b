//! The system's own commands, where our sockets are not permitted. No shell: arguments are an array, and the
//! host is an address of ours.

use std::{net::IpAddr, process::Stdio, time::Duration};

use tokio::process::Command;

use super::Hop;
use crate::{Context, say};

/// Runs a program and gives what it printed; `None` when it does not exist or takes too long. Dropping it ends
/// the program.
async fn output(program: &str, args: &[String], patience: Duration) -> Option<String> {
    let child = Command::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let output = tokio::time::timeout(patience, child.wait_with_output()).await.ok()?.ok()?;
    // Windows prints in the code page of its console; digits and addresses are the same everywhere.
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Round trips in ms by the `ping` command; `None` when it cannot.
pub(crate) async fn ping(cx: &Context, address: IpAddr, count: u16) -> Option<Vec<Option<f64>>> {
    let (address, number) = (address.to_string(), count.to_string());
    let args = if cfg!(windows) {
        words(&["-n", &number, "-w", "2000", &address])
    } else if cfg!(target_os = "macos") {
        words(&["-n", "-c", &number, &address])
    } else {
        words(&["-n", "-c", &number, "-W", "2", &address])
    };
    let program = if cfg!(target_os = "macos") && address.contains(':') { "ping6" } else { "ping" };
    cx.progress(
        0.0,
        Some(f64::from(count)),
        say!("Running the ping command", "Exécution de la commande ping"),
    );
    let text = output(program, &args, Duration::from_secs(5 + 3 * u64::from(count))).await?;
    // Without its summary it did not measure: not permitted, no route.
    let heard = replies(&text);
    (text.contains('%') || !heard.is_empty()).then(|| {
        let mut rtts: Vec<Option<f64>> = (0..count).map(|_| None).collect();
        // Sequence numbers begin at 0 or 1; without any, the order is all we know.
        let first = usize::from(heard.iter().all(|(sequence, _)| *sequence != Some(0)));
        for (place, (sequence, rtt)) in heard.into_iter().enumerate() {
            let place = sequence.and_then(|sequence| sequence.checked_sub(first)).unwrap_or(place);
            if let Some(slot) = rtts.get_mut(place) {
                *slot = Some(rtt);
            }
        }
        rtts
    })
}

/// Sequence number and round trip of each answer: `… icmp_seq=1 ttl=64 time=0.035 ms`, `… temps<1ms TTL=128`.
fn replies(text: &str) -> Vec<(Option<usize>, f64)> {
    text.lines()
        .filter_map(|line| {
            let rtt =
                line.match_indices(['=', '<']).find_map(|(place, _)| milliseconds(line.get(place + 1..)?))?;
            let sequence = line
                .split_once("seq=")
                .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
            Some((sequence, rtt))
        })
        .collect()
}

/// The number at the beginning, if `ms` follows it.
fn milliseconds(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
    let (number, unit) = text.split_at(end);
    unit.trim_start_matches([' ', '\u{a0}'])
        .starts_with("ms")
        .then(|| number.replace(',', ".").parse().ok())?
}

/// The hops by the commands there are; `None` when none can.
pub(crate) async fn trace(cx: &Context, address: IpAddr, max_hops: u8) -> Option<Vec<Hop>> {
    let (address, hops) = (address.to_string(), max_hops.to_string());
    let v6 = address.contains(':');
    let candidates: Vec<(&str, Vec<String>)> = if cfg!(windows) {
        vec![("tracert", words(&["-d", "-h", &hops, "-w", "1500", &address]))]
    } else {
        let traceroute = if v6 && cfg!(target_os = "macos") { "traceroute6" } else { "traceroute" };
        vec![
            (traceroute, words(&["-n", "-q", "3", "-w", "2", "-m", &hops, &address])),
            ("tracepath", words(&["-n", "-m", &hops, &address])),
        ]
    };
    for (program, args) in candidates {
        cx.progress(0.0, None, say!("Running {program}", "Exécution de {program}"));
        if let Some(text) = output(program, &args, Duration::from_secs(120)).await {
            let hops = hops_of(&text);
            if !hops.is_empty() {
                return Some(hops);
            }
        }
    }
    None
}

/// Hops as `traceroute -n`, `tracepath -n` and `tracert -d` print them.
fn hops_of(text: &str) -> Vec<Hop> {
    let mut hops: Vec<Hop> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(number) = words.next().and_then(|word| word.trim_end_matches([':', '?']).parse().ok())
        else {
            continue;
        };
        let mut hop = Hop { number, ..Hop::default() };
        let words: Vec<&str> = words.collect();
        if words.first() == Some(&"[LOCALHOST]") || number == 0 {
            continue;
        }
        for (place, word) in words.iter().enumerate() {
            let next = words.get(place + 1).copied().unwrap_or_default();
            if *word == "*" {
                hop.lost += 1;
            } else if let Ok(address) = word.parse() {
                hop.address = hop.address.or(Some(address));
            } else if word.starts_with(|c: char| c.is_ascii_digit() || c == '<') {
                hop.rtt_ms.extend(milliseconds(&format!("{} {next}", word.trim_start_matches('<'))));
            }
        }
        if words.starts_with(&["no", "reply"]) {
            hop.lost = 1;
        }
        // tracepath prints a hop again when it learns more; a line of another kind has neither.
        match hops.last() {
            Some(last) if last.number == hop.number => {}
            _ if hop.address.is_some() || hop.lost > 0 => hops.push(hop),
            _ => {}
        }
    }
    hops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_of_four_systems() {
        let linux = "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n\
            64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.035 ms\n\
            64 bytes from 127.0.0.1: icmp_seq=3 ttl=64 time=12.4 ms\n\n\
            --- 127.0.0.1 ping statistics ---\n3 packets transmitted, 2 received, 33% packet loss, time 2028ms\n\
            rtt min/avg/max/mdev = 0.035/6.217/12.400/6.183 ms\n";
        assert_eq!(replies(linux), [(Some(1), 0.035), (Some(3), 12.4)]);
        let busybox =
            "64 bytes from 127.0.0.1: seq=0 ttl=64 time=0.076 ms\nround-trip min/avg/max = 0.1/0.1/0.1 ms";
        assert_eq!(replies(busybox), [(Some(0), 0.076)]);
        let windows = "Réponse de 192.168.1.1 : octets=32 temps<1ms TTL=64\r\nRéponse de ::1 : temps=12 ms\r\n\
            Minimum = 0ms, Maximum = 12ms, Moyenne = 6ms\r\n";
        assert_eq!(replies(windows), [(None, 1.0), (None, 12.0)]);
        assert_eq!(replies("Request timed out.\nping: connect: Network is unreachable"), []);
    }

    #[test]
    fn routes_of_three_commands() {
        let traceroute = "traceroute to 192.0.2.1 (192.0.2.1), 30 hops max, 60 byte packets\n \
            1  192.168.1.1  0.512 ms  0.401 ms  0.390 ms\n 2  * * *\n \
            3  198.51.100.1  4.1 ms 198.51.100.2  5 ms *\n";
        let hops = hops_of(traceroute);
        assert_eq!(hops.len(), 3);
        assert_eq!(hops[0].rtt_ms, [0.512, 0.401, 0.39]);
        assert_eq!((hops[1].address, hops[1].lost), (None, 3));
        assert_eq!((hops[2].address, hops[2].lost), ("198.51.100.1".parse().ok(), 1));
        assert_eq!(hops[2].rtt_ms, [4.1, 5.0]);
        let tracepath = " 1?: [LOCALHOST]                      pmtu 1500\n \
            1:  192.168.1.1                                           0.571ms \n \
            1:  192.168.1.1                                           0.554ms \n \
            2:  no reply\n 3:  2001:db8::1           11.230ms reached\n     Resume: pmtu 1500 hops 3 back 3\n";
        let hops = hops_of(tracepath);
        assert_eq!(hops.iter().map(|hop| hop.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((hops[0].rtt_ms.as_slice(), hops[1].lost), ([0.571].as_slice(), 1));
        let tracert = "Détermination de l'itinéraire vers 192.0.2.1 avec un maximum de 30 sauts :\r\n\r\n  \
            1    <1 ms    <1 ms     2 ms  192.168.1.1\r\n  2     *        *        *     Délai d'attente dépassé.\r\n\r\n\
            Itinéraire déterminé.\r\n";
        let hops = hops_of(tracert);
        assert_eq!(hops.len(), 2);
        assert_eq!(
            (hops[0].rtt_ms.as_slice(), hops[0].address),
            ([1.0, 1.0, 2.0].as_slice(), "192.168.1.1".parse().ok())
        );
        assert_eq!(hops[1].lost, 3);
    }
}
