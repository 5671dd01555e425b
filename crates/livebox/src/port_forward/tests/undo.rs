//! The way back of rules.

use serde_json::{Value, json};

use super::{evening, kept_as, web};
use crate::{ToolError, testing::Bench};

/// Ids in the box's order.
pub(super) fn order(bench: &Bench) -> Vec<String> {
    bench
        .livebox
        .with_state(|router| router.state.firewall.forwards.iter().map(|rule| rule.id.clone()).collect())
}

#[tokio::test]
async fn a_plan_tells_what_is_sent_and_the_way_back() {
    let bench = evening().await;
    let plan = bench.plan("port_forward_remove", json!({"rule": "NAS HTTPS"})).await.unwrap();
    assert_eq!((&plan["outcome"], &plan["after"]), (&json!("planned"), &Value::Null));
    assert_eq!(plan["before"][0]["external_port"], "8443");
    let calls: Vec<&str> =
        plan["plan"]["calls"].as_array().unwrap().iter().map(|call| call["call"].as_str().unwrap()).collect();
    assert_eq!(calls, ["Firewall:deletePortForwarding", "Firewall:commit"]);
    assert_eq!(plan["plan"]["undo"]["tool"], "port_forward_set");
    let single = json!({"name": "Jeu", "host": "nas", "external_port": "4000", "protocol": "udp"});
    let plan = bench.plan("port_forward_add", single).await.unwrap();
    assert_eq!((&plan["plan"]["risk"], &plan["after"][0]["protocol"]), (&json!("medium"), &json!("udp")));
    assert_eq!(
        plan["plan"]["undo"],
        json!({"tool": "port_forward_remove", "arguments": {"rule": "webui_Jeu"}})
    );
    let plan = bench.plan("port_forward_add", web()).await.unwrap();
    let only = plan["plan"]["calls"][1]["only"].as_str().unwrap();
    assert!(only.contains("refuses both protocols"), "{plan}");
    assert_eq!(bench.count("Firewall:setPortForwarding") + bench.count("Firewall:deletePortForwarding"), 0);
    assert!(crate::find("port_forward_set").is_none(), "the way back is no tool of its own");
}

#[tokio::test]
async fn what_was_removed_comes_back_as_it_was_and_where_it_was() {
    let bench = evening().await;
    bench.livebox.with_state(|router| {
        let rules = &mut router.state.firewall.forwards;
        rules[1].source_prefix = "203.0.113.0/24,198.51.100.7".to_owned();
        let mut pcp = rules[3].clone();
        (pcp.id, pcp.origin, pcp.external_port, pcp.upnp_v1) =
            ("pcp_5".to_owned(), "pcp".to_owned(), "5555".to_owned(), false);
        rules.push(pcp);
        router.state.firewall.commit();
    });
    let (before, first) = (bench.livebox.settings(), order(&bench));
    assert_eq!(first.len(), 5);
    for id in &first {
        let removed = bench.json("port_forward_remove", json!({"rule": id})).await;
        assert_eq!(removed["outcome"], "applied", "{id}");
        assert!(!order(&bench).contains(id));
        let undone = bench.json("journal_undo", json!({})).await;
        assert_eq!(undone["outcome"], "applied", "{id}: {undone}");
        assert_eq!(order(&bench), first, "{id}");
        assert_eq!(bench.livebox.settings(), before, "{id}");
        // There and back again.
        let redone = bench.json("journal_undo", json!({"entry": undone["entry"]})).await;
        assert_eq!(redone["outcome"], "applied", "{id}: {redone}");
        assert!(!order(&bench).contains(id), "{id}");
        let undone = bench.json("journal_undo", json!({"entry": redone["entry"]})).await;
        assert_eq!((&undone["outcome"], order(&bench)), (&json!("applied"), first.clone()), "{id}");
        assert_eq!(bench.livebox.settings(), before, "{id}");
    }
}

#[tokio::test]
async fn the_operators_rules_are_not_moved_for_the_order() {
    let bench = evening().await;
    bench.livebox.with_state(|router| {
        let mut operator = router.state.firewall.forwards[0].clone();
        (operator.id, operator.origin, operator.external_port) =
            ("cwmp_1".to_owned(), "cwmp".to_owned(), "7547".to_owned());
        router.state.firewall.forwards.push(operator);
    });
    let first = order(&bench);
    bench.json("port_forward_remove", json!({"rule": first[0]})).await;
    let plan = bench.plan("journal_undo", json!({})).await.unwrap();
    let notes = plan["plan"]["notes"].to_string();
    assert!(notes.contains("stand last"), "{plan}");
    let undone = bench.json("journal_undo", json!({})).await;
    assert_eq!(undone["outcome"], "applied", "{undone}");
    let last = [&first[1..], &first[..1]].concat();
    assert_eq!((order(&bench), bench.count("Firewall:deletePortForwarding")), (last, 1));
}

