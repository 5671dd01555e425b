//! What radios hear around them: neighbours, channels and their worth.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::{graph, wlan};
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::clock::{after, iso};
use crate::random::Seed;
use crate::router::Router;
use crate::state::wifi::{Neighbour, Radio};

/// Seconds that a scan takes.
const SCAN: i64 = 4;

/// How long a caller waits that asked for a scan and its results at once: less, for the sake of demonstrations.
const BLOCKING: Duration = Duration::from_millis(800);

/// Calls about the air on a radio.
pub(super) fn call(router: &mut Router, call: &Call<'_>, name: &str, inside: &[&str]) -> Answer {
    router.state.wifi.radio(name)?;
    match (inside, call.method) {
        ([], "scan" | "scanCombinedData" | "startScan") => start(router, call, name),
        ([], "stopScan") => {
            let now = router.now();
            let radio = router.state.wifi.radio_mut(name)?;
            if radio.scanned_at > now {
                radio.scanned_at = radio.scanned_before;
            }
            Reply::void().ok()
        }
        ([], "getScanResults") => Reply::value(list(router, call, name)).ok(),
        ([], "getSpectrumInfo") => Reply::value(spectrum(router, name)).ok(),
        ([], "getRadioAirStats") => Reply::value(air(router, name)).ok(),
        ([], "getRadioStats") => {
            let stats = super::object::parameters(router, &["NeMo", "Intf", name, "Stats"]);
            Reply::value(Value::Object(stats)).ok()
        }
        ([], "startAutoChannelSelection") | (["ChannelMgt"], "performSelection") => {
            choose_channel(router, name);
            Reply::void().ok()
        }
        (["ChannelMgt"], "getBandScores") => {
            let radio = router.state.wifi.radio(name)?;
            let scores = bands(radio).into_iter().map(|key| {
                let score = band(router, radio, &key).unwrap_or_default();
                (key, score)
            });
            Reply::value(Value::Object(scores.collect())).ok()
        }
        (["ChannelMgt"], "getAverageChannelMeasurement" | "getLatestChannelMeasurement") => {
            Reply::value(spectrum(router, name)).ok()
        }
        _ => None,
    }
}

/// When the results that show were taken.
fn results_from(router: &Router, radio: &Radio) -> jiff::Timestamp {
    if radio.scanned_at <= router.now() { radio.scanned_at } else { radio.scanned_before }
}

fn heard<'a>(router: &'a Router, radio: &'a Radio) -> impl Iterator<Item = (&'a Neighbour, i64)> {
    let at = results_from(router, radio);
    let seed = router.state.seed;
    router.state.wifi.neighbours.iter().filter(|neighbour| neighbour.radio == radio.name).filter_map(
        move |neighbour| {
            let label = format!("{}/{}", neighbour.bssid, iso(at));
            let rssi = i64::from(neighbour.rssi_dbm) + seed.between(&label, -3, 3);
            // The weakest are not heard each time.
            (rssi > -90 || seed.below(&label, 2) == 0).then_some((neighbour, rssi))
        },
    )
}

fn on_channel<'a>(router: &'a Router, radio: &'a Radio, channel: &str) -> Vec<(&'a Neighbour, i64)> {
    heard(router, radio).filter(|(neighbour, _)| neighbour.channel.to_string() == channel).collect()
}

/// Values below `ScanResults`.
pub(super) fn values(router: &Router, radio: &Radio, below: &[&str]) -> Option<Object> {
    let entry = |channel: &str, number: &str| {
        let place: usize = number.parse().ok()?;
        on_channel(router, radio, channel).get(place.checked_sub(1)?).copied()
    };
    let found = match below {
        [] => json!({"NrCoChannelAP": on_channel(router, radio, &radio.channel.to_string()).len()}),
        ["SurroundingChannels", channel] => json!({"Channel": channel.parse::<u32>().ok()?}),
        ["SurroundingChannels", channel, "Accesspoint", number] => {
            let (neighbour, rssi) = entry(channel, number)?;
            json!({"BSSID": neighbour.bssid, "RSSI": rssi})
        }
        ["SurroundingChannels", channel, "Accesspoint", number, "SSID", _] => {
            let (neighbour, _) = entry(channel, number)?;
            json!({"SSID": neighbour.ssid, "BSSID": neighbour.bssid, "Bandwidth": neighbour.bandwidth_mhz})
        }
        _ => return None,
    };
    found.as_object().cloned()
}

