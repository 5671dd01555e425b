//! The routers on the way to a host.

use std::net::IpAddr;

use futures_util::future::join_all;

use super::{
    HERE, Hop, Method, Trace, command,
    host::{Host, name_of},
    is_no_route, no_route,
};
use crate::{Context, ToolError, say};

/// How long names of routers may take, all together.
const NAMING: std::time::Duration = std::time::Duration::from_secs(2);

/// Finds the routers on the way to a host.
pub(crate) async fn trace(cx: &Context, host: &Host, max_hops: u8) -> Result<Trace, ToolError> {
    let address = host.resolve().await?;
    let Found { method, mut hops, unreachable_by } = find(cx, address, max_hops).await?;
    let reached = hops.iter().any(|hop| hop.address == Some(address));
    name(&mut hops).await;
    let note = (!reached && unreachable_by.is_none())
        .then_some("Many hosts and routers do not answer such probes; silence does not prove a fault.");
    Ok(Trace { host: host.to_string(), address, from: HERE, method, reached, unreachable_by, hops, note })
}

/// What was found, before names are added.
#[derive(Debug)]
struct Found {
    method: Method,
    hops: Vec<Hop>,
    unreachable_by: Option<IpAddr>,
}

async fn find(cx: &Context, address: IpAddr, max_hops: u8) -> Result<Found, ToolError> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let tried = own::hops(cx, address, max_hops).await;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let tried: std::io::Result<Found> = Err(std::io::ErrorKind::Unsupported.into());
    let problem = match tried {
        Ok(found) => return Ok(found),
        Err(problem) => problem,
    };
    if let Some(hops) = command::trace(cx, address, max_hops).await {
        return Ok(Found { method: Method::System, hops, unreachable_by: None });
    }
    if is_no_route(&problem) {
        return Err(no_route(address));
    }
    Err(ToolError::Failed(say!(
        "No traceroute is possible on this computer ({problem}): install the traceroute command (Debian, Ubuntu: apt install traceroute). Windows and macOS bring one.",
        "Aucun traceroute n'est possible sur cet ordinateur ({problem}) : installez la commande traceroute (Debian, Ubuntu : apt install traceroute). Windows et macOS en fournissent une."
    )))
}

/// Adds the names of the routers that have one and whose DNS answers soon.
async fn name(hops: &mut [Hop]) {
    let naming = hops.iter_mut().map(|hop| async move {
        let Some(address) = hop.address else { return };
        if let Ok(name) = tokio::time::timeout(NAMING, name_of(address)).await {
            hop.name = name;
        }
    });
    join_all(naming).await;
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod own {
    use std::{io, net::IpAddr, time::Duration};

    use futures_util::future::join_all;

    use super::{
        super::{
            Hop, Method,
            ping::in_ms,
            ttl::{self, Fate, Means},
        },
        Found,
    };
    use crate::{Context, say};

    /// How long a report may take.
    const PATIENCE: Duration = Duration::from_millis(1500);
    /// Probes for each hop.
    const PROBES: u8 = 3;
    /// Hops probed at the same time.
    const ABREAST: u8 = 4;
    /// So many silent hops in a row mean that nothing more will come.
    const SILENT: usize = 8;

    /// The hops, a few at a time, until the host answers.
    pub(super) async fn hops(cx: &Context, address: IpAddr, max_hops: u8) -> io::Result<Found> {
        let means = ttl::means(address);
        let mut hops: Vec<Hop> = Vec::new();
        let mut first = 1;
        while first <= max_hops {
            let last = max_hops.min(first.saturating_add(ABREAST - 1));
            for found in join_all((first..=last).map(|ttl| hop(means, address, ttl))).await {
                let (hop, end) = found?;
                hops.push(hop);
                if let Some(end) = end {
                    let unreachable_by = (end != address).then_some(end);
                    return Ok(Found { method: method(means), hops, unreachable_by });
                }
            }
            cx.progress(f64::from(last), Some(f64::from(max_hops)), say!("Hop {last}", "Saut {last}"));
            let silent = hops.iter().rev().take_while(|hop| hop.address.is_none()).count();
            if silent >= SILENT {
                hops.truncate(hops.len() - silent + 1);
                break;
            }
            first = last.saturating_add(1);
        }
        Ok(Found { method: method(means), hops, unreachable_by: None })
    }

    fn method(means: Means) -> Method {
        match means {
            Means::Echo => Method::Icmp,
            Means::Udp => Method::Udp,
        }
    }

    /// One hop, and at whom the way ends, if it does.
    async fn hop(means: Means, address: IpAddr, ttl: u8) -> io::Result<(Hop, Option<IpAddr>)> {
        let probes = (0..PROBES).map(|probe| {
            let sequence = u16::from(ttl) * u16::from(PROBES) + u16::from(probe);
            ttl::probe(means, address, ttl, sequence, PATIENCE)
        });
        let mut hop = Hop { number: ttl, ..Hop::default() };
        let mut end = None;
        for fate in join_all(probes).await {
            let Some((fate, rtt)) = fate? else {
                hop.lost += 1;
                continue;
            };
            let from = match fate {
                Fate::Expired(from) | Fate::Unreachable(from) => from,
                Fate::Arrived => address,
            };
            if !matches!(fate, Fate::Expired(_)) {
                end = Some(from);
            }
            hop.address = hop.address.or(Some(from));
            hop.rtt_ms.push(in_ms(rtt));
        }
        Ok((hop, end))
    }
}