#[tokio::test]
async fn what_was_added_goes_again() {
    let bench = evening().await;
    let before = bench.livebox.settings();
    for args in [web(), json!({"name": "Jeu", "host": "nas", "external_port": "4000", "protocol": "udp"})] {
        bench.json("port_forward_add", args.clone()).await;
        let after = bench.livebox.settings();
        let undone = bench.json("journal_undo", json!({})).await;
        assert_eq!(undone["outcome"], "applied", "{args}");
        assert_eq!(bench.livebox.settings(), before, "{args}");
        let redone = bench.json("journal_undo", json!({"entry": undone["entry"]})).await;
        assert_eq!(redone["outcome"], "applied", "{args}");
        assert_eq!(bench.livebox.settings(), after, "{args}");
        bench.json("journal_undo", json!({"entry": redone["entry"]})).await;
    }
    // Where the box takes one protocol a rule, both go.
    bench.fault(&kept_as(&json!({"protocol": "6"})));
    let added = bench.json("port_forward_add", web()).await;
    assert!(added["after"][1].is_object(), "{added}");
    assert_eq!(bench.json("journal_undo", json!({})).await["outcome"], "applied");
    assert_eq!(bench.livebox.settings(), before);
}

#[tokio::test]
async fn what_others_did_since_is_not_overwritten() {
    let bench = evening().await;
    bench.json("port_forward_add", web()).await;
    bench.livebox.with_state(|router| {
        let rules = &mut router.state.firewall.forwards;
        rules.last_mut().unwrap().destination = "192.168.1.24".to_owned();
    });
    bench.cx.session().forget_reads();
    let error = bench.error("journal_undo", json!({})).await;
    assert!(matches!(error, ToolError::Drift(_)) && error.to_string().contains("ipv4"), "{error}");
    // The port of a rule that was removed is another's now.
    bench.json("port_forward_remove", json!({"rule": "VPN maison"})).await;
    let args = json!({"name": "Autre", "host": "nas", "external_port": "51820", "protocol": "udp"});
    let other = bench.json("port_forward_add", args).await;
    let entry = other["entry"].as_i64().unwrap() - 1;
    let error = bench.error("journal_undo", json!({"entry": entry})).await;
    assert!(matches!(error, ToolError::Conflict(_)) && error.to_string().contains("Autre"), "{error}");
    // Somebody made the same rule again: nothing is left to do.
    bench.json("journal_undo", json!({})).await;
    bench.json("port_forward_remove", json!({"rule": "NAS HTTPS"})).await;
    let args = json!({
        "name": "NAS HTTPS", "host": "nas", "external_port": "8443", "internal_port": "5001", "protocol": "tcp",
    });
    let entry = bench.json("port_forward_add", args).await["entry"].as_i64().unwrap() - 1;
    assert_eq!(bench.json("journal_undo", json!({"entry": entry})).await["outcome"], "already_so");
}

#[tokio::test]
async fn what_became_of_a_lost_way_back_is_read_back() {
    let bench = evening().await;
    let (before, first) = (bench.livebox.settings(), order(&bench));
    bench.json("port_forward_remove", json!({"rule": first[0]})).await;
    // The box is not to be relied on, so no other rule is moved any more.
    bench.fault("drop-after@Firewall:setPortForwarding*1");
    let undone = bench.json("journal_undo", json!({})).await;
    assert_eq!(undone["differs"], json!(["order"]), "{undone}");
    assert_eq!(order(&bench), [&first[1..], &first[..1]].concat());
    // Back to where it was removed, and once more.
    bench.json("journal_undo", json!({"entry": undone["entry"]})).await;
    bench.json("journal_undo", json!({"entry": 1})).await;
    assert_eq!((order(&bench), bench.livebox.settings()), (first.clone(), before));
    // One that never arrived is not sent again by itself: nothing changed, and that is an error.
    bench.json("port_forward_remove", json!({"rule": first[3]})).await;
    let sent = bench.count("Firewall:setPortForwarding");
    bench.fault("drop-before@Firewall:setPortForwarding*1");
    let error = bench.error("journal_undo", json!({})).await;
    assert!(matches!(error, ToolError::Failed(_)), "{error:?}");
    assert_eq!(bench.count("Firewall:setPortForwarding"), sent + 1);
    assert_eq!(order(&bench), first[..3]);
    assert_eq!(bench.json("journal_undo", json!({})).await["outcome"], "applied");
    assert_eq!(order(&bench), first);
}

