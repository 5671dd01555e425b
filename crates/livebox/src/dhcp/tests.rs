//! Leases in the shapes that boxes give them.

use emulator::{Options, Time};
use serde_json::{Value, json};

use super::{Lease, duration, reservation::AddReservation, wire};
use crate::{
    Access, Change as _, ToolError,
    plan::Stage,
    testing::{Bench, bench_with, recordings},
};

fn leases(reply: &Value) -> Vec<Lease> {
    wire::leases(&serde_json::from_value(reply.clone()).unwrap(), false)
}

#[test]
fn every_recorded_list_of_leases_is_read() {
    for service in ["DHCPv4.Server.Pool.default", "DHCPv4.Server.Pool.guest"] {
        for recording in recordings(service, "getLeases") {
            let reply = recording.reply::<wire::GetLeases>();
            assert!(wire::leases(&reply, false).is_empty(), "{}", recording.file);
        }
    }
}

#[test]
fn odd_leases_are_read() {
    let list = leases(&json!({"default": {
        "01:aa:bb:cc:00:00:01": {
            "IPAddress": "192.168.1.20", "MACAddress": "AA:BB:CC:00:00:01", "LeaseTimeRemaining": -1,
            "Active": true, "Reserved": true, "FriendlyName": "nas",
        },
        "01:aa:bb:cc:00:00:02": {"LeaseTimeRemaining": "3600", "Active": "1", "MACAddress": 5},
        "ff:01:02": {"LeaseTimeRemaining": -1},
    }, "other": [], "third": 7}));
    let [reserved, odd, bare] = list.try_into().unwrap();
    assert!(
        reserved.reserved == Some(true) && reserved.active == Some(true) && reserved.remaining_s.is_none()
    );
    assert_eq!(odd.mac.unwrap().to_string(), "AA:BB:CC:00:00:02");
    assert_eq!((odd.remaining_s, odd.active, odd.reserved), (Some(3600), Some(true), Some(false)));
    assert_eq!((bare.mac, bare.ipv4, bare.reserved), (None, None, Some(true)));
    assert!(leases(&json!([])).is_empty());
}

#[test]
fn durations_are_short() {
    assert_eq!([59, 720, 86_399].map(duration), ["59 s", "12 min", "23 h 59"]);
}

/// Saturday, 20:30 in Paris: most of the family is at home.
async fn evening() -> Bench {
    let time = Time::Manual("2026-03-14T19:30:00Z".parse().unwrap());
    bench_with(Options { time, ..Options::default() }).await
}

#[tokio::test]
async fn leases_of_both_networks_are_listed() {
    let bench = evening().await;
    let list = bench.json("dhcp_lease_list", json!({"limit": 100})).await;
    let leases = list["leases"].as_array().unwrap();
    assert_eq!(leases.len() as u64, list["active"].as_u64().unwrap());
    assert!(leases.iter().all(|lease| lease["active"] == true));
    let nas = leases.iter().find(|lease| lease["ipv4"] == "192.168.1.20").unwrap();
    assert_eq!((&nas["reserved"], &nas["remaining_s"]), (&json!(true), &Value::Null));
    let hue = leases.iter().find(|lease| lease["ipv4"] == "192.168.1.24").unwrap();
    assert!(hue["remaining_s"].as_u64().unwrap() <= 86_400 && hue["reserved"] == false);
    let all = bench.json("dhcp_lease_list", json!({"all": true, "limit": 100})).await;
    assert_eq!(all["matching"], all["total"]);
    let guests = bench.json("dhcp_lease_list", json!({"all": true, "guest": true})).await;
    assert!(guests["leases"].as_array().unwrap().iter().all(|lease| lease["guest"] == true));
    bench.fault("absent@DHCPv4.Server.Pool.guest:getLeases");
    bench.cx.session().forget_reads();
    let one = bench.run("dhcp_lease_list", json!({"limit": 1})).await.unwrap();
    assert_eq!(one.json["leases"].as_array().unwrap().len(), 1);
    assert!(one.page.compact().contains("more: raise `limit`"));
}

