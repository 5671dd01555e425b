//! Devices, leases and reservations: protocol sections 4.10, 4.11 and 4.13.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::time::Duration;

use emulator::{Handle, Options};
use serde_json::{Value, json};

use crate::wire::{Session, livebox};

fn keys(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|device| device["Key"].as_str().unwrap()).collect()
}

fn mac(livebox: &Handle, name: &str) -> String {
    livebox
        .with_state(|router| router.state.hosts.iter().find(|host| host.name() == name).unwrap().mac.clone())
}

async fn select(session: &Session, expression: Value) -> Value {
    session.call("Devices", "get", json!({"expression": expression})).await["status"].clone()
}

#[tokio::test]
async fn the_shape_of_the_list_follows_the_expression() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let all = session.call("Devices", "get", json!({})).await;
    assert!(all["status"].as_array().unwrap().len() > 50);
    for same in [json!(null), json!({}), json!({"expression": ""}), json!({"expression": null})] {
        let again = session.call("sysbus.Devices", "get", same).await;
        assert_eq!(keys(&again["status"]), keys(&all["status"]));
    }
    let hosts = select(&session, json!("physical and !self and !voice")).await;
    assert_eq!(hosts.as_array().unwrap().len(), 31);
    let groups = select(
        &session,
        json!({
            "wifi": "wifi && (edev || hnid) and .PhysAddress!=\"\"",
            "eth": "eth && (edev || hnid) and .PhysAddress!=\"\"",
            "none": "unknown",
        }),
    )
    .await;
    let counts: Vec<usize> =
        ["wifi", "eth", "none"].iter().map(|g| groups[g].as_array().unwrap().len()).collect();
    assert_eq!((counts[0] + counts[1], counts[2]), (31, 0));
    for (left, right) in [
        ("lan && vap && .Active==True", "vap and lan and .Active==\"true\""),
        ("not wifi and edev", "!(wifi) && edev"),
        ("edev and .DeviceType!=\"SAH HGW\"", "edev"),
        (".SSW.CurrentMode=='Slave'", "ssw && manageable"),
        ("stb or usb", "usb||stb"),
        (".SignalStrength<-65 and edev", "edev and wifi and not .SignalStrength>=-65"),
    ] {
        let (left, right) = (select(&session, json!(left)).await, select(&session, json!(right)).await);
        assert!(!keys(&left).is_empty());
        assert_eq!(keys(&left), keys(&right));
    }
    let broken = session.call("Devices", "get", json!({"expression": "lan && ("})).await;
    assert_eq!(broken["errors"][0]["error"], 196_639);
    let found = session.call("Devices", "find", json!({"expression": "hgw"})).await;
    assert_eq!(found["status"], json!(["HGW"]));
}

#[tokio::test]
async fn keys_are_those_of_the_list() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let all = session.call("Devices", "get", json!({})).await["status"].clone();
    let instances = livebox.with_state(|router| router.instances(&["Devices", "Device"])).unwrap();
    assert_eq!(keys(&all), instances);
}

#[tokio::test]
async fn flags_leave_things_out() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let get = async |flags: &str| {
        session.call("Devices", "get", json!({"expression": "hgw", "flags": flags})).await["status"][0]
            .clone()
    };
    assert!(get("").await["Actions"].is_array());
    assert!(get("no_actions").await.get("Actions").is_none());
    let flat = get("no_recurse|no_actions").await;
    assert!(flat.get("Names").is_none() && flat["Name"] == "LIVEBOX");
    let nas = mac(&livebox, "nas-familial");
    let linked = session.call(&format!("Devices.Device.{nas}"), "get", json!({"flags": "full_links"})).await;
    assert_eq!(linked["status"]["ULinks"], json!(["ETH2"]));
}

