//! Wi-Fi stations: the hosts attached to the box's own radios, and how well they hear each other.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Band, Lang, MacAddr, Page, Show, Untrusted,
    host::{Host, Link},
    wifi::Network,
};

#[cfg(test)]
mod tests;
pub(crate) mod tools;

/// What a received strength means in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quality {
    /// Full speed.
    Excellent,
    /// Enough for anything.
    Good,
    /// Slower; video may stutter.
    Fair,
    /// Drops out.
    Weak,
}

impl Quality {
    fn of(rssi_dbm: i16) -> Self {
        match rssi_dbm {
            -55.. => Self::Excellent,
            -67.. => Self::Good,
            -75.. => Self::Fair,
            _ => Self::Weak,
        }
    }

    fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Excellent => lang.pick("excellent", "excellent"),
            Self::Good => lang.pick("good", "bon"),
            Self::Fair => lang.pick("fair", "moyen"),
            Self::Weak => lang.pick("weak", "faible"),
        }
    }
}

/// A station and its link.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Station {
    pub(crate) name: Option<Untrusted>,
    pub(crate) mac: Option<MacAddr>,
    pub(crate) band: Option<Band>,
    pub(crate) network: Option<Untrusted>,
    pub(crate) rssi_dbm: Option<i16>,
    pub(crate) snr_db: Option<i16>,
    pub(crate) signal: Option<Quality>,
    /// Link rate towards the station.
    pub(crate) down_bps: Option<u64>,
    pub(crate) up_bps: Option<u64>,
    pub(crate) standard: Option<Untrusted>,
    pub(crate) since: Option<String>,
    pub(crate) inactive_s: Option<u64>,
    // What the box sent on its behalf, broadcasts included.
    pub(crate) down_bytes: Option<u64>,
    pub(crate) up_bytes: Option<u64>,
}

impl Station {
    /// What the box knows of a host that is on the air now; `None` for any other.
    fn of_host(host: &Host) -> Option<Self> {
        let Link::Wifi { band } = host.link else { return None };
        if !host.is_active() {
            return None;
        }
        let radio = host.radio.as_ref();
        let rssi_dbm = radio.and_then(|radio| radio.rssi_dbm?.try_into().ok());
        Some(Self {
            name: Some(host.name.clone()),
            mac: host.mac,
            band,
            network: None,
            rssi_dbm,
            snr_db: radio.and_then(|radio| radio.snr_db?.try_into().ok()),
            signal: rssi_dbm.map(Quality::of),
            down_bps: radio.and_then(|radio| radio.down_bps),
            up_bps: radio.and_then(|radio| radio.up_bps),
            standard: radio.and_then(|radio| radio.standard.clone()),
            since: None,
            inactive_s: None,
            down_bytes: None,
            up_bytes: None,
        })
    }
}

/// The stations of these networks, weakest signal first.
fn stations(networks: &[Network], hosts: &[Host]) -> Vec<Station> {
    let of_network = |network: &Network| -> Vec<Station> {
        let one = |link: &crate::wifi::Attached| Station {
            name: hosts
                .iter()
                .find(|host| link.mac.is_some_and(|mac| host.has_mac(mac)))
                .map(|host| host.name.clone()),
            mac: link.mac,
            band: network.band,
            network: network.ssid.clone(),
            rssi_dbm: link.rssi_dbm,
            snr_db: link.snr_db,
            signal: link.rssi_dbm.map(Quality::of),
            down_bps: link.down_bps,
            up_bps: link.up_bps,
            standard: link.standard.clone(),
            since: link.since.map(|since| since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            inactive_s: link.inactive_s,
            down_bytes: link.down_bytes,
            up_bytes: link.up_bytes,
        };
        network.attached.iter().flatten().map(one).collect()
    };
    let mut stations: Vec<Station> = networks.iter().flat_map(of_network).collect();
    // No radio that tells its stations is no proof that there are none: the hosts know a part of it.
    if networks.iter().all(|network| network.guest) {
        let listed: Vec<MacAddr> = stations.iter().filter_map(|station| station.mac).collect();
        let missing = hosts.iter().filter(|host| !listed.iter().any(|mac| host.has_mac(*mac)));
        stations.extend(missing.filter_map(Station::of_host));
    }
    stations.sort_by_key(|station| (station.rssi_dbm.is_none(), station.rssi_dbm));
    stations
}

/// Stations, weakest signal first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StationList {
    /// Attached now, on the band asked for.
    total: usize,
    stations: Vec<Station>,
}

impl Show for StationList {
    fn show(&self, lang: Lang) -> Page {
        let (total, listed) = (self.total, self.stations.len());
        let more = (listed < total).then(|| {
            lang.pick(
                format!("{listed} listed; raise `limit` for more."),
                format!(
                    "{} ; augmentez `limit` pour en voir plus.",
                    lang.count(listed, [""; 2], ["affiché", "affichés"])
                ),
            )
        });
        let rows = self.stations.iter().map(|station| {
            let signal = station.signal.map(|signal| signal.word(lang)).unwrap_or_default();
            [
                match (&station.name, station.mac) {
                    (Some(name), _) => name.shown().to_owned(),
                    (None, mac) => mac.map(|mac| mac.to_string()).unwrap_or_default(),
                },
                station.band.map(|band| band.to_string()).unwrap_or_default(),
                station.rssi_dbm.map(|rssi| format!("{rssi} dBm")).unwrap_or_default(),
                signal.to_owned(),
                station.down_bps.map(|bps| megabits(bps, lang)).unwrap_or_default(),
                station.up_bps.map(|bps| megabits(bps, lang)).unwrap_or_default(),
            ]
        });
        Page::new()
            .line(match total {
                0 => lang.pick("No Wi-Fi station.".to_owned(), "Aucun appareil en Wi-Fi.".to_owned()),
                1 => lang.pick("1 Wi-Fi station.".to_owned(), "1 appareil en Wi-Fi.".to_owned()),
                _ => lang.pick(
                    format!("{total} Wi-Fi stations, weakest signal first."),
                    format!("{total} appareils en Wi-Fi, du signal le plus faible au plus fort."),
                ),
            })
            .note(more)
            .table(
                [
                    lang.pick("Station", "Appareil"),
                    lang.pick("Band", "Bande"),
                    "RSSI",
                    "Signal",
                    lang.pick("Down (Mbit/s)", "Descendant (Mbit/s)"),
                    lang.pick("Up (Mbit/s)", "Montant (Mbit/s)"),
                ],
                rows,
            )
    }
}

/// Whole megabits, tenths below 10.
fn megabits(bps: u64, lang: Lang) -> String {
    if bps >= 10_000_000 {
        return ((bps + 500_000) / 1_000_000).to_string();
    }
    let tenths = (bps + 50_000) / 100_000;
    format!("{}{}{}", tenths / 10, lang.pick('.', ','), tenths % 10)
}
