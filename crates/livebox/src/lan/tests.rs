//! The address plan, in the shapes that boxes give it.

use emulator::{Options, Time};
use serde_json::{Value, json};
use sysbus::scalar::{Rows, Table};

use super::{Addressing, Lan, wire};
use crate::{
    Access, Lang, ToolError, Watch,
    testing::{Bench, bench_with, recordings},
};

fn plan(range: (&str, &str)) -> Lan {
    let reply: wire::LanIp = serde_json::from_value(json!({
        "Address": "192.168.1.1", "Netmask": "255.255.255.0", "DHCPEnable": true,
        "DHCPMinAddress": range.0, "DHCPMaxAddress": range.1,
    }))
    .unwrap();
    reply.lan().unwrap()
}

#[test]
fn addresses_that_no_host_can_have() {
    let plan = plan(("192.168.1.10", "192.168.1.150"));
    for (ip, why) in [
        ("192.168.2.5", "outside"),
        ("192.168.1.1", "own address"),
        ("192.168.1.0", "first or last"),
        ("192.168.1.255", "first or last"),
        ("8.8.8.8", "192.168.1.0/24"),
    ] {
        let objection = plan.objection(ip.parse().unwrap()).unwrap();
        assert!(objection.text(Lang::En).contains(why), "{ip}: {objection:?}");
    }
    assert_eq!(plan.objection("192.168.1.254".parse().unwrap()), None);
    assert_eq!(plan.is_dynamic("192.168.1.150".parse().unwrap()), Some(true));
    assert_eq!(plan.is_dynamic("192.168.1.151".parse().unwrap()), Some(false));
}

#[test]
fn a_plan_that_is_not_told_is_not_invented() {
    for odd in
        [json!({}), json!({"Address": "**REDACTED**", "Netmask": "**REDACTED**"}), json!({"Address": 1})]
    {
        let reply: wire::LanIp = serde_json::from_value(odd).unwrap();
        assert_eq!(reply.lan(), None);
    }
    assert_eq!(plan(("", "")).is_dynamic("192.168.1.20".parse().unwrap()), None);
    for recording in recordings("NMC", "getLANIP") {
        // Addresses are masked in all of them: what counts is that the rest is read.
        assert_eq!(recording.reply::<wire::GetLanIp>().lan(), None, "{}", recording.file);
    }
}

#[test]
fn the_pools_tell_the_plan_too() {
    let pools: Table<wire::Pool> = serde_json::from_value(json!({"guest": {}, "default": {
        "Enable": "1", "Server": "192.168.1.254", "SubnetMask": "255.255.255.128",
        "MinAddress": "192.168.1.130", "MaxAddress": "192.168.1.200",
    }}))
    .unwrap();
    let lan = wire::lan_of(&pools).unwrap();
    assert_eq!(lan.net.to_string(), "192.168.1.254/25");
    assert_eq!(lan.dhcp_enabled, Some(true));
    for recording in recordings("DHCPv4.Server", "getDHCPServerPool") {
        let pools = recording.reply::<wire::GetPools>();
        assert!(pools.get("default").is_some(), "{}", recording.file);
    }
}

fn reserved(entries: &Value) -> Vec<String> {
    let rows: Rows<wire::StaticLease> = serde_json::from_value(entries.clone()).unwrap();
    let reserved = rows.iter().filter_map(wire::StaticLease::reserved);
    reserved.map(|reserved| format!("{} {}", reserved.mac, reserved.ip)).collect()
}

#[test]
fn a_reservation_is_of_the_device_in_its_path() {
    let path = |mac: &str| format!("DHCPv4.Server.Pool.default.Rule.default.Lease.01:{mac}");
    let list = json!([
        {"IPAddress": "192.168.1.20", "MACAddress": "AA:BB:CC:00:00:01", "LeasePath": path("aa:bb:cc:00:00:01")},
        // A W7 repeats one address.
        {"IPAddress": "192.168.1.21", "MACAddress": "AA:BB:CC:00:00:01", "LeasePath": path("aa:bb:cc:00:00:02")},
        {"IPAddress": "192.168.1.22", "MACAddress": "aa:bb:cc:00:00:03"},
        {"IPAddress": "192.168.1.23", "MACAddress": "aa:bb:cc:00:00:04", "LeasePath": "odd.path"},
        {"IPAddress": "", "MACAddress": "aa:bb:cc:00:00:05"}, {}, 7,
    ]);
    assert_eq!(
        reserved(&list),
        [
            "AA:BB:CC:00:00:01 192.168.1.20",
            "AA:BB:CC:00:00:02 192.168.1.21",
            "AA:BB:CC:00:00:03 192.168.1.22",
            "AA:BB:CC:00:00:04 192.168.1.23",
        ]
    );
    assert!(reserved(&json!({})).is_empty() && reserved(&Value::Null).is_empty());
    for recording in recordings("DHCPv4.Server.Pool.default", "getStaticLeases") {
        assert!(recording.reply::<wire::GetStaticLeases>().is_empty(), "{}", recording.file);
    }
}

