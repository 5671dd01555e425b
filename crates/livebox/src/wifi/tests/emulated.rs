//! Behaviour, against the emulator.

use std::time::Duration;

use emulator::{Options, Time};
use serde_json::{Value, json};

use crate::{
    Lang, ToolError,
    testing::{Bench, bench, bench_with},
};

/// A box whose seconds pass a hundred times faster, so that restarting radios cost no waiting.
pub(super) async fn hurried() -> Bench {
    let time = Time::Manual("2026-03-14T18:30:00Z".parse().unwrap());
    let bench = bench_with(Options { time, ..Options::default() }).await;
    let clock = bench.livebox.clock().clone();
    tokio::spawn(async move {
        loop {
            clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    bench
}

pub(super) const SET: &str = "NeMo.Intf.lan:setWLANConfig";

pub(super) fn network<'a>(wifi: &'a Value, band: &str, guest: bool) -> &'a Value {
    let networks = wifi["networks"].as_array().unwrap();
    networks.iter().find(|one| one["band"] == band && one["guest"] == guest).unwrap()
}

fn is_conflict(error: &ToolError) -> bool {
    matches!(error, ToolError::Conflict(_))
}

#[tokio::test]
async fn the_whole_wifi_in_three_requests() {
    let bench = bench().await;
    let answer = bench.run("wifi_show", json!({})).await.unwrap();
    let wifi = &answer.json;
    assert_eq!(
        (&wifi["wanted"], &wifi["on"], &wifi["bands_combined"]),
        (&json!(true), &json!(true), &json!(true))
    );
    let bands: Vec<&Value> = wifi["radios"].as_array().unwrap().iter().map(|radio| &radio["band"]).collect();
    assert_eq!(bands, ["2.4", "5", "6"]);
    let six = network(wifi, "6", false);
    assert_eq!(
        (&six["security"], &six["key"], &six["on"]),
        (&json!("WPA3-Personal"), &json!("set"), &json!(true))
    );
    assert_eq!(network(wifi, "5", true)["wps"], false);
    let asked = ["NMC.Wifi:get", "NeMo.Intf.lan:getMIBs", "NeMo.Intf.guest:getMIBs"];
    assert_eq!(asked.map(|call| bench.count(call)), [1, 1, 1]);
    for secret in bench.livebox.secrets() {
        assert!(!wifi.to_string().contains(&secret) && !answer.page.compact().contains(&secret));
    }
}

#[tokio::test]
async fn a_box_without_guest_network_is_shown_without() {
    let bench = bench().await;
    bench.fault("absent@NeMo.Intf.guest:getMIBs");
    let wifi = bench.json("wifi_show", json!({})).await;
    assert!(wifi["networks"].as_array().unwrap().iter().all(|one| one["guest"] == false));
    // Whatever the types, it is no panic and no invention.
    let bench = crate::testing::bench().await;
    bench.fault("wrong-types@NeMo.Intf.lan:getMIBs");
    if let Ok(answer) = bench.run("wifi_show", json!({})).await {
        assert!(answer.json["radios"].as_array().unwrap().iter().all(|radio| radio["noise_dbm"].is_null()));
    }
}

#[tokio::test]
async fn the_switch_goes_off_and_on_again() {
    let bench = hurried().await;
    let off = bench.json("wifi_disable", json!({})).await;
    assert_eq!(
        (&off["outcome"], &off["before"]["on"], &off["after"]["on"]),
        (&json!("applied"), &json!(true), &json!(false))
    );
    let again = bench.json("wifi_disable", json!({})).await;
    assert_eq!(again["outcome"], "already_so");
    assert_eq!(bench.count("NMC.Wifi:set"), 1);
    // One band cannot be on while all of it is off.
    assert!(is_conflict(&bench.error("wifi_enable", json!({"band": "5"})).await));
    let on = bench.json("wifi_enable", json!({})).await;
    assert_eq!((&on["outcome"], &on["after"]["on"]), (&json!("applied"), &json!(true)));
    assert_eq!(bench.count("PowerManagement:setProfiles"), 0, "the profile did not hold it off");
}

#[tokio::test]
async fn a_profile_that_holds_the_wifi_off_is_lifted_and_its_schedule_left_alone() {
    let bench = hurried().await;
    bench.livebox.with_state(|router| {
        router.state.wifi.profile.enable = false;
        router.state.wifi.profile.activate = true;
    });
    let wifi = bench.json("wifi_show", json!({})).await;
    assert_eq!((&wifi["wanted"], &wifi["on"]), (&json!(true), &json!(false)));
    let answer = bench.run("wifi_enable", json!({})).await.unwrap();
    assert_eq!(
        answer.json["after"],
        json!({"band": null, "wanted": true, "on": true, "schedule_active": true})
    );
    assert!(answer.page.compact().contains("schedule is running and was left alone"));
    assert_eq!(bench.count("PowerManagement:setProfiles"), 1);
    bench.livebox.with_state(|router| {
        assert!(router.state.wifi.profile.activate, "the schedule goes on");
    });
}

#[tokio::test]
async fn a_box_without_power_management_has_its_switch() {
    let bench = hurried().await;
    bench.fault("absent@PowerManagement:getProfiles");
    bench.fault("absent@Scheduler:getCompleteSchedules");
    assert_eq!(bench.json("wifi_disable", json!({})).await["outcome"], "applied");
    assert_eq!(bench.json("wifi_enable", json!({})).await["after"]["on"], true);
    assert_eq!(bench.count("NMC.Wifi:set"), 2);
}

#[tokio::test]
async fn one_band_is_switched_and_its_guests_stay() {
    let bench = hurried().await;
    let off = bench.json("wifi_disable", json!({"band": "5"})).await;
    assert_eq!((&off["outcome"], &off["after"]["wanted"]), (&json!("applied"), &json!(false)));
    bench.cx.session().forget_reads();
    let wifi = bench.json("wifi_show", json!({})).await;
    assert_eq!(network(&wifi, "5", false)["on"], false);
    assert_eq!(network(&wifi, "2.4", false)["on"], true);
    assert_eq!(network(&wifi, "5", true)["wanted"], true);
    let on = bench.json("wifi_enable", json!({"band": "5 GHz"})).await;
    assert_eq!((&on["outcome"], &on["after"]["on"]), (&json!("applied"), &json!(true)));
    assert_eq!(bench.count(SET), 2);
    assert!(matches!(bench.error("wifi_enable", json!({"band": "7"})).await, ToolError::Arguments(_)));
}

#[tokio::test]
async fn a_channel_is_set_and_freed_again() {
    let bench = hurried().await;
    let wifi = bench.json("wifi_show", json!({})).await;
    let ssid = network(&wifi, "5", false)["ssid"].clone();
    let set = bench.json("wifi_set", json!({"network": ssid, "channel": 36})).await;
    assert_eq!(set["outcome"], "applied");
    let after = &set["after"]["networks"];
    assert_eq!(after.as_array().unwrap().len(), 1);
    assert_eq!(
        (&after[0]["band"], &after[0]["channel"], &after[0]["auto_channel"], &after[0]["on"]),
        (&json!("5"), &json!(36), &json!(false), &json!(true))
    );
    assert_eq!(bench.json("wifi_set", json!({"network": "5", "channel": 36})).await["outcome"], "already_so");
    assert_eq!(bench.count(SET), 1);
    let auto = bench.json("wifi_set", json!({"network": "5", "channel": 0, "width": 40})).await;
    let row = &auto["after"]["networks"][0];
    assert_eq!((&row["auto_channel"], &row["width_setting"]), (&json!(true), &json!("40")));
}

#[tokio::test]
async fn a_channel_under_radar_watch_is_not_waited_for() {
    let bench = bench().await;
    let answer = bench.run("wifi_set", json!({"network": "5", "channel": 104})).await.unwrap();
    assert_eq!(answer.json["outcome"], "applied");
    assert!(answer.page.compact().contains("radars"), "{}", answer.page.compact());
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_sent() {
    let bench = bench().await;
    for (args, what) in [
        (json!({"network": "5", "channel": 13}), "36"),
        (json!({"network": "nowhere", "channel": 36}), "Networks: "),
        (json!({"network": "Livebox-DDDF", "channel": 5}), "2.4, 6"),
        (json!({"network": "2.4", "width": 160}), "20, 40"),
    ] {
        let error = bench.error("wifi_set", args.clone()).await;
        assert!(is_conflict(&error) && error.to_string().contains(what), "{args}: {error}");
    }
    for args in [
        json!({"network": "5"}),
        json!({"channel": 36}),
        json!({"network": "5", "channel": 999}),
        json!({"network": "5", "channel": "fast"}),
        json!({"network": "5", "width": 30}),
        json!({"network": "5", "ssid": ""}),
        json!({"network": "5", "chanel": 36}),
    ] {
        let error = bench.error("wifi_set", args.clone()).await;
        assert!(matches!(error, ToolError::Arguments(_)), "{args}: {error}");
        assert!(!error.message().text(Lang::Fr).is_empty());
    }
    assert_eq!(bench.count(SET), 0);
}

#[tokio::test]
async fn a_name_changes_everywhere_but_for_guests() {
    let bench = hurried().await;
    let renamed =
        bench.json("wifi_set", json!({"network": "2.4", "ssid": "Chez nous", "hidden": true})).await;
    assert_eq!(renamed["outcome"], "applied");
    bench.cx.session().forget_reads();
    let wifi = bench.json("wifi_show", json!({})).await;
    for band in ["2.4", "5", "6"] {
        assert_eq!(network(&wifi, band, false)["ssid"], "Chez nous");
    }
    assert_eq!(network(&wifi, "6", false)["security"], "WPA3-Personal", "6 GHz keeps what it needs");
    assert_ne!(network(&wifi, "5", true)["ssid"], "Chez nous");
    assert_eq!(bench.count(SET), 1);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_reading_back() {
    let bench = hurried().await;
    bench.fault("drop-after@NeMo.Intf.lan:setWLANConfig*1");
    let set = bench.json("wifi_set", json!({"network": "5", "channel": 40})).await;
    assert_eq!((&set["outcome"], &set["after"]["networks"][0]["channel"]), (&json!("applied"), &json!(40)));
    assert_eq!(bench.count(SET), 1);
    bench.fault("drop-before@NeMo.Intf.lan:setWLANConfig*1");
    let error = bench.error("wifi_set", json!({"network": "5", "channel": 44})).await;
    assert!(matches!(error, ToolError::Failed(_)), "{error}");
    assert_eq!(bench.count(SET), 2, "never sent twice");
    bench.fault("drop-before@NMC.Wifi:set*1");
    assert!(matches!(bench.error("wifi_disable", json!({})).await, ToolError::Failed(_)));
    assert_eq!(bench.count("NMC.Wifi:set"), 1);
}

#[tokio::test]
async fn whoever_cuts_his_own_link_is_told_so() {
    let bench = bench().await;
    bench.fault("link-cut=600@NeMo.Intf.lan:setWLANConfig*1");
    let error = bench.error("wifi_set", json!({"network": "5", "channel": 40})).await;
    assert!(matches!(error, ToolError::Unknown(_)) && error.to_string().contains("wifi_show"), "{error}");
    let bench = hurried().await;
    bench.fault("link-cut=20@NeMo.Intf.lan:setWLANConfig*1");
    let set = bench.json("wifi_set", json!({"network": "5", "channel": 40})).await;
    assert_eq!(set["outcome"], "applied", "back within our patience");
}

#[tokio::test]
async fn someone_else_wins_the_race_and_it_shows() {
    let bench = hurried().await;
    let other = r#"foreign=NeMo.Intf.lan:setWLANConfig{"mibs":{"penable":{},"wlanradio":{"rad5g0":{"Channel":48}}}}@NeMo.Intf.lan:setWLANConfig*1"#;
    bench.fault(other);
    let set = bench.json("wifi_set", json!({"network": "5", "channel": 36})).await;
    assert_eq!(set["outcome"], "differs");
    assert_eq!(set["differs"], json!(["channel (5 GHz)"]));
    assert_eq!(set["after"]["networks"][0]["channel"], 48);
}

#[tokio::test]
async fn a_key_is_set_on_all_bands_at_once_and_never_told() {
    const NEW: &str = "Cle-Nouvelle-42";
    let bench = hurried().await;
    let answer = bench.run("wifi_key_set", json!({"network": "5", "key": NEW})).await.unwrap();
    assert_eq!(
        (&answer.json["outcome"], &answer.json["after"]["bands"]),
        (&json!("applied"), &json!(["2.4", "5", "6"]))
    );
    bench.livebox.with_state(|router| {
        let private = router.state.wifi.vaps.iter().filter(|vap| !vap.guest && !vap.secondary);
        assert!(private.into_iter().all(|vap| vap.key == NEW));
        assert!(router.state.wifi.vaps.iter().filter(|vap| vap.guest).all(|vap| vap.key != NEW));
    });
    assert!(!answer.json.to_string().contains(NEW) && !answer.page.compact().contains(NEW));
    assert_eq!(
        bench.json("wifi_key_set", json!({"network": "5", "key": NEW})).await["outcome"],
        "already_so"
    );
    assert_eq!(bench.count(SET), 1);
    for wrong in [json!("court"), json!("clé accentuée"), json!(12_345_678), json!("x".repeat(65))] {
        let error = bench.error("wifi_key_set", json!({"network": "5", "key": wrong})).await;
        let said = format!("{error} {error:?}");
        assert!(matches!(error, ToolError::Arguments(_)), "{said}");
        assert!(!said.contains("accentu") && !said.contains("12345678") && !said.contains("xxx"), "{said}");
    }
    let both = json!({"network": "5", "key": NEW, "length": 20});
    assert!(matches!(bench.error("wifi_key_set", both).await, ToolError::Arguments(_)));
    assert!(is_conflict(&bench.error("wifi_key_set", json!({"network": "nowhere", "key": NEW})).await));
    bench.fault("drop-before@NeMo.Intf.lan:setWLANConfig*1");
    let lost = bench.error("wifi_key_set", json!({"network": "5", "key": "Une-Autre-Cle-43"})).await;
    assert!(matches!(lost, ToolError::Failed(_)), "{lost}");
}

#[tokio::test]
async fn radios_tell_whether_a_box_without_a_switch_is_on() {
    let bench = bench().await;
    bench.fault("absent@NMC.Wifi:get");
    let wifi = bench.json("wifi_show", json!({})).await;
    assert_eq!(wifi["on"], true);
    assert!(wifi["wanted"].is_null() && !wifi["radios"].as_array().unwrap().is_empty());
    let error = bench.error("wifi_disable", json!({})).await;
    assert_eq!(error.kind(), "unavailable");
    let message = error.message();
    assert!(
        message.text(crate::Lang::En).contains("absent here")
            && message.text(crate::Lang::Fr).contains("http://")
    );
}
