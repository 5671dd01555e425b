//! Behaviour, against the emulator.

use std::time::Duration;

use emulator::{Options, Time};
use serde_json::{Value, json};

use crate::{
    ToolError,
    testing::{bench, bench_with},
};

fn names(traffic: &Value) -> Vec<&str> {
    traffic["rates"].as_array().unwrap().iter().map(|rate| rate["interface"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn rates_of_everything_in_three_requests() {
    let bench = bench().await;
    let traffic = bench.json("traffic_show", json!({})).await;
    assert_eq!(traffic["source"], "homelan_samples");
    let names = names(&traffic);
    assert_eq!(names.first(), Some(&"WAN_GPON"));
    assert!(!names.contains(&"WAN_Ethernet"), "that port is a LAN port here: {names:?}");
    for rate in traffic["rates"].as_array().unwrap() {
        let seconds = rate["over_s"].as_u64().unwrap();
        assert!(
            (10..100).contains(&seconds) && rate["down_bps"].is_u64() && rate["up_bps"].is_u64(),
            "{rate}"
        );
    }
    assert!(traffic["at"].as_str().unwrap().ends_with('Z'));
    let totals = &traffic["totals_since_boot"];
    assert_eq!(totals["interface"], "WAN_GPON");
    assert_ne!(totals["certainty"], "exact", "an LB6 counts with 32 bits");
    let asked = ["HomeLan.Interface:get", "HomeLan:getResults", "NeMo.Intf.veip0:getNetDevStats"];
    assert_eq!(asked.map(|call| bench.count(call)), [1, 1, 1]);
}

#[tokio::test]
async fn one_interface_or_one_kind() {
    let bench = bench().await;
    let port = bench.json("traffic_show", json!({"interface": "ETH2"})).await;
    assert_eq!((names(&port), &port["totals_since_boot"]["interface"]), (vec!["eth2"], &json!("eth2")));
    let wifi = bench.json("traffic_show", json!({"interface": "wifi"})).await;
    assert!(names(&wifi).iter().all(|name| name.contains("SSID")) && !names(&wifi).is_empty());
    assert_eq!(wifi["totals_since_boot"]["interface"], "Wi-Fi");
    assert_eq!(bench.count("NMC.Wifi:getStats"), 1);
    let wan = bench.json("traffic_show", json!({"interface": "WAN"})).await;
    assert!(names(&wan).iter().all(|name| name.starts_with("WAN_GPON")));
    let idle = bench.json("traffic_show", json!({"interface": "LAN-2.5G"})).await;
    assert!(names(&idle).is_empty() && idle["no_rate"] == "no_samples" || !names(&idle).is_empty());
    let error = bench.error("traffic_show", json!({"interface": "eth99"})).await;
    assert!(matches!(error, ToolError::Conflict(_)) && error.to_string().contains("eth2"), "{error}");
}

#[tokio::test]
async fn the_wan_and_a_port_agree_on_what_a_download_is() {
    let bench = bench().await;
    let traffic = bench.json("traffic_show", json!({})).await;
    let sum = |keep: &dyn Fn(&str) -> bool, field: &str| -> u64 {
        let rates = traffic["rates"].as_array().unwrap().iter();
        rates
            .filter(|rate| keep(rate["kind"].as_str().unwrap()))
            .filter_map(|rate| rate[field].as_u64())
            .sum()
    };
    let home = |kind: &str| !kind.starts_with("wan");
    let (down, up) = (sum(&|kind| kind == "wan", "down_bps"), sum(&|kind| kind == "wan", "up_bps"));
    let (home_down, home_up) = (sum(&home, "down_bps"), sum(&home, "up_bps"));
    assert!(down > up, "a household downloads more than it uploads");
    assert!(
        home_down.abs_diff(down) < down / 2 && home_up.abs_diff(up) < up,
        "{home_down} {down} {home_up} {up}"
    );
}

#[tokio::test]
async fn a_box_without_inventory_still_has_totals() {
    let bench = bench().await;
    bench.fault("absent@HomeLan*:get*");
    let traffic = bench.json("traffic_show", json!({})).await;
    assert_eq!((names(&traffic), &traffic["no_rate"]), (Vec::new(), &json!("no_samples")));
    assert_eq!(traffic["totals_since_boot"]["interface"], "veip0");
    let bench = crate::testing::bench().await;
    bench.fault("absent@NeMo.Intf.veip0:getNetDevStats");
    let traffic = bench.json("traffic_show", json!({})).await;
    assert!(!names(&traffic).is_empty() && traffic["totals_since_boot"].is_null());
    assert_eq!(traffic["no_totals"], "no_counters");
    let error = bench.error("traffic_show", json!({"live_s": 1})).await;
    assert!(matches!(error, ToolError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn live_counters_that_move_tell_a_rate() {
    let time = Time::Manual("2026-03-14T18:30:00Z".parse().unwrap());
    let bench = bench_with(Options { time, ..Options::default() }).await;
    let still = bench.json("traffic_show", json!({"live_s": 1})).await;
    assert_eq!(
        (&still["no_rate"], &still["rates"][0]["down_bps"]),
        (&json!("counters_stood_still"), &Value::Null)
    );
    let clock = bench.livebox.clock().clone();
    tokio::spawn(async move {
        loop {
            clock.advance(Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let live = bench.json("traffic_show", json!({"live_s": 1, "interface": "wan"})).await;
    assert_eq!((&live["source"], names(&live)), (&json!("live_counters"), vec!["WAN_GPON"]));
    assert!(live["rates"][0]["down_bps"].as_u64() > Some(0), "{live}");
    let wifi = bench.json("traffic_show", json!({"live_s": 1, "interface": "wifi"})).await;
    assert_eq!(names(&wifi), ["Wi-Fi"]);
    for wrong in [json!({"live_s": 0}), json!({"live_s": 31}), json!({"live_s": "soon"}), json!({"live": 3})]
    {
        assert!(matches!(bench.error("traffic_show", wrong).await, ToolError::Arguments(_)));
    }
}

#[tokio::test]
async fn what_is_measured_but_not_listed_is_shown() {
    let bench = bench().await;
    bench.fault("absent@HomeLan.Interface:get");
    let traffic = bench.json("traffic_show", json!({})).await;
    assert_eq!(names(&traffic).first(), Some(&"WAN_GPON"));
    assert_eq!(traffic["rates"][0]["kind"], "wan");
    // Counters go by another name, which the WAN itself tells.
    assert_eq!(traffic["totals_since_boot"]["interface"], "veip0");
}

#[tokio::test]
async fn without_samples_the_counters_are_those_of_the_link_in_use() {
    let bench = bench().await;
    bench.fault("absent@HomeLan:getResults");
    let answer = bench.run("traffic_show", json!({})).await.unwrap();
    assert_eq!(answer.json["no_rate"], "no_samples");
    assert_eq!(answer.json["totals_since_boot"]["interface"], "WAN_GPON");
    assert!(!answer.page.compact().contains("Averages"), "{}", answer.page.compact());
}
