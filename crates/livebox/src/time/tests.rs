//! Behaviour, against the emulator.

use serde_json::json;

use super::wire;
use crate::testing::{bench, recordings};

#[tokio::test]
async fn the_clock_of_the_box_is_shown() {
    let bench = bench().await;
    let time = bench.json("time_show", json!({})).await;
    let local = time["local_time"].as_str().unwrap();
    assert!(local.ends_with("+01:00") || local.ends_with("+02:00"), "{local}");
    assert_eq!(time["timezone"], "Paris");
    assert_eq!(time["status"], "Synchronized");
    assert!(time["offset_s"].as_i64().unwrap().abs() <= 2, "{time}");
}

#[tokio::test]
async fn a_box_without_zone_and_state_still_tells_the_time() {
    let bench = bench().await;
    bench.fault("absent@Time:getStatus");
    bench.fault("denied@Time:getLocalTimeZoneName");
    let time = bench.json("time_show", json!({})).await;
    assert!(time["local_time"].is_string());
    assert!(time["timezone"].is_null() && time["status"].is_null());
}

#[tokio::test]
async fn unknown_arguments_are_refused() {
    assert_eq!(bench().await.error("time_show", json!({"zone": "Paris"})).await.kind(), "arguments");
}

#[test]
fn every_recorded_time_is_read() {
    for recording in recordings("Time", "getTime") {
        let time = recording.reply::<wire::GetTime>().zoned();
        assert!(time.is_some_and(|time| time.year() >= 2018), "{}", recording.file);
    }
    for recording in recordings("Time", "getStatus") {
        assert_eq!(
            recording.reply::<wire::GetStatus>().status.get(),
            Some("Synchronized"),
            "{}",
            recording.file
        );
    }
    for recording in recordings("Time", "getLocalTimeZoneName") {
        let zone = recording.reply::<wire::GetLocalTimeZoneName>().timezone;
        assert_eq!(zone.get(), Some("Paris"), "{}", recording.file);
    }
}

#[test]
fn a_slow_clock_is_behind() {
    let time = |offset_s| super::BoxTime {
        local_time: None,
        timezone: None,
        status: None,
        offset_s: Some(offset_s),
    };
    let text = |offset_s, lang| crate::Show::show(&time(offset_s), lang).compact();
    assert_eq!(text(-90, crate::Lang::En).trim(), "Behind this computer: 90 s");
    assert_eq!(text(2, crate::Lang::Fr).trim(), "Avance sur cet ordinateur: 2 s");
}