#[tokio::test]
async fn reservations_are_listed_with_names() {
    let bench = evening().await;
    let list = bench.json("dhcp_reservation_list", json!({})).await;
    assert_eq!(list["total"], 3);
    assert_eq!(list["reservations"][0]["name"], "nas-familial");
    assert_eq!(list["reservations"][0]["ipv4"], "192.168.1.20");
    let found = bench.json("dhcp_reservation_list", json!({"search": "BROTHER"})).await;
    assert_eq!((&found["matching"], &found["total"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn a_host_keeps_its_present_address() {
    let bench = evening().await;
    let args = json!({"host": "pont hue"});
    let added = bench.json("dhcp_reservation_add", args.clone()).await;
    assert_eq!((&added["outcome"], &added["before"]), (&json!("applied"), &Value::Null));
    assert_eq!(
        (&added["after"]["name"], &added["after"]["ipv4"]),
        (&json!("Pont Hue"), &json!("192.168.1.24"))
    );
    assert!(added["after"].get("outside_dhcp_range").is_none());
    assert_eq!(bench.json("dhcp_reservation_add", args).await["outcome"], "already_so");
    assert_eq!(bench.count("DHCPv4.Server.Pool.default:addStaticLease"), 1);
    let shown = bench.json("host_show", json!({"host": "Pont Hue"})).await;
    assert_eq!(shown["dhcp_reservation"], true);
}

#[tokio::test]
async fn an_address_outside_of_the_range_is_noted() {
    let bench = evening().await;
    let added =
        bench.run("dhcp_reservation_add", json!({"host": "Echo Dot", "ip": "192.168.1.240"})).await.unwrap();
    assert_eq!(added.json["after"]["outside_dhcp_range"], true);
    assert!(added.page.compact().contains("outside of the range"), "{:?}", added.page);
}

#[tokio::test]
async fn a_device_never_seen_gets_a_reservation() {
    let bench = evening().await;
    let mac = "02:00:00:00:00:42";
    let error = bench.error("dhcp_reservation_add", json!({"host": mac})).await;
    assert!(error.to_string().contains("`ip`"), "{error}");
    let added =
        bench.json("dhcp_reservation_add", json!({"host": "020000000042", "ip": "192.168.1.90"})).await;
    assert_eq!((&added["outcome"], &added["after"]["mac"]), (&json!("applied"), &json!(mac)));
    let removed = bench.json("dhcp_reservation_remove", json!({"host": "192.168.1.90"})).await;
    assert_eq!((&removed["outcome"], &removed["before"]["mac"]), (&json!("applied"), &json!(mac)));
}

#[tokio::test]
async fn a_reservation_names_the_host_too() {
    let bench = evening().await;
    let args = json!({"host": "192.168.1.24", "ip": "192.168.1.24", "name": "Éclairage"});
    let added = bench.json("dhcp_reservation_add", args.clone()).await;
    assert_eq!((&added["outcome"], &added["after"]["name"]), (&json!("applied"), &json!("Éclairage")));
    assert_eq!(bench.json("dhcp_reservation_add", args).await["outcome"], "already_so");
    // The reservation stands whatever becomes of the name.
    bench.fault("denied@Devices.Device.*:setName");
    let added = bench.json("dhcp_reservation_add", json!({"host": "Echo Dot", "name": "Écho"})).await;
    assert_eq!((&added["outcome"], &added["differs"]), (&json!("differs"), &json!(["name"])));
    assert_eq!(added["after"]["name"], "Echo Dot");
}

#[tokio::test]
async fn what_stands_against_a_reservation_is_said() {
    let bench = evening().await;
    for (host, ip, why) in [
        ("Echo Dot", "192.168.2.9", "outside of the home network (192.168.1.0/24)"),
        ("Echo Dot", "192.168.1.1", "own address"),
        ("Echo Dot", "192.168.1.255", "first or last"),
        ("Echo Dot", "192.168.1.20", "reserved for 00:11:32:8E:8D:60 (\"nas-familial\")"),
        ("Echo Dot", "192.168.1.24", "(\"Pont Hue\") now"),
        ("nas-familial", "192.168.1.77", "192.168.1.20 reserved already"),
        ("grille-pain", "192.168.1.77", "No host is called"),
        ("Téléphone de Mamie", "192.168.144.10", "outside of the home network"),
    ] {
        let error = bench.error("dhcp_reservation_add", json!({"host": host, "ip": ip})).await;
        assert!(matches!(error, ToolError::Conflict(_)), "{error:?}");
        assert!(error.to_string().contains(why), "{host} {ip}: {error}");
    }
    for args in [json!({"host": "Echo Dot", "ip": "192.168.1"}), json!({"host": "Echo Dot", "name": "a\nb"})]
    {
        let error = bench.error("dhcp_reservation_add", args).await;
        assert!(matches!(error, ToolError::Arguments(_)), "{error:?}");
    }
    assert_eq!(bench.count("DHCPv4.Server.Pool.default:addStaticLease"), 0);
}

#[tokio::test]
async fn a_reservation_is_removed_by_any_name_of_its_host() {
    let bench = evening().await;
    let removed = bench.json("dhcp_reservation_remove", json!({"host": "imprimante"})).await;
    assert_eq!((&removed["outcome"], &removed["after"]), (&json!("applied"), &Value::Null));
    assert_eq!(removed["before"]["ipv4"], "192.168.1.21");
    for (host, why) in [
        ("imprimante brother", "No address is reserved for `Imprimante Brother`"),
        ("192.168.1.24", "No address is reserved for `Pont Hue`"),
        ("192.168.1.99", "No address is reserved for `192.168.1.99`"),
        ("grille-pain", "No host is called"),
    ] {
        let error = bench.error("dhcp_reservation_remove", json!({"host": host})).await;
        assert!(error.to_string().contains(why), "{error}");
    }
    assert_eq!(bench.count("DHCPv4.Server.Pool.default:deleteStaticLease"), 1);
}

#[tokio::test]
async fn what_became_of_a_lost_reservation_is_read_back() {
    let bench = evening().await;
    let pool = "DHCPv4.Server.Pool.default";
    bench.fault(&format!("drop-after@{pool}:addStaticLease*1"));
    assert_eq!(bench.json("dhcp_reservation_add", json!({"host": "Pont Hue"})).await["outcome"], "applied");
    bench.fault(&format!("drop-after@{pool}:deleteStaticLease*1"));
    let removed = bench.json("dhcp_reservation_remove", json!({"host": "Pont Hue"})).await;
    assert_eq!(removed["outcome"], "applied");
    bench.fault(&format!("drop-before@{pool}:addStaticLease*1"));
    let error = bench.error("dhcp_reservation_add", json!({"host": "Pont Hue"})).await;
    assert!(matches!(error, ToolError::Failed(_)), "{error:?}");
}

/// Between the last look and the write: too late for the plan, and the box says so.
#[tokio::test]
async fn somebody_elses_reservation_in_the_same_moment_is_a_conflict() {
    let bench = evening().await;
    let order: AddReservation =
        serde_json::from_value(json!({"host": "Echo Dot", "ip": "192.168.1.90"})).unwrap();
    let Stage::Planned(_, apply) = order.prepare(&bench.cx).await.unwrap().0 else { panic!() };
    let other = json!({"MACAddress": "02:00:00:00:00:43", "IPAddress": "192.168.1.90"});
    bench.livebox.call("DHCPv4.Server.Pool.default", "addStaticLease", &other);
    let error = apply(bench.cx.granting(Access::Change, None)).await.unwrap_err();
    assert!(matches!(&error, ToolError::Conflict(_)), "{error:?}");
    assert!(error.to_string().contains("The box says that 192.168.1.90 is reserved already"), "{error}");
}

async fn undo(bench: &Bench, entry: i64) -> Value {
    bench.cx.session().forget_reads();
    bench.json("journal_undo", json!({ "entry": entry })).await
}

#[tokio::test]
async fn a_reservation_is_taken_back_and_made_again() {
    let bench = evening().await;
    let before = bench.livebox.settings();
    let plan = bench.plan("dhcp_reservation_add", json!({"host": "pont hue"})).await.unwrap();
    assert_eq!(plan["plan"]["undo"]["tool"], "dhcp_reservation_remove");
    assert_eq!(plan["plan"]["calls"].as_array().unwrap().len(), 1);
    bench.json("dhcp_reservation_add", json!({"host": "pont hue"})).await;
    assert_eq!(undo(&bench, 1).await["outcome"], "applied");
    assert_eq!(bench.livebox.settings(), before);
    assert_eq!(undo(&bench, 2).await["after"]["ipv4"], "192.168.1.24");

    bench.json("dhcp_reservation_remove", json!({"host": "imprimante"})).await;
    let back = undo(&bench, 4).await;
    assert_eq!((&back["outcome"], &back["after"]["ipv4"]), (&json!("applied"), &json!("192.168.1.21")));
}

/// The plan tells beforehand the one thing that the undo does not give back.
#[tokio::test]
async fn a_removal_says_that_its_undo_comes_last() {
    let mut bench = evening().await;
    let kept = |bench: &Bench| bench.livebox.settings()["lan"]["reservations"].as_array().unwrap().clone();
    let before = kept(&bench);
    let plan = bench.plan("dhcp_reservation_remove", json!({"host": before[0][0]})).await.unwrap();
    assert!(plan["plan"]["notes"].to_string().contains("last in the box's list"), "{plan}");
    bench.json("dhcp_reservation_remove", json!({"host": before[0][0]})).await;
    assert_eq!(undo(&bench, 1).await["outcome"], "applied");
    let rotated: Vec<Value> = before[1..].iter().chain(&before[..1]).cloned().collect();
    assert_eq!(kept(&bench), rotated);
    bench.cx = bench.cx.clone().with_lang(crate::Lang::Fr);
    let plan = bench.plan("dhcp_reservation_remove", json!({"host": before[0][0]})).await.unwrap();
    assert!(plan["plan"]["notes"].to_string().contains("en dernier dans la liste"), "{plan}");
    for other in &before[1..] {
        bench.json("dhcp_reservation_remove", json!({"host": other[0]})).await;
    }
    let only = bench.plan("dhcp_reservation_remove", json!({"host": before[0][0]})).await.unwrap();
    assert_eq!(only["plan"]["notes"], Value::Null, "{only}");
}

#[tokio::test]
async fn a_renamed_device_does_not_stop_an_undo_but_another_address_does() {
    let bench = evening().await;
    bench.json("dhcp_reservation_add", json!({"host": "pont hue"})).await;
    bench.json("host_rename", json!({"host": "pont hue", "name": "Lumières"})).await;
    let mac = bench.json("host_show", json!({"host": "Lumières"})).await["mac"].as_str().unwrap().to_owned();
    let pool = "DHCPv4.Server.Pool.default";
    let lease = json!({ "MACAddress": mac, "IPAddress": "192.168.1.99" });
    bench.livebox.call(pool, "deleteStaticLease", &lease);
    bench.livebox.call(pool, "addStaticLease", &lease);
    bench.cx.session().forget_reads();
    let error = bench.error("journal_undo", json!({"entry": 1})).await;
    assert!(matches!(error, ToolError::Drift(_)) && error.to_string().contains("ipv4"), "{error}");
    bench.livebox.call(pool, "deleteStaticLease", &lease);
    let lease = json!({ "MACAddress": mac, "IPAddress": "192.168.1.24" });
    bench.livebox.call(pool, "addStaticLease", &lease);
    assert_eq!(undo(&bench, 1).await["outcome"], "applied");
}

#[tokio::test]
async fn a_name_that_came_with_a_reservation_goes_with_it() {
    let bench = evening().await;
    // One of them has no name given by a person.
    let hue = bench.json("host_show", json!({"host": "Pont Hue"})).await["mac"].as_str().unwrap().to_owned();
    bench.livebox.call(&format!("Devices.Device.{hue}"), "removeName", &json!({"source": "webui"}));
    bench.cx.session().forget_reads();
    for (host, name) in [(hue.as_str(), "Éclairage"), ("nas-familial", "Coffre")] {
        let before = bench.livebox.settings();
        let args = json!({ "host": host, "name": name });
        let plan = bench.plan("dhcp_reservation_add", args.clone()).await.unwrap();
        let done = bench.json("dhcp_reservation_add", args).await;
        assert_eq!((&done["outcome"], &done["after"]), (&json!("applied"), &plan["after"]));
        let entry = done["entry"].as_i64().unwrap();
        let after = bench.livebox.settings();
        assert_ne!(after, before);
        assert_eq!(undo(&bench, entry).await["outcome"], "applied");
        assert_eq!(bench.livebox.settings(), before, "{host}");
        assert_eq!(undo(&bench, entry + 1).await["outcome"], "applied");
        assert_eq!(bench.livebox.settings(), after, "{host}");
    }
}

#[tokio::test]
async fn a_later_name_stops_the_undo_of_a_naming_reservation() {
    let bench = evening().await;
    bench.json("dhcp_reservation_add", json!({"host": "Pont Hue", "name": "Éclairage"})).await;
    bench.json("host_rename", json!({"host": "Éclairage", "name": "Lumières"})).await;
    let error = bench.error("journal_undo", json!({"entry": 1})).await;
    assert!(matches!(error, ToolError::Drift(_)) && error.to_string().contains("given_name"), "{error}");
}
