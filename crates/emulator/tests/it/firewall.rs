//! Protocol sections 4.14 to 4.16, and the telephone of 4.20.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use emulator::Options;
use serde_json::{Value, json};

use crate::wire::{Session, livebox};

fn forward(id: &str, external: &str) -> Value {
    json!({
        "id": id, "origin": "webui", "sourceInterface": "data", "externalPort": external, "internalPort": "80",
        "destinationIPAddress": "192.168.1.20", "destinationMACAddress": "", "sourcePrefix": "", "protocol": "6",
        "description": id, "enable": true, "persistent": true,
    })
}

#[tokio::test]
async fn levels_and_pings() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |method: &str, parameters: Value| session.call("Firewall", method, parameters).await;
    for (get, set) in
        [("getFirewallLevel", "setFirewallLevel"), ("getFirewallIPv6Level", "setFirewallIPv6Level")]
    {
        assert_eq!(ask(get, json!({})).await, json!({"status": "Medium"}));
        assert_eq!(ask(set, json!({"level": "High"})).await, json!({"status": true}));
        assert_eq!(ask(get, json!({})).await["status"], "High");
        assert!(ask(set, json!({"level": "Extreme"})).await["errors"].is_array());
    }
    let hgw = session.call("Devices.Device.HGW", "get", json!({})).await;
    assert_eq!(hgw["status"]["FirewallLevel"], "High");
    let ping = json!({"sourceInterface": "data"});
    assert_eq!(
        ask("getRespondToPing", ping.clone()).await["status"],
        json!({"enableIPv4": true, "enableIPv6": false})
    );
    let wanted =
        json!({"sourceInterface": "data", "service_enable": {"enableIPv4": false, "enableIPv6": true}});
    assert_eq!(ask("setRespondToPing", wanted).await["status"], true);
    assert_eq!(
        ask("getRespondToPing", ping).await["status"],
        json!({"enableIPv4": false, "enableIPv6": true})
    );
}

#[tokio::test]
async fn port_forwarding() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |method: &str, parameters: Value| session.call("Firewall", method, parameters).await;
    let missing = ask("setPortForwarding", json!({})).await;
    let names: Vec<&str> =
        missing["errors"].as_array().unwrap().iter().map(|e| e["info"].as_str().unwrap()).collect();
    assert_eq!(names, ["origin", "sourceInterface", "internalPort", "destinationIPAddress", "protocol"]);

    let made = ask("setPortForwarding", forward("Serveur", "8000-8010")).await;
    assert_eq!(made["status"], "webui_Serveur");
    let rule = &made["data"]["rule"];
    assert_eq!((&rule["Status"], &rule["ExternalPortEndRange"]), (&json!("Enabled"), &json!(8010)));
    assert!(!livebox.with_state(|router| router.state.firewall.is_committed()));
    assert!(livebox.with_state(|router| router.state.firewall.in_force.forwards.len()) == 4);
    assert_eq!(ask("commit", json!({})).await, json!({"status": true}));
    assert!(livebox.with_state(|router| router.state.firewall.is_committed()));

    let taken = ask("setPortForwarding", forward("Autre", "8005")).await;
    assert_eq!(
        taken["errors"],
        json!([{
            "error": 1_114_120, "description": "Overlapping rule",
            "info": "Port overlap detected: port[8000-8010] name[webui_Serveur]",
        }])
    );
    let mut udp = forward("Autre (UDP)", "8005");
    udp["protocol"] = json!(17);
    assert_eq!(ask("setPortForwarding", udp).await["status"], "webui_Autre _UDP_");
    // The same name again changes the rule.
    let changed = ask("setPortForwarding", forward("webui_Serveur", "8100")).await;
    assert_eq!(changed["status"], "webui_Serveur");
    let listed = ask("getPortForwarding", json!({"origin": "webui"})).await["status"].clone();
    assert_eq!(listed["webui_Serveur"]["ExternalPort"], "8100");
    assert_eq!(listed.as_object().unwrap().len(), 5);
    assert!(listed["webui_Serveur"].get("ExternalPortEndRange").is_none());
    assert_eq!(ask("getPortForwarding", json!({"origin": "cwmp"})).await["status"], json!({}));
    let one = session.call("Firewall.PortForwarding.webui_Serveur", "get", json!({})).await;
    assert_eq!(one["status"]["InternalPort"], "80");

    let off = json!({"id": "webui_Serveur", "origin": "webui", "enable": "false"});
    assert_eq!(ask("enablePortForwarding", off).await, json!({"status": null}));
    let listed = ask("getPortForwarding", json!({"id": "webui_Serveur"})).await["status"].clone();
    assert_eq!(listed["webui_Serveur"]["Status"], "Disabled");
    let refreshed =
        ask("refreshPortForwarding", json!({"id": "webui_Serveur", "origin": "webui", "leaseDuration": 60}))
            .await;
    assert_eq!(refreshed["status"], "webui_Serveur");

    let delete = json!({"id": "Serveur", "origin": "webui"});
    assert_eq!(
        ask("deletePortForwarding", delete).await["errors"],
        json!([{"error": 1_114_115, "description": "Object not found", "info": "Serveur"}])
    );
    let delete = json!({"id": "webui_Serveur", "origin": "webui", "destinationIPAddress": "192.168.1.20"});
    assert_eq!(ask("deletePortForwarding", delete).await, json!({"status": true}));
    assert_eq!(ask("deletePortForwarding", json!({"origin": "upnp"})).await["status"], true);
    assert_eq!(ask("getPortForwarding", json!({"origin": "upnp"})).await["status"], json!({}));
    let mut elsewhere = forward("Ailleurs", "9000");
    elsewhere["destinationIPAddress"] = json!("10.0.0.1");
    assert_eq!(ask("setPortForwarding", elsewhere).await["data"]["rule"]["Status"], "Error");
    let mut broken = forward("x", "0");
    assert!(ask("setPortForwarding", broken.clone()).await["errors"].is_array());
    broken["externalPort"] = json!("70000");
    assert!(ask("setPortForwarding", broken).await["errors"].is_array());
}