#[tokio::test]
async fn names_and_types_are_seen_everywhere() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let nas = mac(&livebox, "nas-familial");
    let device = format!("Devices.Device.{nas}");
    let channel = session.call("eventmanager", "open_channel", json!({"events": ["Devices.Device"]})).await;
    assert!(channel.get("errors").is_none(), "{channel}");
    assert_eq!(session.call(&device, "setName", json!({"name": "Coffre"})).await, json!({"status": true}));
    let dns = json!({"name": "coffre", "source": "dns"});
    assert_eq!(session.call(&device, "setName", dns).await["status"], true);
    assert_eq!(session.call(&device, "setType", json!({"type": "Printer"})).await["status"], true);
    let seen = session.call(&device, "get", json!({})).await["status"].clone();
    assert_eq!((&seen["Name"], &seen["DeviceType"]), (&json!("Coffre"), &json!("Printer")));
    let by_source = |source: &str| {
        seen["Names"].as_array().unwrap().iter().find(|n| n["Source"] == source).map(|n| n["Name"].clone())
    };
    assert_eq!((by_source("webui"), by_source("dns")), (Some(json!("Coffre")), Some(json!("coffre"))));
    let listed = select(&session, json!(".Name==\"Coffre\"")).await;
    assert_eq!(keys(&listed), [nas.as_str()]);
    let tree = session.call("TopologyDiagnostics", "buildTopology", json!({"SendXmlFile": "false"})).await;
    assert!(tree.to_string().contains("Coffre"));
    for method in ["removeName", "removeType"] {
        assert_eq!(session.call(&device, method, json!({"source": "webui"})).await["status"], true);
        assert_eq!(session.call(&device, method, json!({"source": "webui"})).await["status"], false);
    }
    let seen = session.call(&device, "get", json!({})).await["status"].clone();
    assert_eq!((&seen["Name"], &seen["DeviceType"]), (&json!("nas-familial"), &json!("Computer")));
    let missing = session.call(&device, "setName", json!({})).await;
    assert_eq!(missing["errors"][0]["error"], 196_640);
    let unknown = session.call("Devices.Device.00:00:00:00:00:01", "setName", json!({"name": "x"})).await;
    assert_eq!(
        unknown["errors"][0],
        json!({
            "error": 196_618, "description": "Object or parameter not found", "info": "Devices.Device.00:00:00:00:00:01",
        })
    );
    assert_eq!(
        session.call("Devices.Device.FXS1", "setName", json!({"name": "Entrée"})).await["status"],
        true
    );
    assert_eq!(session.call("Devices.Device.FXS1", "get", json!({})).await["status"]["Name"], "Entrée");
}

#[tokio::test]
async fn tags_parameters_and_links() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let camera = mac(&livebox, "Caméra jardin");
    let device = format!("Devices.Device.{camera}");
    let ask = async |method: &str, parameters: Value| {
        session.call(&device, method, parameters).await["status"].clone()
    };
    assert_eq!(ask("hasTag", json!({"tag": "wifi"})).await, true);
    assert_eq!(ask("hasTag", json!({"tag": "mine"})).await, false);
    ask("setTag", json!({"tag": "mine"})).await;
    assert_eq!(ask("hasTag", json!({"tag": "mine"})).await, true);
    assert_eq!(keys(&select(&session, json!("mine")).await), [camera.as_str()]);
    ask("clearTag", json!({"tag": "mine"})).await;
    assert_eq!(ask("hasTag", json!({"tag": "mine"})).await, false);
    assert_eq!(ask("getFirstParameter", json!({"parameter": "IPAddress"})).await, "192.168.1.47");
    let above = ask("getParameters", json!({"parameter": "Name", "traverse": "up"})).await;
    assert_eq!(
        above,
        json!(["Caméra jardin", "vap5g0priv", "Répéteur étage", "vap5g0priv0", "lan", "LIVEBOX"])
    );
    assert_eq!(ask("isLinkedTo", json!({"device": "HGW"})).await, true);
    assert_eq!(ask("isLinkedTo", json!({"device": "guest"})).await, false);
    assert_eq!(ask("isImplemented", json!({"function": "setName"})).await, true);
    assert_eq!(ask("listLogEventTypes", json!({})).await, json!([]));
    assert_eq!(ask("remove", json!({"path": "Names.webui"})).await, true);
    assert_eq!(ask("getFirstParameter", json!({"parameter": "Name"})).await, "CamJardin");
    let ring = session.call("Devices.Device.FXS1", "ring", json!({})).await;
    assert_eq!(ring, json!({"status": true}));
    assert_eq!(session.call(&device, "ring", json!({})).await["errors"][0]["error"], 196_618);
    let found = session.call("Devices", "findByIPAddress", json!({"ipaddress": "192.168.1.47"})).await;
    assert_eq!(keys(&found["status"]), [camera.as_str()]);
    let fetched = session.call("Devices", "fetchDevice", json!({"key": camera})).await;
    assert_eq!(fetched["status"]["InterfaceName"], "vap5g0priv0");
}

