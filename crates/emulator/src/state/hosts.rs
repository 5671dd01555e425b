//! What lives on the LAN: names, addresses, attachment, and when it is there.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;

use super::traffic::{Bytes, Flow, Rates};
use crate::clock::after;
use crate::random::Seed;

/// The number of the first host; the numbers below are the box's own entries.
pub const FIRST_INDEX: usize = 101;

/// A host known to the box.
#[derive(Debug, Clone)]
pub struct Host {
    /// Upper case with colons; the key of the device.
    pub mac: String,
    /// Names by source (`webui`, `dhcp`, `mdns`, `default`, …); the first one is shown.
    pub names: Vec<Sourced>,
    /// Types by source; the first one is shown.
    pub types: Vec<Sourced>,
    /// What it is to the box.
    pub kind: Kind,
    /// Where it is attached.
    pub link: Link,
    /// MAC address of the repeater it is behind.
    pub behind: Option<String>,
    /// IPv4 address.
    pub ipv4: Ipv4Addr,
    /// Addresses it formed in the delegated prefix and on the link.
    pub ipv6: Vec<Ipv6Addr>,
    /// Whether the address came from the DHCP server.
    pub dhcp: bool,
    /// DHCP vendor class, empty when it sends none.
    pub vendor_class: String,
    /// Manufacturer, as the box guesses it from the address.
    pub vendor: &'static str,
    /// Tags beyond those that follow from the link (`android`, `mdns`, `upnp`, …), separated by blanks.
    pub tags: &'static str,
    /// First time it was seen.
    pub first_seen: Timestamp,
    /// When it is there.
    pub presence: Presence,
    /// Interventions: from a moment on it is there, or not, or follows its habits again (`None`).
    forced: Vec<(Timestamp, Option<bool>)>,
    /// Whether the last intervention was the Wi-Fi going down under it.
    pub(super) cut_by_wifi: bool,
    /// Mean rates while it is there.
    pub rates: Rates,
    /// Radio conditions, for a Wi-Fi host.
    pub radio: Option<Station>,
    /// Forgotten by `destroyDevice` at this time; it reappears when it comes back.
    pub forgotten: Option<Timestamp>,
}

/// A value and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced {
    /// The value.
    pub value: String,
    /// `webui`, `dhcp`, `mdns`, `dns`, `default`, …
    pub source: String,
}

impl Sourced {
    /// A value with its source.
    pub fn new(value: &str, source: &str) -> Self {
        Self { value: value.to_owned(), source: source.to_owned() }
    }
}

/// What a host is to the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An ordinary device.
    Device,
    /// An Orange Wi-Fi repeater.
    Repeater(Repeater),
    /// The operator's TV decoder.
    Decoder,
}

/// What only a repeater has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeater {
    /// Commercial model, such as `WR6`.
    pub model: &'static str,
    /// Firmware.
    pub software: &'static str,
    /// Serial number.
    pub serial: String,
    /// `Wi-Fi` or `Ethernet`.
    pub uplink: &'static str,
}

/// Where a host is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// An Ethernet port of the box: `ETH0` … `ETH4`.
    Ethernet(&'static str),
    /// An access point of the box, such as `vap5g0priv0`.
    Wifi(&'static str),
}

impl Link {
    /// NeMo name of the interface.
    pub fn interface(&self) -> &'static str {
        match self {
            Self::Ethernet(name) | Self::Wifi(name) => name,
        }
    }

    /// Whether it is a Wi-Fi link.
    pub fn is_wifi(&self) -> bool {
        matches!(self, Self::Wifi(_))
    }
}

/// Radio conditions of a Wi-Fi host.
#[derive(Debug, Clone, Copy)]
pub struct Station {
    /// Received strength in dBm.
    pub signal_dbm: i32,
    /// `n`, `ac`, `ax`.
    pub standard: &'static str,
    /// `20MHz`, `40MHz`, `80MHz`, `160MHz`.
    pub bandwidth: &'static str,
    /// Last rate towards the host, kbit/s.
    pub down_kbps: u32,
    /// Last rate from the host, kbit/s.
    pub up_kbps: u32,
    /// Whether it can use 5 and 6 GHz.
    pub bands: Bands,
}