#[tokio::test]
async fn pinholes_protocols_and_dmz() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |method: &str, parameters: Value| session.call("Firewall", method, parameters).await;
    let hole = json!({
        "id": "ssh", "origin": "webui", "sourceInterface": "data", "sourcePort": "", "destinationPort": "22",
        "destinationIPAddress": "2001:db8::1", "sourcePrefix": "", "protocol": "6", "ipversion": 6, "enable": true,
        "persistent": true, "description": "ssh",
    });
    let made = ask("setPinhole", hole.clone()).await;
    assert_eq!((&made["status"], &made["data"]["rule"]["IPVersion"]), (&json!("webui_ssh"), &json!(6)));
    let mut again = hole;
    again["id"] = json!("ssh2");
    assert_eq!(
        ask("setPinhole", again).await["errors"][0]["info"],
        "Port overlap detected: port[22-22] name[webui_ssh]"
    );
    assert_eq!(ask("getPinhole", json!({})).await["status"].as_object().unwrap().len(), 2);
    assert_eq!(ask("deletePinhole", json!({"id": "webui_ssh", "origin": "webui"})).await["status"], true);
    let gone = ask("deletePinhole", json!({"id": "webui_ssh", "origin": "webui"})).await;
    assert_eq!(
        gone["errors"][0],
        json!({"error": 1_114_115, "description": "Object not found", "info": "webui_ssh"})
    );

    assert_eq!(ask("getProtocolForwarding", json!({})).await["status"], json!({}));
    let gre = json!({"id": "gre", "destinationIPAddress": "192.168.1.20", "protocol": "47", "enable": true});
    assert_eq!(ask("setProtocolForwarding", gre).await["status"], "gre");
    assert_eq!(ask("getProtocolForwarding", json!({})).await["status"]["gre"]["Protocol"], "47");
    assert_eq!(ask("deleteProtocolForwarding", json!({"id": "gre"})).await["status"], true);

    assert_eq!(ask("getDMZ", json!({})).await, json!({"status": {}}));
    let dmz = json!({"id": "webui", "sourceInterface": "data", "destinationIPAddress": "192.168.1.25", "enable": true});
    assert_eq!(ask("setDMZ", dmz).await, json!({"status": "webui"}));
    assert_eq!(
        ask("getDMZ", json!({})).await["status"],
        json!({"webui": {
            "SourceInterface": "data", "DestinationIPAddress": "192.168.1.25", "SourcePrefix": "",
            "Status": "Enabled", "Enable": true,
        }})
    );
    assert_eq!(ask("deleteDMZ", json!({"id": "webui"})).await, json!({"status": true}));
    assert_eq!(ask("deleteDMZ", json!({"id": "webui"})).await["errors"][0]["error"], 1_114_115);
}