fn addressing(box_ip: &str, first: &str, last: &str) -> Addressing {
    let (ip, length) = box_ip.split_once('/').unwrap();
    Addressing {
        ipv4: ip.parse().unwrap(),
        prefix_length: length.parse().unwrap(),
        dhcp: Some(true),
        dhcp_first: Some(first.parse().unwrap()),
        dhcp_last: Some(last.parse().unwrap()),
        lease_s: Some(86_400),
    }
}

#[test]
fn only_a_network_that_can_be_is_sent() {
    for (box_ip, first, last, why) in [
        ("192.168.1.1/24", "192.168.2.10", "192.168.2.150", "not within 192.168.1.0/24"),
        ("192.168.1.1/24", "192.168.1.0", "192.168.1.150", "not within"),
        ("192.168.1.1/24", "192.168.1.10", "192.168.1.255", "not within"),
        ("192.168.1.1/24", "192.168.1.150", "192.168.1.10", "ends before it begins"),
        ("192.168.1.50/24", "192.168.1.10", "192.168.1.150", "the box's own address 192.168.1.50"),
        ("192.168.1.0/24", "192.168.1.10", "192.168.1.150", "first or last address"),
        ("192.168.1.255/24", "192.168.1.10", "192.168.1.150", "first or last address"),
        ("192.168.1.1/31", "192.168.1.10", "192.168.1.150", "8 to 30"),
        ("192.168.1.1/7", "192.168.1.10", "192.168.1.150", "8 to 30"),
        ("8.8.8.8/24", "8.8.8.10", "8.8.8.150", "not a private address"),
        ("127.0.0.1/24", "127.0.0.10", "127.0.0.150", "not a private address"),
    ] {
        let objection = addressing(box_ip, first, last).objection().unwrap();
        assert!(objection.text(Lang::En).contains(why), "{box_ip}: {objection:?}");
        assert_ne!(objection.text(Lang::En), objection.text(Lang::Fr));
    }
    for (box_ip, first, last) in [
        ("192.168.1.1/24", "192.168.1.10", "192.168.1.150"),
        ("192.168.1.254/24", "192.168.1.1", "192.168.1.253"),
        ("10.0.0.1/8", "10.0.0.2", "10.255.255.254"),
        ("172.16.0.1/30", "172.16.0.2", "172.16.0.2"),
    ] {
        assert_eq!(addressing(box_ip, first, last).objection(), None, "{box_ip}");
    }
}

/// Saturday, 20:30 in Paris: most of the family is at home.
async fn evening() -> Bench {
    let time = Time::Manual("2026-03-14T19:30:00Z".parse().unwrap());
    bench_with(Options { time, lan_seconds: 0, ..Options::default() }).await
}

const BRIDGE: &str = "NetMaster.LAN.default.Bridge.lan";