/// Keys below `ScanResults`.
pub(super) fn keys(router: &Router, radio: &Radio, below: &[&str]) -> Option<Vec<String>> {
    let numbers = |count: usize| (1..=count).map(|number| number.to_string()).collect();
    match below {
        ["SurroundingChannels"] => {
            let channels: BTreeSet<u32> =
                heard(router, radio).map(|(neighbour, _)| neighbour.channel).collect();
            Some(channels.into_iter().map(|channel| channel.to_string()).collect())
        }
        ["SurroundingChannels", channel, "Accesspoint"] => {
            Some(numbers(on_channel(router, radio, channel).len()))
        }
        ["SurroundingChannels", _, "Accesspoint", _, "SSID"] => Some(numbers(1)),
        _ => None,
    }
}

fn entries(router: &Router, radio: &Radio) -> Vec<Value> {
    let noise = i64::from(radio.noise_dbm);
    let entry = |(neighbour, rssi): (&Neighbour, i64)| {
        json!({
            "SSID": neighbour.ssid,
            "BSSID": neighbour.bssid,
            "SignalNoiseRatio": (rssi - noise).max(0),
            "Noise": noise,
            "RSSI": rssi,
            "Channel": neighbour.channel,
            "Bandwidth": neighbour.bandwidth_mhz,
            "SignalStrength": rssi,
            "SecurityModeEnabled": neighbour.security,
            "EncryptionMode": "AES",
            "OperatingStandards": if radio.band == "6GHz" { "ax" } else { "n,ac,ax" },
        })
    };
    heard(router, radio).map(entry).collect()
}

fn list(router: &Router, call: &Call<'_>, name: &str) -> Value {
    let mut found = router.state.wifi.radio(name).map(|radio| entries(router, radio)).unwrap_or_default();
    if let Some(ssid) = call.args.text("SSID").filter(|ssid| !ssid.is_empty()) {
        found.retain(|entry| entry["SSID"] == ssid);
    }
    if let Some(least) = call.args.number("minRssi").filter(|least| *least < 0) {
        found.retain(|entry| entry["RSSI"].as_i64().is_some_and(|rssi| rssi >= least));
    }
    if let Some(channels) = call.args.text("channels").filter(|channels| !channels.is_empty()) {
        let wanted: Vec<&str> = channels.split([',', ' ']).collect();
        found.retain(|entry| wanted.contains(&entry["Channel"].to_string().as_str()));
    }
    Value::Array(found)
}

fn start(router: &mut Router, call: &Call<'_>, name: &str) -> Answer {
    if !graph::is_up(router, name) {
        return BoxError::failed(call.method).refuse();
    }
    let now = router.now();
    let blocking = call.method != "startScan";
    let radio = router.state.wifi.radio_mut(name)?;
    radio.scanned_before = radio.scanned_at.min(now);
    radio.scanned_at = if blocking { now } else { after(now, SCAN) };
    if !blocking {
        return Reply::void().ok();
    }
    router.delay_answer(BLOCKING);
    let found = list(router, call, name);
    if call.method == "scan" {
        return Reply::value(found).ok();
    }
    Reply::value(json!({"BSS": found, "SpectrumInfo": spectrum(router, name)})).ok()
}