#[tokio::test]
async fn custom_rules_lists_and_redirections() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |method: &str, parameters: Value| session.call("Firewall", method, parameters).await;
    let id = ask("setCustomRule", json!({"action": "Drop", "destinationPort": "25", "protocol": "6"})).await;
    assert_eq!(id["status"], "1");
    assert_eq!(ask("getCustomRule", json!({})).await["status"]["1"]["Target"], "Drop");
    assert_eq!(
        session.call("Firewall.Chain.Custom", "get", json!({})).await["status"]["RuleNumberOfEntries"],
        1
    );
    assert_eq!(ask("deleteCustomRule", json!({"id": "1"})).await["status"], true);
    assert!(ask("setCustomRule", json!({"action": "Explode"})).await["errors"].is_array());
    let entry =
        json!({"listName": "Block", "entryId": "1", "destinationPrefix": "198.51.100.0/24", "protocol": "6"});
    assert_eq!(ask("setListEntry", entry).await, json!({"status": null}));
    assert_eq!(ask("getListEntries", json!({"listName": "Block"})).await["status"]["1"]["Enable"], true);
    assert_eq!(
        ask("deleteListEntry", json!({"listName": "Block", "entryId": "1"})).await,
        json!({"status": null})
    );
    assert_eq!(
        ask("setRedirect", json!({"id": "r", "protocol": "6", "destinationPort": "80"})).await["status"],
        "r"
    );
    assert_eq!(ask("getRedirect", json!({"id": "r"})).await["status"]["r"]["DestinationPorts"], "80");
    assert_eq!(ask("deleteRedirect", json!({"id": "r"})).await["status"], true);
}

#[tokio::test]
async fn calls_of_the_telephone() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |method: &str, parameters: Value| {
        session.call("VoiceService.VoiceApplication", method, parameters).await["status"].clone()
    };
    let trunks = ask("listTrunks", json!({})).await;
    assert_eq!(trunks[0]["trunk_lines"][0]["name"], "LINE1");
    assert_eq!(ask("listHandsets", json!(null)).await[0]["name"], "FXS1");
    assert!(ask("listGroups", json!({})).await.is_array());
    let calls = ask("getCallList", json!({})).await;
    assert_eq!(calls.as_array().unwrap().len(), 26);
    for same in [json!({"line": "1"}), json!([{"line": "1"}]), json!(null)] {
        assert_eq!(ask("getCallList", same).await, calls);
    }
    assert_eq!(ask("getCallList", json!({"line": "2"})).await, json!([]));
    ask("setViewedCallList", json!({})).await;
    assert!(!ask("getCallList", json!({})).await.to_string().contains("\"viewed\":false"));
    let id = calls[3]["callId"].clone();
    assert_eq!(ask("clearCallList", json!({"callId": id})).await, true);
    assert_eq!(ask("getCallList", json!({})).await.as_array().unwrap().len(), 25);
    ask("clearCallList", json!({})).await;
    assert_eq!(ask("getCallList", json!({})).await, json!([]));
    let ringing = json!({"line": "FXS1", "duration": 5, "ringtone": "3"});
    let answer = session.call("VoiceService.VoiceApplication", "ring", ringing).await;
    assert!(answer.get("errors").is_none());
    let voip = session.call("NMC", "getVoIPConfig", json!({})).await;
    assert!(voip["status"].is_array());
}

#[tokio::test]
async fn contacts() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |method: &str, parameters: Value| {
        session.call("Phonebook", method, parameters).await["status"].clone()
    };
    assert_eq!(ask("getAllContacts", json!({})).await.as_array().unwrap().len(), 6);
    let contact = json!({
        "name": "N:Durand;Zoé;", "formattedName": "Zoé Durand", "ringtone": "2",
        "telephoneNumbers": [{"name": "0639980199", "type": "CELL", "preferred": true}],
    });
    let id = ask("addContactAndGenUUID", json!({"contact": contact})).await;
    assert!(id.is_string());
    let found = ask("getContactByUniqueID", json!({"uniqueID": id})).await;
    assert_eq!(
        (&found["name"], &found["telephoneNumbers"]),
        (&contact["name"], &contact["telephoneNumbers"])
    );
    let change = json!({"uniqueID": id, "contact": {"name": "N:Durand;Léa;"}});
    assert_eq!(ask("modifyContactByUniqueID", change).await, true);
    assert_eq!(
        ask("getContactByNumber", json!({"number": "0639980199"})).await["formattedName"],
        "Léa Durand"
    );
    assert_eq!(ask("getNumberOfContacts", json!({})).await, 7);
    assert_eq!(ask("removeContactByUniqueID", json!({"uniqueID": id})).await, true);
    assert_eq!(ask("getContactByUniqueID", json!({"uniqueID": id})).await, json!({}));
    let many: Vec<Value> = (0..260).map(|_| contact.clone()).collect();
    assert_eq!(ask("addContacts", json!({"contacts": many})).await, false);
    assert_eq!(ask("getAvailableNumberOfContacts", json!({})).await, 0);
    assert_eq!(ask("addContactAndGenUUID", json!({"contact": contact})).await, json!(null));
    assert_eq!(ask("removeAllContacts", json!({})).await, true);
    assert_eq!(ask("getAllContacts", json!({})).await, json!([]));
}