fn calls(plan: &Value) -> Vec<&str> {
    plan["plan"]["calls"].as_array().unwrap().iter().map(|call| call["call"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_addressing_is_shown_in_whatever_words_the_box_has() {
    let bench = evening().await;
    let shown = bench.run("lan_show", json!({})).await.unwrap();
    assert_eq!(
        shown.json,
        json!({"ipv4": "192.168.1.1", "prefix_length": 24, "dhcp": true, "dhcp_first": "192.168.1.10",
            "dhcp_last": "192.168.1.150", "lease_s": 86400})
    );
    assert!(shown.page.compact().contains("192.168.1.0/24"), "{:?}", shown.page);
    assert_eq!(bench.count(&format!("{BRIDGE}:getIPv4")), 1);
    for fault in [format!("absent@{BRIDGE}:getIPv4"), "denied@NMC:getLANIP".to_owned()] {
        bench.fault(&fault);
        bench.cx.session().forget_reads();
        assert_eq!(bench.json("lan_show", json!({})).await, shown.json);
    }
    bench.fault("absent@DHCPv4.Server:getDHCPServerPool");
    bench.cx.session().forget_reads();
    assert!(matches!(bench.error("lan_show", json!({})).await, ToolError::Unavailable(_)));
}

#[tokio::test]
async fn the_range_is_set_watched_and_taken_back() {
    let bench = evening().await;
    let before = bench.livebox.settings();
    let args = json!({"dhcp_last": "192.168.1.199", "lease_s": 3600});
    let plan = bench.plan("lan_set", args.clone()).await.unwrap();
    assert_eq!(calls(&plan), [format!("{BRIDGE}:setIPv4"), "NMC:setLANIP".to_owned()]);
    assert_eq!((&plan["plan"]["risk"], &plan["plan"]["cuts"]), (&json!("medium"), &Value::Null));
    assert_eq!(plan["plan"]["guard"]["settle_s"], 15);
    let sent = &plan["plan"]["calls"][0]["parameters"];
    assert_eq!(
        (&sent["PrefixLength"], &sent["NATEnable"]),
        (&json!(24), &json!(true)),
        "the rest is as it was"
    );

    let done = bench.json("lan_set", args.clone()).await;
    assert_eq!((&done["outcome"], &done["after"]), (&json!("applied"), &plan["after"]));
    assert_eq!(done["after"]["dhcp_first"], "192.168.1.10");
    assert!(done["guard"]["until"].is_string());
    assert_eq!(bench.json("lan_set", args).await["outcome"], "already_so");
    assert_eq!(bench.count(&format!("{BRIDGE}:setIPv4")), 1);
    assert_eq!(bench.json("journal_undo", json!({})).await["outcome"], "applied");
    assert_eq!(bench.livebox.settings(), before);
}

#[tokio::test]
async fn another_address_takes_the_range_along_and_everybody_has_to_follow() {
    // The box is silent for a second after each move.
    let bench = bench_with(Options { lan_seconds: 1, ..Options::default() }).await;
    let before = bench.livebox.settings();
    let plan = bench.plan("lan_set", json!({"ipv4": "10.0.5.254"})).await.unwrap();
    assert_eq!((&plan["plan"]["risk"], &plan["plan"]["guard"]["box_s"]), (&json!("high"), &json!(300)));
    assert!(plan["plan"]["cuts"]["what"].as_str().unwrap().contains("this one included"));
    let notes = plan["plan"]["notes"].to_string();
    for told in ["http://10.0.5.254/", "3 reservations", "192.168.1.20 (\\\"nas-familial\\\")"] {
        assert!(notes.contains(told), "{told}: {notes}");
    }
    let def = crate::find("lan_set").unwrap();
    assert_eq!(def.access, Access::Disrupt);

    // The sessions are gone with the address: the read-back logs in again.
    let done = bench.json("lan_set", json!({"ipv4": "10.0.5.254"})).await;
    assert_eq!(
        done["after"],
        json!({"ipv4": "10.0.5.254", "prefix_length": 24, "dhcp": true, "dhcp_first": "10.0.5.10",
            "dhcp_last": "10.0.5.150", "lease_s": 86400})
    );
    assert_eq!(done["outcome"], "applied");
    let dns = bench.livebox.call("DHCPv4.Server", "getDHCPServerPool", &json!({}));
    assert!(dns.to_string().contains("\"DNSServers\":\"10.0.5.254\""), "{dns}");
    assert_eq!(bench.json("journal_undo", json!({})).await["outcome"], "applied");
    assert_eq!(bench.livebox.settings(), before);
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_sent() {
    let bench = evening().await;
    for (args, why) in [
        (json!({"ipv4": "192.168.1.20", "dhcp_first": "192.168.1.30"}), "reserved for"),
        (json!({"ipv4": "192.168.1.24", "dhcp_first": "192.168.1.30"}), "in use by \"Pont Hue\""),
        (json!({"ipv4": "192.168.144.1"}), "overlaps the guest network"),
        (json!({"ipv4": "192.168.0.1", "prefix_length": 16}), "overlaps the guest network"),
        (json!({"ipv4": "8.8.8.8"}), "not a private address"),
        (json!({"prefix_length": 25}), "not within 192.168.1.0/25"),
        (json!({"dhcp_first": "192.168.1.1"}), "own address"),
        (json!({"dhcp_first": "192.168.1.200"}), "ends before it begins"),
    ] {
        let error = bench.error("lan_set", args.clone()).await;
        assert!(matches!(error, ToolError::Conflict(_)), "{args}: {error:?}");
        assert!(error.to_string().contains(why), "{args}: {error}");
    }
    for args in
        [json!({}), json!({"lease_s": 1}), json!({"ipv4": "192.168.1"}), json!({"prefix_length": 300})]
    {
        let error = bench.error("lan_set", args.clone()).await;
        assert!(matches!(error, ToolError::Arguments(_)), "{args}: {error:?}");
    }
    assert_eq!(bench.livebox.requests().writes().len(), 0);
}

#[tokio::test]
async fn dhcp_goes_off_with_a_warning_and_comes_back() {
    let bench = evening().await;
    let plan = bench.plan("lan_set", json!({"dhcp": false})).await.unwrap();
    assert_eq!((&plan["plan"]["risk"], &plan["plan"]["cuts"]["seconds"]), (&json!("high"), &Value::Null));
    assert_eq!(bench.json("lan_set", json!({"dhcp": false})).await["after"]["dhcp"], false);
    assert_eq!(bench.json("lan_set", json!({"dhcp": true})).await["after"]["dhcp"], true);
}

#[tokio::test]
async fn an_older_box_takes_the_older_call() {
    let bench = evening().await;
    // Its firmware keeps the present call from us, then even the question.
    bench.fault(&format!("denied@{BRIDGE}:setIPv4"));
    let set = |last: &str| json!({ "dhcp_last": last });
    assert_eq!(bench.json("lan_set", set("192.168.1.160")).await["outcome"], "applied");
    bench.fault(&format!("absent@{BRIDGE}:getIPv4"));
    bench.cx.session().forget_reads();
    let plan = bench.plan("lan_set", set("192.168.1.170")).await.unwrap();
    assert_eq!(calls(&plan), ["NMC:setLANIP"]);
    let done = bench.json("lan_set", set("192.168.1.170")).await;
    assert_eq!((&done["outcome"], &done["after"]["dhcp_last"]), (&json!("applied"), &json!("192.168.1.170")));
    bench.fault("denied@NMC:setLANIP");
    let error = bench.error("lan_set", set("192.168.1.180")).await;
    assert!(matches!(error, ToolError::Box(_)) && error.kind() == "denied", "{error:?}");
}

#[tokio::test]
async fn a_lost_answer_is_read_back() {
    let bench = evening().await;
    bench.fault(&format!("drop-after@{BRIDGE}:setIPv4*1"));
    let done = bench.json("lan_set", json!({"ipv4": "10.0.5.1"})).await;
    assert_eq!((&done["outcome"], &done["after"]["ipv4"]), (&json!("applied"), &json!("10.0.5.1")));
    bench.fault(&format!("drop-before@{BRIDGE}:setIPv4*1"));
    let error = bench.error("lan_set", json!({"lease_s": 7200})).await;
    assert!(matches!(error, ToolError::Failed(_)), "{error:?}");
}

/// The box stays silent after the change: as soon as it answers, the former range is back.
#[tokio::test]
async fn a_guard_takes_a_range_back() {
    let mut bench = evening().await;
    bench.cx = bench.cx.with_watch(Some(Watch { box_s: 0, internet_s: 600, settle_s: 600 }));
    let before = bench.livebox.settings();
    assert_eq!(bench.json("lan_set", json!({"dhcp_last": "192.168.1.199"})).await["outcome"], "applied");
    assert_ne!(bench.livebox.settings(), before);
    bench.fault("503*4");
    bench.cx.guards_ended().await;
    assert_eq!(bench.livebox.settings(), before);
    let entry = bench.json("journal_show", json!({"entry": 1})).await;
    assert_eq!(entry["guard"], "reverted", "{entry}");
}

/// Box and Internet are well after the change, but every device is gone: it is taken back all the same.
#[tokio::test]
async fn a_guard_watches_the_devices_of_the_home_network() {
    let mut bench = evening().await;
    bench.cx = bench.cx.with_watch(Some(Watch { box_s: 60, internet_s: 1, settle_s: 1 }));
    let before = bench.livebox.settings();
    assert_eq!(bench.json("lan_set", json!({"dhcp_last": "192.168.1.199"})).await["outcome"], "applied");
    bench.livebox.with_state(|router| {
        let now = router.now();
        for host in &mut router.state.hosts {
            host.force(now, Some(false));
        }
    });
    bench.cx.guards_ended().await;
    assert_eq!(bench.livebox.settings(), before);
    let entry = bench.json("journal_show", json!({"entry": 1})).await;
    assert_eq!(entry["guard"], "reverted", "{entry}");
}

#[tokio::test]
async fn what_was_odd_before_does_not_stand_in_the_way() {
    let bench = evening().await;
    let odd = json!({"Address": "192.168.1.1", "PrefixLength": 24, "DHCPEnable": true,
        "DHCPMinAddress": "192.168.1.1", "DHCPMaxAddress": "192.168.1.150"});
    bench.livebox.call(BRIDGE, "setIPv4", &odd);
    assert_eq!(bench.json("lan_set", json!({"lease_s": 3600})).await["outcome"], "applied");
    let error = bench.error("lan_set", json!({"dhcp_last": "192.168.1.160"})).await;
    assert!(error.to_string().contains("own address"), "{error}");
}
