//! The DMZ in the shapes that boxes give it.

use serde_json::{Value, json};
use sysbus::scalar::Table;

use super::{
    Dmz,
    kept::{self, Present},
    restore::RestoreDmz,
    wire,
};
use crate::{
    ToolError,
    testing::{Bench, bench},
};

fn dmz(entries: &Value) -> Option<Dmz> {
    kept::dmz(&wire::present(&serde_json::from_value::<Table<wire::Entry>>(entries.clone()).unwrap()))
}

#[test]
fn no_dmz_is_none_however_it_is_said() {
    for none in [json!({}), json!([]), Value::Null] {
        assert_eq!(dmz(&none), None, "{none}");
    }
}

#[test]
fn the_entry_that_works_counts() {
    let entry =
        |ip: &str, enable: bool| json!({"DestinationIPAddress": ip, "Enable": enable, "Status": "Enabled"});
    let both = json!({"mine": entry("192.168.1.9", true), "webui": entry("192.168.1.8", false)});
    assert_eq!(dmz(&both).unwrap().entry.ipv4, Some([192, 168, 1, 9].into()));
    let odd = dmz(&json!({"webui": {"DestinationIPAddress": 7, "Status": []}})).unwrap();
    assert_eq!((odd.entry.ipv4, odd.entry.enabled, odd.status), (None, true, None));
}

#[tokio::test]
async fn a_host_becomes_the_dmz_and_is_freed_again() {
    let bench = bench().await;
    let none = bench.json("dmz_show", json!({})).await;
    assert_eq!(none, json!({"enabled": false, "ipv4": null, "name": null, "status": null}));
    let set = bench.run("dmz_set", json!({"host": "NAS"})).await.unwrap();
    let expected =
        json!({"enabled": true, "ipv4": "192.168.1.20", "name": "nas-familial", "status": "Enabled"});
    assert_eq!((&set.json["outcome"], &set.json["after"]), (&json!("applied"), &expected));
    assert!(set.page.compact().contains("no rule matches reaches this host"), "{:?}", set.page);
    assert_eq!(bench.count("Firewall:commit"), 1);
    assert_eq!(bench.json("dmz_show", json!({})).await, expected);
    let again = bench.json("dmz_set", json!({"host": "192.168.1.20"})).await;
    assert_eq!((&again["outcome"], bench.count("Firewall:setDMZ")), (&json!("already_so"), 1));
    let moved = bench.json("dmz_set", json!({"host": "Pont Hue"})).await;
    assert_eq!(
        (&moved["before"]["ipv4"], &moved["after"]["ipv4"]),
        (&json!("192.168.1.20"), &json!("192.168.1.24"))
    );
    let cleared = bench.json("dmz_clear", json!({})).await;
    assert_eq!((&cleared["outcome"], &cleared["after"]), (&json!("applied"), &Value::Null));
    assert_eq!(bench.json("dmz_clear", json!({})).await["outcome"], "already_so");
    assert_eq!(bench.count("Firewall:deleteDMZ"), 1);
}

#[tokio::test]
async fn what_cannot_be_a_dmz_is_refused() {
    let bench = bench().await;
    for host in ["192.168.2.9", "192.168.1.1", "192.168.1.255", "grille-pain", "Téléphone de Mamie"] {
        let error = bench.error("dmz_set", json!({"host": host})).await;
        assert!(matches!(error, ToolError::Conflict(_)), "{host}: {error}");
    }
    assert!(matches!(bench.error("dmz_set", json!({"host": "2001:db8::99"})).await, ToolError::Arguments(_)));
    assert_eq!(bench.count("Firewall:setDMZ"), 0);
    bench.livebox.with_state(|router| {
        router.state.firewall.dmz.push(emulator::state::firewall::Dmz {
            id: "mine".to_owned(),
            destination: "192.168.1.24".to_owned(),
            source_prefix: String::new(),
            enable: true,
        });
    });
    bench.cx.session().forget_reads();
    let error = bench.error("dmz_set", json!({"host": "nas-familial"})).await;
    assert!(error.to_string().contains("\"mine\" to 192.168.1.24"), "{error}");
    assert_eq!(bench.json("dmz_clear", json!({})).await["before"]["ipv4"], "192.168.1.24");
}