#[tokio::test]
async fn a_forgotten_device_is_gone_until_it_comes_back() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let old = mac(&livebox, "Ancien PC portable");
    let forget = async |key: &str| {
        session.call("Devices", "destroyDevice", json!({"key": key})).await["status"].clone()
    };
    assert_eq!(forget(&old).await, true);
    assert_eq!(forget("00:00:00:00:00:02").await, false);
    assert!(!select(&session, json!("edev")).await.to_string().contains(&old));
    let gone = session.call(&format!("Devices.Device.{old}"), "get", json!({})).await;
    assert_eq!(gone["errors"][0]["error"], 196_618);
    let nas = mac(&livebox, "nas-familial");
    assert_eq!(forget(&nas).await, true);
    assert!(select(&session, json!("edev")).await.to_string().contains(&nas));
    livebox.with_state(|router| {
        let now = router.now();
        router.state.host_mut(&old).unwrap().force(now, Some(true));
    });
    let back = session.call(&format!("Devices.Device.{old}"), "get", json!({})).await;
    assert_eq!((&back["status"]["Name"], &back["status"]["Active"]), (&json!("PORTABLE-2014"), &json!(true)));
}

#[tokio::test]
async fn the_tree_hangs_together() {
    fn count(node: &Value) -> usize {
        1 + node["Children"].as_array().map_or(0, |children| children.iter().map(count).sum())
    }
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let before = session.call("TopologyDiagnostics", "get", json!({})).await["status"]["LastUpdate"].clone();
    let built = session
        .call(
            "TopologyDiagnostics",
            "buildTopology",
            json!({"Timeout": 30, "LLTDIcon": false, "SendXmlFile": false}),
        )
        .await;
    let root = &built["status"][0];
    assert_eq!((&root["Key"], &root["APIVersion"]), (&json!("HGW"), &json!("3.0")));
    let after = session.call("TopologyDiagnostics", "get", json!({})).await["status"]["LastUpdate"].clone();
    assert!(before != after && after == root["LastUpdate"]);
    let all = session.call("Devices", "get", json!({})).await;
    assert_eq!(count(root), all["status"].as_array().unwrap().len());
    let lan = session.call("Devices.Device.lan", "topology", json!({"flags": "no_actions"})).await;
    assert_eq!(lan["status"][0]["Key"], "lan");
}