/// Bands a station supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bands {
    /// 2.4 GHz only.
    Two,
    /// 2.4 and 5 GHz.
    TwoFive,
    /// 2.4, 5 and 6 GHz.
    All,
}

/// Habits of a host. Times are minutes of a day in winter time.
#[derive(Debug, Clone, Copy)]
pub enum Presence {
    /// Always there.
    Always,
    /// Every day in these windows, give or take some minutes.
    Daily(&'static [(u32, u32)]),
    /// On Saturday and Sunday only.
    Weekend(&'static [(u32, u32)]),
    /// Left this many days before the emulator was started.
    Left(u16),
}

const DAY: i64 = 86_400;
const WINTER_OFFSET: i64 = 3_600;

impl Host {
    /// A host with habits and no interventions yet.
    pub fn new(mac: String, link: Link, ipv4: Ipv4Addr, presence: Presence, first_seen: Timestamp) -> Self {
        Self {
            mac,
            names: Vec::new(),
            types: Vec::new(),
            kind: Kind::Device,
            link,
            behind: None,
            ipv4,
            ipv6: Vec::new(),
            dhcp: true,
            vendor_class: String::new(),
            vendor: "",
            tags: "",
            first_seen,
            presence,
            forced: Vec::new(),
            cut_by_wifi: false,
            rates: Rates::default(),
            radio: None,
            forgotten: None,
        }
    }

    /// The name that the box shows.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", |name| name.value.as_str())
    }

    /// The type that the box shows.
    pub fn device_type(&self) -> &str {
        self.types.first().map_or("", |kind| kind.value.as_str())
    }

    /// Intervenes: from `at` on the host is there, is not, or follows its habits again.
    pub fn force(&mut self, at: Timestamp, active: Option<bool>) {
        self.forced.retain(|(earlier, _)| *earlier < at);
        self.forced.push((at, active));
    }

    /// The intervention in force.
    pub fn forced_now(&self, now: Timestamp) -> Option<bool> {
        self.forced.iter().rev().find(|(at, _)| *at <= now).and_then(|(_, active)| *active)
    }

    /// Whether it is there.
    pub fn is_active(&self, seed: Seed, now: Timestamp) -> bool {
        self.intervals(seed, now, after(now, 1)).next().is_some_and(|(from, _)| from <= now)
    }

    /// Arrivals (`true`) and departures after `from` and up to `to`, in order.
    pub fn transitions(&self, seed: Seed, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, bool)> {
        let mut found = Vec::new();
        for (start, end) in self.intervals(seed, after(from, -DAY), after(to, DAY)) {
            found.extend([(start, true), (end, false)].into_iter().filter(|(at, _)| *at > from && *at <= to));
        }
        found
    }

    /// When it last came or left; for a host that is always there, when it was first seen.
    pub fn last_changed(&self, seed: Seed, now: Timestamp) -> Timestamp {
        let long_ago = after(now, -60 * DAY);
        let last =
            self.intervals(seed, long_ago, after(now, DAY)).take_while(|(start, _)| *start <= now).last();
        match last {
            Some((start, end)) if end > now => start.max(self.first_seen),
            Some((_, end)) => end,
            None => self.first_seen,
        }
    }

    /// Its traffic, from it and towards it.
    fn flows(&self, seed: Seed) -> (Flow, Flow) {
        let flow = |way: &str, rate| Flow::new(seed, &format!("{}/{way}", self.mac), rate);
        (flow("up", self.rates.up), flow("down", self.rates.down))
    }

    /// The last time it was there: from when to when. `None` if it was not since `since`.
    pub fn last_stay(&self, seed: Seed, now: Timestamp, since: Timestamp) -> Option<(Timestamp, Timestamp)> {
        self.intervals(seed, since, after(now, DAY)).take_while(|(start, _)| *start <= now).last()
    }

    /// Whether the box lists it: it was not forgotten, or came back since.
    pub fn is_listed(&self, seed: Seed, now: Timestamp) -> bool {
        self.forgotten.is_none_or(|forgotten| {
            self.last_stay(seed, now, forgotten).is_some_and(|(start, end)| start > forgotten || end > now)
        })
    }

    /// Bytes exchanged with the box between two moments, seen from the box.
    pub fn bytes_between(&self, seed: Seed, from: Timestamp, to: Timestamp) -> Bytes {
        let (up, down) = self.flows(seed);
        self.intervals(seed, from, to)
            .map(|(start, end)| Bytes { rx: up.volume(start, end), tx: down.volume(start, end) })
            .fold(Bytes::default(), Bytes::plus)
    }

    /// The same for many stretches at once: `edges` are their ends, in order. A stretch in which it was not there at all is
    /// `None`.
    pub fn history(&self, seed: Seed, edges: &[Timestamp]) -> Vec<Option<Bytes>> {
        let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return Vec::new() };
        let (up, down) = self.flows(seed);
        let mut present = self.intervals(seed, *first, *last).peekable();
        let stretches = edges.iter().zip(edges.iter().skip(1));
        stretches
            .map(|(from, to)| {
                let mut sum = None;
                while let Some((start, end)) = present.peek().copied().filter(|(start, _)| start < to) {
                    let (start_here, end_here) = (start.max(*from), end.min(*to));
                    if start_here < end_here {
                        let bytes = Bytes {
                            rx: up.volume(start_here, end_here),
                            tx: down.volume(start_here, end_here),
                        };
                        sum = Some(sum.unwrap_or_default()).map(|before: Bytes| before.plus(bytes));
                    }
                    if end > *to {
                        break;
                    }
                    present.next();
                }
                sum
            })
            .collect()
    }

