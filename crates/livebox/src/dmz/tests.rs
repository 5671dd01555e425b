//! The DMZ in the shapes that boxes give it.

use serde_json::{Value, json};
use sysbus::scalar::Table;

use super::{Dmz, tools::present, wire};
use crate::{ToolError, testing::bench};

fn dmz(entries: &Value) -> Option<Dmz> {
    present(&serde_json::from_value::<Table<wire::Entry>>(entries.clone()).unwrap())
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
    assert_eq!(dmz(&both).unwrap().ipv4, Some([192, 168, 1, 9].into()));
    let odd = dmz(&json!({"webui": {"DestinationIPAddress": 7, "Status": []}})).unwrap();
    assert_eq!((odd.ipv4, odd.enabled, odd.status), (None, true, None));
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
