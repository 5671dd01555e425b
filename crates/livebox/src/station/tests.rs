//! What makes a station's link good, and how the list reads.

use serde_json::json;

use super::{Quality, StationList, megabits, stations};
use crate::{Lang, Show, ToolError, testing::bench, wifi};

#[test]
fn the_weakest_recorded_station_comes_first() {
    for air in wifi::recorded_air() {
        let stations = stations(&air.networks, &[]);
        let strengths: Vec<i16> = stations.iter().filter_map(|station| station.rssi_dbm).collect();
        assert_eq!(strengths, [-65, -59, -46, -27]);
        let weakest = &stations[0];
        assert_eq!(weakest.signal, Some(Quality::Good));
        assert_eq!((weakest.down_bps, weakest.up_bps), (Some(2_305_880_000), Some(816_660_000)));
        assert_eq!(weakest.since.as_deref(), Some("2024-12-02T12:29:37Z"));
        assert_eq!((weakest.down_bytes, weakest.up_bytes), (Some(164_497_965_261), Some(22_399_205_848)));
        let list = StationList { total: 9, stations };
        let french = list.show(Lang::Fr).compact();
        assert!(french.contains("2306") && french.contains("bon") && french.contains("limit"), "{french}");
    }
}

#[test]
fn strength_in_words() {
    let words: Vec<_> = [-30, -55, -56, -68, -76, -90].map(|rssi| Quality::of(rssi).word(Lang::En)).into();
    assert_eq!(words, ["excellent", "excellent", "good", "fair", "weak", "weak"]);
}

#[test]
fn rates_are_rounded_as_people_read_them() {
    assert_eq!(megabits(2_305_880_000, Lang::En), "2306");
    assert_eq!(megabits(6_500_000, Lang::Fr), "6,5");
    assert_eq!(megabits(9_960_000, Lang::En), "10.0");
}

#[tokio::test]
async fn stations_of_every_network_by_name() {
    let bench = bench().await;
    let list = bench.json("station_list", json!({})).await;
    let stations = list["stations"].as_array().unwrap();
    assert!(stations.len() <= 10 && list["total"].as_u64().unwrap() >= stations.len() as u64);
    let strengths: Vec<i64> = stations.iter().filter_map(|one| one["rssi_dbm"].as_i64()).collect();
    assert!(strengths.is_sorted() && strengths.len() == stations.len(), "{strengths:?}");
    assert!(stations.iter().all(|one| one["name"].is_string() && one["down_bps"].as_u64() > Some(1_000_000)));
    let asked = ["NeMo.Intf.lan:getMIBs", "NeMo.Intf.guest:getMIBs", "Devices:get"];
    assert_eq!(asked.map(|call| bench.count(call)), [1, 1, 1]);
    let five = bench.json("station_list", json!({"band": 5, "limit": 1})).await;
    assert_eq!(five["stations"].as_array().unwrap().len(), 1);
    assert_eq!(five["stations"][0]["band"], "5");
    bench.fault("denied@Devices:get");
    bench.cx.session().forget_reads();
    let nameless = bench.json("station_list", json!({})).await;
    assert!(nameless["stations"].as_array().unwrap().iter().all(|one| one["name"].is_null()));
}

#[tokio::test]
async fn stations_leave_with_their_network() {
    let bench = bench().await;
    bench.json("wifi_disable", json!({"band": "2.4"})).await;
    bench.cx.session().forget_reads();
    let list = bench.json("station_list", json!({"band": "2.4"})).await;
    assert!(
        list["stations"].as_array().unwrap().iter().all(|one| one["network"] != "Livebox-DDDF"),
        "{list}"
    );
    for args in [json!({"band": "7"}), json!({"limit": -1}), json!({"bnad": "5"})] {
        assert!(matches!(bench.error("station_list", args).await, ToolError::Arguments(_)));
    }
}

#[tokio::test]
async fn hosts_tell_the_stations_where_no_radio_does() {
    let bench = bench().await;
    bench.fault("absent@NeMo.Intf.lan:getMIBs");
    let list = bench.json("station_list", json!({ "limit": 50 })).await;
    let hosts = bench.json("host_list", json!({ "limit": 50 })).await;
    let on_the_air = hosts["hosts"].as_array().unwrap().iter().filter(|host| {
        host["active"] == true && host["link"].as_str().is_some_and(|link| link.starts_with("wifi"))
    });
    assert_eq!(list["total"].as_u64().unwrap(), on_the_air.count() as u64, "{list:#}");
    assert!(list["total"].as_u64().unwrap() > 0 && list["stations"][0]["name"].is_string());
    // Without either, the radios are what is missing.
    bench.fault("absent@Devices:get");
    bench.cx.session().forget_reads();
    let error = bench.error("station_list", json!({})).await;
    assert!(error.to_string().contains("NeMo.Intf.lan:getMIBs"), "{error}");
}

#[test]
fn one_station_and_none_read_well() {
    let text = |total, lang| StationList { total, stations: Vec::new() }.show(lang).compact();
    assert!(text(0, Lang::En).starts_with("No Wi-Fi station."));
    assert!(text(1, Lang::Fr).starts_with("1 appareil en Wi-Fi."));
}