    /// The times it is there, within `from..to`, in order and apart from each other.
    pub fn intervals(
        &self,
        seed: Seed,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + use<> {
        let mut pieces: Vec<(Timestamp, Timestamp)> = Vec::new();
        let mut start = Timestamp::MIN;
        let mut rule = None;
        let mut add = |from: Timestamp, to: Timestamp| match pieces.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(to),
            _ if from < to => pieces.push((from, to)),
            _ => {}
        };
        let ends = self.forced.iter().copied().chain([(Timestamp::MAX, None)]);
        for (end, next) in ends {
            let (low, high) = (start.max(from), end.min(to));
            if low < high {
                match rule {
                    Some(true) => add(low, high),
                    Some(false) => {}
                    None => {
                        for (begin, finish) in self.habit(seed, low, high) {
                            if begin < finish {
                                add(begin, finish);
                            }
                        }
                    }
                }
            }
            (start, rule) = (end, next);
        }
        pieces.into_iter()
    }

    fn habit(&self, seed: Seed, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let (windows, weekend_only) = match self.presence {
            Presence::Always => return vec![(from, to)],
            Presence::Left(_) => {
                let left = after(self.first_seen, 7 * DAY);
                return vec![(self.first_seen.max(from), left.min(to))];
            }
            Presence::Daily(windows) => (windows, false),
            Presence::Weekend(windows) => (windows, true),
        };
        let day_of = |at: Timestamp| (at.as_second() + WINTER_OFFSET).div_euclid(DAY);
        let mut found = Vec::new();
        for day in day_of(from) - 1..=day_of(to) {
            // Day 0 of the epoch was a Thursday.
            let weekday = (day + 3).rem_euclid(7);
            if weekend_only && weekday < 5 {
                continue;
            }
            let midnight = Timestamp::from_second(day * DAY - WINTER_OFFSET).unwrap_or(from);
            for (index, (opens, closes)) in windows.iter().enumerate() {
                let label = format!("{}/{day}/{index}", self.mac);
                let start = after(midnight, i64::from(*opens) * 60 + seed.between(&label, -1200, 1200));
                let label = format!("{label}/end");
                let end = after(midnight, i64::from(*closes) * 60 + seed.between(&label, -1200, 1200));
                found.push((start.max(from), end.min(to)));
            }
        }
        found
    }
}