#[tokio::test]
async fn what_became_of_a_lost_dmz_is_read_back() {
    let bench = bench().await;
    bench.fault("drop-after@Firewall:setDMZ*1");
    assert_eq!(bench.json("dmz_set", json!({"host": "nas-familial"})).await["outcome"], "applied");
    bench.fault("drop-after@Firewall:commit*1");
    let changed = bench.json("dmz_clear", json!({})).await;
    assert_eq!(
        (&changed["outcome"], &changed["differs"]),
        (&json!("differs"), &json!(["commit_unconfirmed"]))
    );
    bench.fault("drop-before@Firewall:setDMZ*1");
    let error = bench.error("dmz_set", json!({"host": "nas-familial"})).await;
    assert!(matches!(error, ToolError::Failed(_)), "{error:?}");
}

/// What another administrator sets.
fn foreign(bench: &Bench, id: &str, ip: &str, source: &str, enable: bool) {
    let order = json!({
        "id": id, "sourceInterface": "data", "destinationIPAddress": ip, "sourcePrefix": source, "enable": enable,
    });
    bench.livebox.call("Firewall", "setDMZ", &order);
    bench.livebox.call("Firewall", "commit", &json!({}));
    bench.cx.session().forget_reads();
}

/// All rules as the box has them.
fn firewall(bench: &Bench) -> Value {
    bench.livebox.settings()["firewall"].clone()
}

async fn undo(bench: &Bench, entry: i64) -> Value {
    bench.cx.session().forget_reads();
    bench.json("journal_undo", json!({ "entry": entry })).await
}

/// Without the restriction, the undo of a removal would open the host to the whole Internet.
#[tokio::test]
async fn undo_gives_the_source_restriction_back() {
    let changes = [("dmz_clear", json!({})), ("dmz_set", json!({"host": "nas-familial"}))];
    for (tool, args) in changes {
        let bench = bench().await;
        foreign(&bench, "webui", "192.168.1.25", "203.0.113.0/24", true);
        let before = firewall(&bench);
        let done = bench.json(tool, args).await;
        assert_eq!(
            (&done["outcome"], &done["before"]["source"]),
            (&json!("applied"), &json!("203.0.113.0/24"))
        );
        let after = firewall(&bench);
        let undone = undo(&bench, 1).await;
        assert_eq!(
            (&undone["outcome"], &undone["after"]["source"]),
            (&json!("applied"), &json!("203.0.113.0/24"))
        );
        assert_eq!(firewall(&bench), before, "{tool}");
        assert_eq!(undo(&bench, 2).await["outcome"], "applied");
        assert_eq!(firewall(&bench), after, "{tool}");
    }
}

#[tokio::test]
async fn a_later_source_restriction_stops_an_undo() {
    let bench = bench().await;
    bench.json("dmz_set", json!({"host": "nas-familial"})).await;
    foreign(&bench, "webui", "192.168.1.20", "203.0.113.0/24", true);
    let error = bench.error("journal_undo", json!({"entry": 1})).await;
    assert!(matches!(error, ToolError::Drift(_)) && error.to_string().contains("source"), "{error}");
    foreign(&bench, "webui", "192.168.1.20", "", true);
    foreign(&bench, "autre", "192.168.1.24", "", false);
    let error = bench.error("journal_undo", json!({"entry": 1})).await;
    assert!(matches!(error, ToolError::Drift(_)) && error.to_string().contains("others"), "{error}");
    assert_eq!(bench.count("Firewall:deleteDMZ"), 0);
}

/// Whatever was there comes back: under its id, switched off, restricted, beside others.
#[tokio::test]
async fn undo_puts_every_entry_back_as_it_was() {
    let (set, clear) = (("dmz_set", json!({"host": "nas-familial"})), ("dmz_clear", json!({})));
    let webui_off = ("webui", "192.168.1.24", "", false);
    let other_off = ("autre", "192.168.1.25", "198.51.100.7", false);
    for (entries, (tool, args)) in [
        (vec![("autre", "192.168.1.25", "", true)], clear.clone()),
        (vec![webui_off], set.clone()),
        (vec![webui_off], clear.clone()),
        (vec![other_off], set.clone()),
        (vec![other_off, webui_off], set),
        (vec![other_off, ("webui", "192.168.1.24", "203.0.113.0/24", true)], clear),
    ] {
        let bench = bench().await;
        for (id, ip, source, enable) in &entries {
            foreign(&bench, id, ip, source, *enable);
        }
        let before = firewall(&bench);
        let plan = bench.plan(tool, args.clone()).await.unwrap();
        let told = plan["before"].to_string();
        assert!(entries.iter().all(|(_, ip, ..)| told.contains(ip)), "{tool} {entries:?}: {told}");
        assert_eq!(bench.json(tool, args).await["outcome"], "applied");
        let after = firewall(&bench);
        assert_ne!(after, before);
        assert_eq!(undo(&bench, 1).await["outcome"], "applied", "{tool} {entries:?}");
        assert_eq!(firewall(&bench), before, "{tool} {entries:?}");
        assert_eq!(undo(&bench, 2).await["outcome"], "applied", "{tool} {entries:?}");
        assert_eq!(firewall(&bench), after, "{tool} {entries:?}");
    }
}

