//! Traffic: how much flows where, now and since the box started, and how sure that is.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Untrusted;

mod live;
mod show;
#[cfg(test)]
mod tests;
pub(crate) mod tools;
mod wire;

/// What an interface is to the household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The link to the operator.
    Wan,
    /// One service on it: Internet, telephone, television.
    WanService,
    /// A port of the box.
    Lan,
    /// A Wi-Fi network.
    Wifi,
    /// The guest Wi-Fi network.
    GuestWifi,
    /// Not known.
    Other,
}

impl Kind {
    /// Whether what the box receives there is what the household downloads. On its own side it is what the box sends.
    fn receives_downloads(self) -> bool {
        matches!(self, Self::Wan | Self::WanService)
    }
}

/// Names of an interface. All three differ on real boxes.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    /// Key in the inventory.
    key: String,
    /// What results are listed under.
    friendly: String,
    /// What counters are asked under.
    name: String,
    /// The friendly name, cleaned.
    shown: Untrusted,
    kind: Kind,
}

impl Interface {
    /// An interface that only its results name.
    fn of_results(friendly: &str) -> Self {
        Self {
            key: friendly.to_owned(),
            friendly: friendly.to_owned(),
            name: friendly.to_owned(),
            shown: Untrusted::clean(friendly),
            kind: kind(friendly, friendly, friendly, ""),
        }
    }
}

/// What an interface is, from the names that the models give them (protocol section 5). `alias` is empty on the
/// LB3 and on some entries of the LB4.
fn kind(key: &str, friendly: &str, name: &str, alias: &str) -> Kind {
    let (friendly, name) = (friendly.to_ascii_lowercase(), name.to_ascii_lowercase());
    let starts = |starts: &[&str]| starts.iter().any(|start| friendly.starts_with(start));
    let wireless = ["wl", "vap"].iter().any(|start| name.starts_with(start));
    match alias {
        "WiFi" => {}
        "Eth" => return Kind::Lan,
        _ if key == "wan" || starts(&["wan", "xdsl", "adsl", "vdsl"]) => {
            return if friendly.contains('-') { Kind::WanService } else { Kind::Wan };
        }
        _ if starts(&["802.11"]) || friendly.contains("ssid") || wireless => {}
        _ if starts(&["eth", "lan"]) => return Kind::Lan,
        _ => return Kind::Other,
    }
    if friendly.contains("guest") || name.contains("guest") { Kind::GuestWifi } else { Kind::Wifi }
}

/// One sample of the box: bits in the interval that ended then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    at: i64,
    rx_bits: u64,
    tx_bits: u64,
}

/// Counters since the box started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counters {
    rx_bytes: u64,
    tx_bytes: u64,
    rx_packets: Option<u64>,
    tx_packets: Option<u64>,
}

/// How many values a 32-bit counter has.
const WRAP: u64 = 1 << 32;

/// How sure a total is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Certainty {
    /// A value beyond 32 bits was seen.
    Exact,
    /// Nothing tells whether the counter started again at 0.
    MayHaveWrapped,
    /// There were more packets than fit into so few bytes.
    Wrapped,
}

impl Counters {
    /// Whether something ever passed.
    fn moved(&self) -> bool {
        self.rx_bytes > 0 || self.tx_bytes > 0
    }

    fn certainty(&self) -> Certainty {
        // No packet is shorter than an IPv4 header with a TCP or UDP one, whatever the counter includes.
        const SHORTEST_PACKET: u64 = 28;
        let too_many = |packets: Option<u64>, bytes: u64| {
            packets.is_some_and(|packets| packets.saturating_mul(SHORTEST_PACKET) > bytes)
        };
        if self.rx_bytes >= WRAP || self.tx_bytes >= WRAP {
            Certainty::Exact
        } else if too_many(self.rx_packets, self.rx_bytes) || too_many(self.tx_packets, self.tx_bytes) {
            Certainty::Wrapped
        } else {
            Certainty::MayHaveWrapped
        }
    }
}

/// Where rates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// The box's own averages over 30 s.
    HomelanSamples,
    /// Counters read again and again for the seconds asked.
    LiveCounters,
}

/// Why a figure is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Missing {
    /// The box has no recent sample.
    NoSamples,
    /// What the box gave was not understood.
    NotUnderstood,
    /// The box gives no counters for this.
    NoCounters,
    /// Which interface leads to the Internet is not certain: name one.
    UplinkUnknown,
    /// The counters stood still: nothing flowed, or the box did not refresh them meanwhile.
    CountersStoodStill,
    /// They moved once: without knowing when they moved before, no rate can be told.
    CountersMovedOnce,
    /// They started again.
    CountersRestarted,
}

/// Rate of one interface. Download and upload are the household's, on every interface.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Rate {
    interface: Untrusted,
    kind: Kind,
    down_bps: Option<u64>,
    up_bps: Option<u64>,
    over_s: Option<u64>,
}

/// Bytes since the box started.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Totals {
    interface: Untrusted,
    down_bytes: u64,
    up_bytes: u64,
    /// 32-bit counters start again at 0 every 4.29 GB.
    certainty: Certainty,
}