#[tokio::test]
async fn a_slow_look_around_takes_its_time() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    livebox.with_state(|router| router.topology_delay = Duration::from_millis(300));
    let begin = std::time::Instant::now();
    session.call("TopologyDiagnostics", "buildTopology", json!({})).await;
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn leases_and_reservations() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let pool = async |method: &str, parameters: Value| {
        session.call("DHCPv4.Server.Pool.default", method, parameters).await
    };
    let leases = pool("getLeases", json!({})).await["status"]["default"].clone();
    let nas = mac(&livebox, "nas-familial");
    let own = &leases[format!("01:{}", nas.to_lowercase())];
    assert_eq!(
        (&own["MACAddress"], &own["LeaseTimeRemaining"], &own["Reserved"]),
        (&json!(nas), &json!(-1), &json!(true))
    );
    let guests = session.call("DHCPv4.Server.Pool.guest", "getLeases", json!({})).await;
    assert!(guests["status"]["default"].is_object());
    let kept = pool("getStaticLeases", json!({})).await["status"].clone();
    assert_eq!(kept.as_array().unwrap().len(), 3);
    assert_eq!(
        kept[0]["LeasePath"],
        format!("DHCPv4.Server.Pool.default.Rule.default.Lease.01:{}", nas.to_lowercase())
    );

    let refused =
        pool("addStaticLease", json!({"MACAddress": "02:00:00:00:00:01", "IPAddress": "192.168.1.20"})).await;
    assert_eq!(
        refused,
        json!({"status": null, "errors": [
            {"error": 0, "description": "Success", "info": "MACAddress"},
            {"error": 393_221, "description": "IP address already reserved", "info": ""},
            {"error": 196_639, "description": "Function execution failed", "info": "addStaticLease"},
        ]})
    );
    let lower = json!({"MACAddress": "02:ab:00:00:00:01", "IPAddress": "192.168.1.90"});
    assert_eq!(pool("addStaticLease", lower).await, json!({"status": null}));
    assert_eq!(pool("getStaticLeases", json!({})).await["status"], kept);
    let missing = pool("addStaticLease", json!({})).await;
    assert_eq!(missing["errors"].as_array().unwrap().len(), 2);

    let hue = mac(&livebox, "Pont Hue");
    let add = json!({"MACAddress": hue, "IPAddress": "192.168.1.90"});
    assert_eq!(pool("addStaticLease", add).await, json!({"status": null}));
    let device =
        async || session.call(&format!("Devices.Device.{hue}"), "get", json!({})).await["status"].clone();
    assert_eq!(device().await["IPAddress"], "192.168.1.24");
    assert_eq!(device().await["IPv4Address"][0]["Reserved"], true);
    let lease = format!("DHCPv4.Server.Pool.default.Rule.default.Lease.01:{}", hue.to_lowercase());
    assert_eq!(session.call(&lease, "forceRenew", json!({})).await, json!({"status": null}));
    assert_eq!(device().await["IPAddress"], "192.168.1.90");
    assert_eq!(session.call(&lease, "get", json!({})).await["status"]["IPAddress"], "192.168.1.90");
    let all = session.call("DHCPv4.Server", "getDHCPServerPool", json!({})).await["status"].clone();
    assert_eq!(all["default"]["StaticAddressNumberOfEntries"], 4);
    let moved = json!({"MACAddress": hue, "IPAddress": "192.168.1.91"});
    assert_eq!(pool("setStaticLease", moved).await["status"], json!(null));
    livebox.clock().advance(Duration::from_secs(43_300));
    let session = Session::open(livebox.addr()).await;
    let device = session.call(&format!("Devices.Device.{hue}"), "get", json!({})).await;
    assert_eq!(device["status"]["IPAddress"], "192.168.1.91");
    let pool = async |method: &str, parameters: Value| {
        session.call("DHCPv4.Server.Pool.default", method, parameters).await
    };
    assert_eq!(pool("deleteStaticLease", json!({"MACAddress": hue})).await, json!({"status": null}));
    assert_eq!(pool("deleteStaticLease", json!({"MACAddress": hue})).await["errors"][0]["error"], 196_639);
    let frozen = pool("addLeaseFromPool", json!({"MACAddress": hue})).await;
    assert_eq!(frozen["status"], "192.168.1.91");
    assert_eq!(pool("setLeaseTime", json!({"leasetime": "7200"})).await["status"], json!(null));
    let lan = session.call("NMC", "getLANIP", json!({})).await;
    assert_eq!(lan["data"]["LeaseTime"], 7200);
    let left = pool("getLeases", json!({})).await["status"]["default"].clone();
    for lease in left.as_object().unwrap().values() {
        let left = lease["LeaseTimeRemaining"].as_i64().unwrap();
        assert!(left == -1 || (1..=7200).contains(&left));
    }
    let cycles = session.call("DHCPv4.Server.Stats", "getDoraCyclesDetails", json!({})).await;
    assert!(cycles["status"][0]["Duration(ms)"].is_number());
}

#[tokio::test]
async fn the_ipv6_server() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |method: &str, parameters: Value| session.call("DHCPv6.Server", method, parameters).await;
    assert_eq!(ask("getDHCPv6ServerStatus", json!({})).await["status"], "Enabled");
    assert_eq!(ask("getPDPrefixInformation", json!({})).await["status"][0]["PrefixLen"], 57);
    assert_eq!(ask("getPDPrefixLeases", json!({})).await["status"], json!([]));
    assert_eq!(ask("enableDHCPv6Server", json!({"enable": "false"})).await, json!({"status": null}));
    assert_eq!(ask("getDHCPv6ServerStatus", json!({})).await["status"], "Disabled");
}