#[tokio::test]
async fn a_plan_says_which_rules_are_remade_for_the_order() {
    let bench = evening().await;
    bench.json("port_forward_remove", json!({"rule": "NAS HTTPS"})).await;
    let plan = bench.plan("journal_undo", json!({})).await.unwrap();
    assert_eq!(plan["plan"]["risk"], "high", "{plan}");
    let notes = plan["plan"]["notes"].to_string();
    for name in ["removed and made anew", "VPN maison", "Caméra", "9308"] {
        assert!(notes.contains(name), "{name}: {notes}");
    }
    bench.json("journal_undo", json!({})).await;
    let last = order(&bench).pop().unwrap();
    bench.json("port_forward_remove", json!({"rule": last})).await;
    let plan = bench.plan("journal_undo", json!({})).await.unwrap();
    assert_eq!(plan["plan"]["risk"], "medium", "nothing else is touched: {plan}");
}

#[tokio::test]
async fn rules_undone_in_any_order_stand_as_they_did() {
    for removal in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let bench = evening().await;
        let first = order(&bench);
        for place in removal {
            let removed = bench.json("port_forward_remove", json!({"rule": first[place]})).await;
            assert_eq!(removed["outcome"], "applied");
        }
        for entry in [1, 3, 2, 4] {
            let undone = bench.json("journal_undo", json!({"entry": entry})).await;
            assert_eq!(undone["outcome"], "applied", "{removal:?} {entry}: {undone}");
        }
        assert_eq!(order(&bench), first, "removed as {removal:?}");
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_had_is_said_in_the_plan() {
    let bench = evening().await;
    let first = order(&bench);
    bench.json("port_forward_remove", json!({"rule": first[3]})).await;
    let single = json!({"name": "Jeu", "host": "nas", "external_port": "4000", "protocol": "udp"});
    bench.json("port_forward_add", single).await;
    let plan = bench.plan("journal_undo", json!({"entry": 1})).await.unwrap();
    let notes = plan["plan"]["notes"].to_string();
    assert!(notes.contains("came since") && notes.contains("Jeu"), "{notes}");
    // The others changed places.
    bench.livebox.with_state(|router| router.state.firewall.forwards.reverse());
    bench.cx.session().forget_reads();
    bench.json("port_forward_remove", json!({"rule": "VPN maison"})).await;
    bench.livebox.with_state(|router| router.state.firewall.forwards.reverse());
    bench.cx.session().forget_reads();
    let plan = bench.plan("journal_undo", json!({})).await.unwrap();
    assert!(plan["plan"]["notes"].to_string().contains("another order"), "{plan}");
}

/// A rule of somebody, whose name is the one that a second rule of ours would get.
async fn stranger(bench: &Bench) {
    let args = json!({"name": "web TCP", "host": "nas", "external_port": "8500", "protocol": "tcp"});
    bench.json("port_forward_add", args).await;
}

fn both() -> Value {
    json!({"name": "web", "host": "nas-familial", "external_port": "8444", "protocol": "both"})
}

#[tokio::test]
async fn the_way_back_takes_no_strangers_rule() {
    for is_before in [true, false] {
        let bench = evening().await;
        if is_before {
            stranger(&bench).await;
        }
        bench.json("port_forward_add", both()).await;
        if !is_before {
            stranger(&bench).await;
        }
        let entry = if is_before { 2 } else { 1 };
        let undone = bench.json("journal_undo", json!({"entry": entry})).await;
        assert_eq!(undone["outcome"], "applied", "{undone}");
        let left = order(&bench);
        assert!(left.contains(&"webui_web TCP".to_owned()), "{is_before}: {left:?}");
        assert!(!left.contains(&"webui_web".to_owned()), "{is_before}: {left:?}");
    }
}

#[tokio::test]
async fn a_second_rule_replaces_no_strangers_rule() {
    let bench = evening().await;
    stranger(&bench).await;
    // The box keeps UDP only, so that TCP would become a rule called "web TCP".
    let udp = json!({
        "id": "webui_web", "origin": "webui", "sourceInterface": "data", "externalPort": "8444",
        "internalPort": "8444", "destinationIPAddress": "192.168.1.20", "sourcePrefix": "",
        "protocol": "17", "description": "web", "enable": true, "persistent": true,
    });
    bench.fault(&format!("foreign=Firewall:setPortForwarding{udp}@Firewall:setPortForwarding*1"));
    let added = bench.json("port_forward_add", both()).await;
    assert_eq!((&added["outcome"], &added["differs"]), (&json!("differs"), &json!(["protocol"])), "{added}");
    let ports = bench.livebox.with_state(|router| {
        let rules = router.state.firewall.forwards.iter();
        rules.map(|rule| (rule.description.clone(), rule.external_port.clone())).collect::<Vec<_>>()
    });
    assert!(ports.contains(&("web TCP".to_owned(), "8500".to_owned())), "{ports:?}");
}