impl Totals {
    fn new(interface: Untrusted, kind: Kind, counters: &Counters) -> Self {
        let (received, sent) = (counters.rx_bytes, counters.tx_bytes);
        let (down_bytes, up_bytes) =
            if kind.receives_downloads() { (received, sent) } else { (sent, received) };
        Self { interface, down_bytes, up_bytes, certainty: counters.certainty() }
    }
}

/// Traffic of the box's interfaces.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Traffic {
    source: Source,
    /// End of the newest sample.
    at: Option<String>,
    rates: Vec<Rate>,
    /// Interfaces without recent samples.
    idle: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_rate: Option<Missing>,
    totals_since_boot: Option<Totals>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_totals: Option<Missing>,
}

/// The samples of every interface that has some.
pub(crate) struct Sampled<'a> {
    interface: &'a Interface,
    readings: Vec<Reading>,
}

impl Sampled<'_> {
    fn flows(&self) -> bool {
        self.readings.iter().any(|reading| reading.rx_bits > 0 || reading.tx_bits > 0)
    }

    /// The newest sample that can be true, as a rate.
    fn rate(&self) -> Option<(Rate, i64)> {
        let kind = self.interface.kind;
        self.readings.iter().zip(self.readings.iter().skip(1)).find_map(|(newer, older)| {
            let seconds =
                u64::try_from(newer.at.saturating_sub(older.at)).ok().filter(|s| (5..=150).contains(s))?;
            let limit = limit(&self.interface.friendly);
            let plausible =
                [newer.rx_bits, newer.tx_bits].iter().all(|bits| is_plausible(*bits, seconds, limit));
            let (received, sent) = (newer.rx_bits / seconds, newer.tx_bits / seconds);
            let (down, up) = if kind.receives_downloads() { (received, sent) } else { (sent, received) };
            plausible.then(|| {
                let rate = Rate {
                    interface: self.interface.shown.clone(),
                    kind,
                    down_bps: Some(down),
                    up_bps: Some(up),
                    over_s: Some(seconds),
                };
                (rate, newer.at)
            })
        })
    }
}

/// What a link can carry, in bit/s. Names tell little: a fibre of 10 Gbit/s may be called GPON too.
fn limit(friendly: &str) -> u64 {
    if friendly == "LAN-2.5G" { 2_500_000_000 } else { 10_000_000_000 }
}

/// Whether that many bits can have passed. A counter that started again at 0 shows as more than the link
/// carries, or as a little less than 2^32 bytes.
fn is_plausible(bits: u64, seconds: u64, limit_bps: u64) -> bool {
    const WRAPPED: u64 = WRAP * 8;
    let fits = bits <= limit_bps.saturating_mul(seconds).saturating_mul(105) / 100;
    let near_wrap = (WRAPPED / 100 * 98..=WRAPPED).contains(&bits);
    fits && !near_wrap
}

/// The interface that leads to the operator. A box lists all that could (fibre, Ethernet, DSL), and a port that
/// doubles as WAN shows its LAN traffic under both names.
///
/// Also whether something flows there: else it is a guess from the names.
fn wan<'a>(interfaces: &'a [Interface], sampled: &[Sampled<'_>]) -> Option<(&'a Interface, bool)> {
    let flows =
        |fits: &dyn Fn(&Interface) -> bool| sampled.iter().any(|one| fits(one.interface) && one.flows());
    let weight = |wan: &Interface| {
        let is_service = |one: &Interface| {
            one.kind == Kind::WanService
                && (one.friendly.starts_with(&format!("{}-", wan.friendly))
                    || (wan.friendly == "xDSL" && one.friendly.contains("DSL-")))
        };
        let shared = interfaces.iter().any(|one| one.kind == Kind::Lan && one.name == wan.name);
        4 * u8::from(flows(&is_service)) + 2 * u8::from(flows(&|one| one.key == wan.key)) + u8::from(!shared)
    };
    let candidates = interfaces.iter().filter(|one| one.kind == Kind::Wan);
    // The first of the heaviest.
    candidates.rev().max_by_key(|wan| weight(wan)).map(|wan| (wan, weight(wan) >= 2))
}

/// Rates of what has samples: the WAN in use, its services, then the home's side. Returns the time of the newest.
fn rates(sampled: &[Sampled<'_>], wan: Option<&Interface>) -> (Vec<Rate>, Option<Timestamp>) {
    let newest = sampled.iter().filter_map(|one| one.readings.first()).map(|reading| reading.at).max();
    // An interface that was switched off keeps its old samples on some firmwares.
    let is_recent = |at: i64| newest.is_some_and(|newest| newest.saturating_sub(at) < 300);
    let is_used = |one: &&Sampled<'_>| match (one.interface.kind, wan) {
        (Kind::Wan, Some(wan)) => one.interface.key == wan.key,
        (Kind::Lan, Some(wan)) => one.interface.name != wan.name,
        (Kind::WanService, _) => one.flows(),
        _ => true,
    };
    let mut rates: Vec<Rate> = sampled
        .iter()
        .filter(is_used)
        .filter_map(Sampled::rate)
        .filter(|(_, at)| is_recent(*at))
        .map(|(rate, _)| rate)
        .collect();
    rates.sort_by_key(|rate| rate.kind);
    (rates, newest.and_then(|at| Timestamp::from_second(at).ok()))
}
