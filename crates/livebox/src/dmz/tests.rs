//! The DMZ in the shapes that boxes give it.

use serde_json::{Value, json};
use sysbus::scalar::Table;

use super::{Dmz, tools::present, wire};

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