/// How busy a channel is, in percent.
fn business(seed: Seed, radio: &Radio, channel: u32, neighbours: usize) -> i64 {
    let own = if channel == radio.channel { 6 } else { 0 };
    let others = i64::try_from(neighbours).unwrap_or(0) * 7;
    (own + others + seed.between(&format!("{}/{channel}/busy", radio.name), 1, 9)).min(95)
}

fn spectrum(router: &Router, name: &str) -> Value {
    let Some(radio) = router.state.wifi.radio(name) else { return json!([]) };
    let own = wlan::channels_in_use(radio, radio.current_bandwidth);
    let entry = |channel: &u32| {
        let count = on_channel(router, radio, &channel.to_string()).len();
        json!({
            "channel": channel,
            "bandwidth": 20,
            "availability": 100 - business(router.state.seed, radio, *channel, count),
            "ourUsage": if own.contains(channel) { 5 } else { 0 },
            "noiselevel": radio.noise_dbm,
            "accesspoints": count,
        })
    };
    Value::Array(radio.possible_channels.iter().map(entry).collect())
}

fn air(router: &Router, name: &str) -> Value {
    let Some(radio) = router.state.wifi.radio(name) else { return json!({}) };
    let count = on_channel(router, radio, &radio.channel.to_string()).len();
    let load = business(router.state.seed, radio, radio.channel, count);
    json!({
        "Load": load, "Noise": radio.noise_dbm, "TxTime": load / 2, "RxTime": load / 4, "IntTime": 0,
        "ObssTime": load / 4, "NoiseTime": 0, "FreeTime": 100 - load, "TotalTime": 100,
        "Timestamp": router.now().as_second(),
    })
}

/// Keys of the bands that the channel choice weighs.
pub(super) fn bands(radio: &Radio) -> Vec<String> {
    let choices: &[u32] = match radio.band {
        "2.4GHz" => &[1, 6, 11],
        "5GHz" => &[36, 52, 100, 116],
        _ => &[5, 21, 37, 53],
    };
    let width = radio.current_bandwidth.trim_end_matches("MHz");
    choices.iter().map(|channel| format!("{channel}_{width}")).collect()
}

/// One of these bands.
pub(super) fn band(router: &Router, radio: &Radio, key: &str) -> Option<Value> {
    let (channel, width) = key.split_once('_')?;
    let channel: u32 = channel.parse().ok()?;
    let count = on_channel(router, radio, &channel.to_string()).len();
    let availability = 100 - business(router.state.seed, radio, channel, count);
    let weight = i64::try_from(count).unwrap_or(0) * 15;
    Some(json!({
        "Channel": channel, "Bandwidth": format!("{width}MHz"), "Noise": radio.noise_dbm,
        "Availability": availability, "NrAccessPoints": count, "NrAdjacentAccessPoints": 0, "Bonus": 0,
        "DfsCount": 0, "State": "OK", "IsCurrent": channel == radio.channel, "Score": availability * 2 - weight,
    }))
}

/// Takes the best channel, as the box does by itself when it is free to.
pub(crate) fn choose_channel(router: &mut Router, name: &str) {
    let Some(radio) = router.state.wifi.radio(name) else { return };
    let score = |key: &String| {
        band(router, radio, key)
            .and_then(|band| band.get("Score").and_then(Value::as_i64))
            .unwrap_or(i64::MIN)
    };
    let best = bands(radio).into_iter().max_by_key(score);
    let channel = best.and_then(|key| key.split_once('_').and_then(|(channel, _)| channel.parse().ok()));
    let now = router.now();
    let Some((channel, radio)) = channel.zip(router.state.wifi.radio_mut(name)) else { return };
    radio.auto_channel = true;
    radio.channel_reason = "AUTO";
    if radio.channel != channel {
        radio.channel = channel;
        radio.channel_since = now;
        router.changed(
            &format!("NeMo.Intf.{name}"),
            Object::from_iter([("Channel".to_owned(), json!(channel))]),
        );
    }
}
