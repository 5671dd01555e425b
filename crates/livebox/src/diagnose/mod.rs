//! Ping and traceroute. No box offers them to its admin (protocol section 4.30), so they run on the computer
//! that livebox-mcp runs on, and the answers say so.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Lang, Page, Show, ToolError, Untrusted, say};

mod command;
mod echo;
mod host;
mod knock;
mod ping;
#[cfg(test)]
mod tests;
pub(crate) mod tools;
mod trace;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod ttl;

/// The one place where these tests run.
const HERE: &str = "this computer";

// How a host was probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    Icmp,
    /// UDP to ports that nobody uses.
    #[cfg_attr(not(any(target_os = "linux", target_os = "android")), allow(dead_code, reason = "Linux only"))]
    Udp,
    /// TCP to web ports and UDP to an unused one, where ICMP is not permitted.
    TcpUdp,
    /// The command of the system.
    System,
}

/// What a ping found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ping {
    host: String,
    address: IpAddr,
    from: &'static str,
    method: Method,
    sent: usize,
    received: usize,
    loss_percent: f64,
    /// In the order sent; null for a lost one.
    rtt_ms: Vec<Option<f64>>,
    min_ms: Option<f64>,
    avg_ms: Option<f64>,
    max_ms: Option<f64>,
    jitter_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

impl Ping {
    /// Sums up round trips in the order sent.
    fn sum_up(host: String, address: IpAddr, method: Method, rtt_ms: Vec<Option<f64>>) -> Self {
        let heard: Vec<f64> = rtt_ms.iter().flatten().copied().collect();
        let (sent, received) = (rtt_ms.len(), heard.len());
        let steps: Vec<f64> =
            heard.iter().zip(heard.iter().skip(1)).map(|(one, next)| (next - one).abs()).collect();
        Self {
            host,
            address,
            from: HERE,
            method,
            sent,
            received,
            loss_percent: if sent == 0 { 0.0 } else { rounded(percent(sent - received, sent), 1) },
            min_ms: heard.iter().copied().reduce(f64::min),
            avg_ms: mean(&heard).map(|mean| rounded(mean, 3)),
            max_ms: heard.iter().copied().reduce(f64::max),
            jitter_ms: mean(&steps).map(|mean| rounded(mean, 3)),
            rtt_ms,
            note: match (received, method) {
                (0, _) => Some("Some hosts never answer: silence alone does not prove that a host is down."),
                (_, Method::TcpUdp) => {
                    Some("ICMP is not permitted here: times are those of TCP or UDP answers.")
                }
                _ => None,
            },
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few packets")]
fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole as f64
}

#[expect(clippy::cast_precision_loss, reason = "a few packets")]
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// A time for people, in ms.
fn ms(value: f64, lang: Lang) -> String {
    let text = if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") };
    lang.pick(text.clone(), text.replace('.', ","))
}

/// Whether the network, not a lack of privileges, keeps us from a host.
fn is_no_route(problem: &std::io::Error) -> bool {
    use std::io::ErrorKind::{HostUnreachable, NetworkDown, NetworkUnreachable};
    matches!(problem.kind(), HostUnreachable | NetworkDown | NetworkUnreachable)
}

fn no_route(address: IpAddr) -> ToolError {
    ToolError::Failed(say!(
        "This computer has no route to {address}: is it connected?",
        "Cet ordinateur n'a pas de route vers {address} : est-il connecté ?"
    ))
}

/// Where the test ran, for people.
fn here(lang: Lang) -> &'static str {
    lang.pick("from this computer (the box offers none)", "depuis cet ordinateur (la box ne le propose pas)")
}

impl Show for Ping {
    fn show(&self, lang: Lang) -> Page {
        let (host, address) = (&self.host, self.address);
        let (sent, received, loss) = (self.sent, self.received, self.loss_percent);
        let target = if address.to_string() == *host { host.clone() } else { format!("{host} ({address})") };
        let here = here(lang);
        let times = [self.min_ms, self.avg_ms, self.max_ms, self.jitter_ms]
            .map(|value| value.map(|value| ms(value, lang)));
        let page = Page::new().line(format!("Ping {target}, {here}.")).fact(
            lang.pick("Answers", "Réponses"),
            lang.pick(
                format!("{received} of {sent} ({loss} % lost)"),
                format!("{received} sur {sent} ({loss} % de pertes)"),
            ),
        );
        let page = match times {
            [Some(min), Some(avg), Some(max), jitter] => page
                .fact(
                    lang.pick("Round trip min / avg / max", "Aller-retour min / moy / max"),
                    format!("{min} / {avg} / {max} ms"),
                )
                .fact_if(lang.pick("Jitter", "Gigue"), jitter.map(|jitter| format!("{jitter} ms"))),
            _ => page,
        };
        let note = match (self.received, self.method) {
            (0, _) => Some(lang.pick(
                "Some hosts never answer: silence alone does not prove that a host is down.",
                "Certains hôtes ne répondent jamais : le silence seul ne prouve pas une panne.",
            )),
            (_, Method::TcpUdp) => Some(lang.pick(
                "ICMP is not permitted here (on Linux: net.ipv4.ping_group_range, or the ping command), so these are times of TCP or UDP answers.",
                "L'ICMP n'est pas permis ici (sous Linux : net.ipv4.ping_group_range, ou la commande ping) : ce sont donc des temps de réponse TCP ou UDP.",
            )),
            _ => None,
        };
        page.note(note)
    }
}

/// What a traceroute found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Trace {
    host: String,
    address: IpAddr,
    from: &'static str,
    method: Method,
    reached: bool,
    /// Who reported that the host cannot be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreachable_by: Option<IpAddr>,
    hops: Vec<Hop>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// One router on the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Hop {
    number: u8,
    /// Null when it kept silent.
    address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Untrusted>,
    rtt_ms: Vec<f64>,
    lost: usize,
}

impl Show for Trace {
    fn show(&self, lang: Lang) -> Page {
        let (host, address) = (&self.host, self.address);
        let target = if address.to_string() == *host { host.clone() } else { format!("{host} ({address})") };
        let end = if self.reached {
            lang.pick("reached", "atteint")
        } else if self.unreachable_by.is_some() {
            lang.pick(
                "the last router reports that it cannot be reached",
                "le dernier routeur indique qu'il ne peut pas être atteint",
            )
        } else {
            lang.pick(
                "not reached (many hosts do not answer such probes)",
                "pas atteint (beaucoup d'hôtes ne répondent pas à ces sondes)",
            )
        };
        let here = here(lang);
        Page::new()
            .line(lang.pick(
                format!("Route to {target}, {here}: {end}."),
                format!("Route vers {target}, {here} : {end}."),
            ))
            .table(
                lang.pick(
                    ["Hop", "Address", "Round trip (ms)", "Name"],
                    ["Saut", "Adresse", "Aller-retour (ms)", "Nom"],
                ),
                self.hops.iter().map(|hop| {
                    let mut times: Vec<String> = hop.rtt_ms.iter().map(|rtt| ms(*rtt, lang)).collect();
                    times.extend(std::iter::repeat_n("*".to_owned(), hop.lost));
                    [
                        hop.number.to_string(),
                        hop.address.map_or_else(|| "*".to_owned(), |address| address.to_string()),
                        times.join(" "),
                        hop.name.as_ref().map(|name| name.shown().to_owned()).unwrap_or_default(),
                    ]
                }),
            )
    }
}
