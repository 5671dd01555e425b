//! What becomes of rules when the box falls silent while they are put back.

use std::time::Duration;

use serde_json::{Value, json};

use super::{evening, undo::order};
use crate::{ToolError, testing::Bench};

/// Undoes the last change, with faults that begin half a second later: while the first rule is taken from its place.
async fn undo_with(bench: &Bench, faults: &[&str]) -> crate::Answer {
    bench.fault("slow=1000@Firewall:deletePortForwarding*1");
    let later = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        for fault in faults {
            bench.fault(fault);
        }
    };
    tokio::join!(bench.run("journal_undo", json!({})), later).0.unwrap()
}

async fn without(rule: &str) -> (Bench, Vec<String>) {
    let bench = evening().await;
    let first = order(&bench);
    bench.json("port_forward_remove", json!({"rule": rule})).await;
    (bench, first)
}

#[tokio::test]
async fn a_rule_that_is_lost_on_its_way_stays_the_only_one() {
    let (bench, first) = without("NAS HTTPS").await;
    let undone = undo_with(&bench, &["drop-before@Firewall:setPortForwarding*2"]).await;
    assert_eq!(undone.json["outcome"], "differs", "{}", undone.json);
    assert_eq!(undone.json["differs"], json!(["VPN maison", "order"]));
    let left = order(&bench);
    assert_eq!(left, [&first[2..], &first[..1]].concat(), "none but that one is gone");
    let deleted = bench.count("Firewall:deletePortForwarding");
    assert_eq!(deleted, 2, "that of the change and one of the undo");
    let page = undone.page.aligned();
    let command =
        "livebox-mcp port-forward add 'VPN maison' --to 192.168.1.23 --external-port 51820 --protocol udp";
    assert!(page.contains(command), "{page}");
    let shown = bench.json("journal_show", json!({"entry": undone.json["entry"]})).await;
    assert_eq!((&shown["differs"], &shown["after"]), (&undone.json["differs"], &undone.json["after"]));
}

#[tokio::test]
async fn a_rule_that_is_proven_absent_is_asked_for_again_once() {
    let (bench, first) = without("NAS HTTPS").await;
    let undone = undo_with(&bench, &["drop-before@Firewall:setPortForwarding*1"]).await;
    assert_eq!(undone.json["differs"], json!(["order"]), "{}", undone.json);
    let (mut left, mut all) = (order(&bench), first);
    left.sort();
    all.sort();
    assert_eq!(left, all, "every rule is there");
    assert_eq!(bench.count("Firewall:deletePortForwarding"), 2, "nothing is moved after a lost answer");
    assert!(bench.livebox.with_state(|router| router.state.firewall.is_committed()));
}

#[tokio::test]
async fn a_refused_rule_comes_back_all_the_same() {
    let (bench, first) = without("NAS HTTPS").await;
    // Somebody takes the port of the rule that is in the air.
    let thief = json!({
        "id": "thief", "origin": "webui", "sourceInterface": "data", "externalPort": "51820",
        "internalPort": "51820", "protocol": "17", "destinationIPAddress": "192.168.1.25",
        "description": "thief", "enable": true, "persistent": true,
    });
    let fault = format!("foreign=Firewall:setPortForwarding{thief}@Firewall:deletePortForwarding*1");
    bench.fault(&fault);
    let undone = bench.run("journal_undo", json!({})).await.unwrap();
    assert_eq!(undone.json["differs"], json!(["VPN maison", "order"]), "{}", undone.json);
    assert!(undone.page.compact().contains("port-forward add 'VPN maison'"), "{:?}", undone.page);
    let left = order(&bench);
    for id in first.iter().filter(|id| *id != "webui_VPN maison") {
        assert!(left.contains(id), "{left:?}");
    }
}

#[tokio::test]
async fn an_order_that_was_not_reached_is_no_success() {
    let (bench, first) = without("VPN maison").await;
    bench.fault("drop-before@Firewall:deletePortForwarding*1");
    let undone = bench.json("journal_undo", json!({})).await;
    assert_eq!((&undone["outcome"], &undone["differs"]), (&json!("differs"), &json!(["order"])), "{undone}");
    assert_eq!(order(&bench), [&first[..1], &first[2..], &first[1..2]].concat());
    assert_eq!(bench.count("Firewall:deletePortForwarding"), 2);
}

#[tokio::test]
async fn a_box_that_restarts_meanwhile_leaves_one_rule_unknown_and_names_it() {
    let (bench, _) = without("NAS HTTPS").await;
    bench.fault("reboot=60@Firewall:deletePortForwarding*1");
    let error = bench.error("journal_undo", json!({})).await;
    let text = error.to_string();
    assert!(matches!(error, ToolError::Unknown(_)), "{error:?}");
    assert!(text.contains("port-forward add 'VPN maison'"), "{text}");
    // What a device asked for does not outlast a restart.
    let mut left = order(&bench);
    left.sort();
    assert_eq!(left, ["webui_Caméra", "webui_NAS HTTPS"]);
}

#[tokio::test]
async fn the_record_of_a_killed_undo_names_the_rule_that_is_missing() {
    let (bench, _) = without("NAS HTTPS").await;
    let cx = bench.cx.clone();
    // The answer takes its time, and the process dies with the rule in the air.
    bench.fault("slow=2000@Firewall:deletePortForwarding*1");
    let dying = tokio::spawn(async move {
        let def = crate::find("journal_undo").unwrap();
        crate::invoke(&cx, def, &crate::testing::order(), json!({})).await.map(|answer| answer.json)
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    bench.livebox.with_state(|router| {
        router.state.firewall.forwards.retain(|rule| rule.id != "webui_VPN maison");
    });
    tokio::time::sleep(Duration::from_millis(1500)).await;
    bench.cx.session().forget_reads();
    let single = json!({"name": "Jeu", "host": "nas", "external_port": "4000", "protocol": "udp"});
    bench.json("port_forward_add", single).await;
    let shown = bench.json("journal_show", json!({"entry": 2})).await;
    let differs: Vec<&str> = shown["differs"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(differs, ["VPN maison", "order"], "{shown}");
}