#[tokio::test]
async fn a_restricted_dmz_is_shown_as_one_and_is_not_what_set_makes() {
    let bench = bench().await;
    foreign(&bench, "webui", "192.168.1.20", "203.0.113.0/24", true);
    foreign(&bench, "autre", "192.168.1.24", "", false);
    let shown = bench.run("dmz_show", json!({})).await.unwrap();
    assert_eq!(shown.json["source"], "203.0.113.0/24");
    assert_eq!(shown.json["others"], json!([{"enabled": false, "ipv4": "192.168.1.24", "id": "autre"}]));
    let text = shown.page.compact();
    assert!(text.contains("203.0.113.0/24") && text.contains("autre"), "{text}");
    let set = json!({"host": "192.168.1.20"});
    let plan = bench.plan("dmz_set", set.clone()).await.unwrap();
    assert_eq!(plan["outcome"], "planned");
    assert!(plan["plan"]["notes"].to_string().contains("203.0.113.0/24"), "{plan}");
    assert_eq!(plan["plan"]["calls"][0]["parameters"]["sourcePrefix"], "", "{plan}");
    let done = bench.json("dmz_set", set.clone()).await;
    assert_eq!((&done["outcome"], &done["after"].get("source")), (&json!("applied"), &None));
    assert_eq!(bench.json("dmz_set", set).await["outcome"], "already_so");
    // Another one that leads there for some only is in the way too.
    bench.json("dmz_clear", json!({})).await;
    foreign(&bench, "autre", "192.168.1.20", "203.0.113.0/24", true);
    let error = bench.error("dmz_set", json!({"host": "192.168.1.20"})).await;
    assert!(error.to_string().contains("\"autre\" to 192.168.1.20"), "{error}");
}

#[tokio::test]
async fn what_became_of_a_lost_restoration_is_read_back() {
    let bench = bench().await;
    foreign(&bench, "webui", "192.168.1.25", "203.0.113.0/24", true);
    bench.json("dmz_clear", json!({})).await;
    bench.fault("drop-after@Firewall:setDMZ*1");
    assert_eq!(undo(&bench, 1).await["outcome"], "applied");
    bench.json("dmz_clear", json!({})).await;
    bench.fault("drop-before@Firewall:setDMZ*1");
    let error = bench.error("journal_undo", json!({"entry": 3})).await;
    assert!(matches!(error, ToolError::Failed(_)), "{error:?}");
    let failed = bench.json("journal_show", json!({"entry": 4})).await;
    assert_eq!((&failed["outcome"], &failed["after"]), (&json!("failed"), &Value::Null), "{failed}");
    assert_eq!(undo(&bench, 3).await["outcome"], "applied");
}

#[test]
fn an_entry_that_is_not_understood_whole_is_not_made_anew() {
    let entry = |interface: Value, source: Value| -> wire::Entry {
        serde_json::from_value(json!({
            "DestinationIPAddress": "192.168.1.9", "Enable": true, "SourceInterface": interface, "SourcePrefix": source,
        }))
        .unwrap()
    };
    assert!(entry(json!("data"), json!("")).kept("webui").is_complete());
    let odd = entry(json!([1]), json!("")).kept("webui");
    assert!(!odd.is_complete());
    let (present, ids) = ([Present { kept: odd, status: None }], ["webui".to_owned()]);
    assert!(RestoreDmz::of(&present, &ids).is_none(), "the plan says that there is no way back");
    assert_eq!(entry(json!("data"), json!(7)).odd(), Some("status.*.SourcePrefix"));
}
