//! The smaller services: protocol sections 4.13, 4.15, 4.17, 4.18, 4.21 to 4.24, 4.26, 4.31.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::time::Duration;

use emulator::Options;
use serde_json::{Value, json};

use crate::wire::{Session, livebox, send};

const BRIDGE: &str = "NetMaster.LAN.default.Bridge.lan";

#[tokio::test]
async fn a_new_address_moves_the_lan_and_ends_sessions() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let before = session.call(BRIDGE, "getIPv4", json!({})).await;
    assert_eq!((&before["status"], &before["data"]["PrefixLength"]), (&json!(null), &json!(24)));
    // A new range alone cuts nobody off.
    let mut wanted = before["data"].clone();
    wanted["DHCPMaxAddress"] = json!("192.168.1.200");
    wanted["LeaseTime"] = json!("43200");
    wanted["Netmask"] = json!("255.255.255.0");
    assert_eq!(session.call(BRIDGE, "setIPv4", wanted).await, json!({"status": null}));
    let lan = session.call("NMC", "getLANIP", json!({})).await["data"].clone();
    assert_eq!((&lan["DHCPMaxAddress"], &lan["LeaseTime"]), (&json!("192.168.1.200"), &json!(43_200)));
    for wrong in [
        json!({"Address": "192.168.1.1", "Netmask": "255.255.255.0", "DHCPEnable": true, "DHCPMinAddress": "10.0.0.1", "DHCPMaxAddress": "10.0.0.9"}),
        json!({"Address": "192.168.1.1", "Netmask": "255.0.255.0", "DHCPEnable": true, "DHCPMinAddress": "192.168.1.9", "DHCPMaxAddress": "192.168.1.20"}),
        json!({"Address": "192.168.144.9", "Netmask": "255.255.255.0", "DHCPEnable": true, "DHCPMinAddress": "192.168.144.20", "DHCPMaxAddress": "192.168.144.30"}),
    ] {
        assert_eq!(session.call("NMC", "setLANIP", wrong).await["errors"][0]["error"], 196_639);
    }
    let moved = json!({
        "Address": "10.11.12.1", "Netmask": "255.255.255.0", "DHCPEnable": "true",
        "DHCPMinAddress": "10.11.12.10", "DHCPMaxAddress": "10.11.12.150",
    });
    assert_eq!(session.call("NMC", "setLANIP", moved).await, json!({"status": null}));
    // The answer still arrives; then the LAN is gone for some seconds.
    assert!(send(livebox.addr(), "GET / HTTP/1.1\r\nHost: x", "").await.is_none());
    livebox.clock().advance(std::time::Duration::from_secs(6));
    assert_eq!(session.call("Time", "getTime", json!({})).await["errors"][0]["error"], 13);
    let session = Session::open(livebox.addr()).await;
    let leases =
        session.call("DHCPv4.Server.Pool.default", "getStaticLeases", json!({})).await["status"].clone();
    assert_eq!(leases[0]["IPAddress"], "10.11.12.20");
    let nas = session.call("Devices", "get", json!({"expression": ".Name==\"nas-familial\""})).await;
    assert_eq!(nas["status"][0]["IPAddress"], "10.11.12.20");
    let pool = session.call("DHCPv4.Server", "getDHCPServerPool", json!({"id": "default"})).await;
    assert_eq!(pool["status"]["default"]["DNSServers"], "10.11.12.1");
    let rules = session.call("Firewall", "getPortForwarding", json!({})).await;
    assert_eq!(rules["status"]["webui_NAS HTTPS"]["Status"], "Error");
}

#[tokio::test]
async fn ipv6_and_shared_addresses() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |service: &str, method: &str, parameters: Value| {
        session.call(service, method, parameters).await
    };
    assert_eq!(ask("NMC.IPv6", "get", json!({})).await["data"]["Enable"], true);
    assert_eq!(ask("NMC.IPv6", "set", json!({"Enable": false})).await, json!({"status": null}));
    assert_eq!(ask("NMC.IPv6", "get", json!({})).await["data"], json!({"Enable": false, "IPv6Address": ""}));
    let wan = ask("NMC", "getWANStatus", json!({})).await["data"].clone();
    assert_eq!((&wan["IPv6DelegatedPrefix"], &wan["IPv6Address"]), (&json!(""), &json!("")));
    assert!(wan["IPAddress"].as_str().unwrap().starts_with("203."));
    assert_eq!(ask("NetMaster.LANConfig", "enableIPv6", json!({"IPv6Enable": true})).await["status"], true);
    assert_eq!(ask("NetMaster", "get", json!({})).await["status"]["EnableIPv6"], true);
    let own = ask(BRIDGE, "getIPv6Configuration", json!({"Name": "x"})).await;
    assert_eq!(own["data"]["PrefixLength"], 64);
    assert_eq!(ask("NMC.Autodetect", "get", json!({})).await["status"]["IPv6Mode"], "DualStack");
    let eligible = "NMC.ServiceEligibility.DSLITE";
    assert_eq!(ask(eligible, "get", json!({})).await["status"], json!({"Demand": false}));
    assert_eq!(ask(eligible, "set", json!({"Demand": true})).await["status"], true);
    assert_eq!(ask(eligible, "get", json!({})).await["status"], json!({"Demand": true}));
    assert_eq!(ask("NMC.Autodetect", "get", json!({})).await["status"]["IPv6Mode"], "Dslite");
}

#[tokio::test]
async fn dyndns_accounts() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |method: &str, parameters: Value| {
        session.call("DynDNS", method, parameters).await["status"].clone()
    };
    assert_eq!(ask("getServices", json!({})).await[1], "No-IP");
    assert_eq!(ask("getHosts", json!({})).await[0]["status"], "UPDATED");
    let account = json!({"service": "OVH-dynhost", "hostname": "b.example.org", "username": "u", "password": "p", "enable": true});
    assert_eq!(ask("addHost", account.clone()).await, true);
    assert_eq!(ask("addHost", account).await, false);
    assert_eq!(ask("addHost", json!({"service": "Nobody", "hostname": "c.example.org"})).await, false);
    assert_eq!(ask("getHosts", json!({})).await.as_array().unwrap().len(), 2);
    ask("setGlobalEnable", json!({"enable": "false"})).await;
    assert_eq!(ask("getGlobalEnable", json!({})).await, false);
    assert_eq!(ask("getHosts", json!({})).await[0]["status"], "DISABLED");
    ask("setEnableOnCgnat", json!({"value": 1})).await;
    assert_eq!(ask("getEnableOnCgnat", json!({})).await, true);
    assert_eq!(ask("delHost", json!({"hostname": "b.example.org"})).await, true);
    assert_eq!(ask("delHost", json!({"hostname": "b.example.org"})).await, false);
}

#[tokio::test]
async fn remote_access_closes_by_itself() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |service: &str, method: &str, parameters: Value| {
        session.call(service, method, parameters).await["status"].clone()
    };
    assert_eq!(ask("RemoteAccess", "get", json!({})).await["Enable"], false);
    assert_eq!(
        ask("NMC", "getRemoteAccess", json!({})).await,
        json!({"username": "", "timeout": 0, "timeleft": 0, "port": 0, "sourcePrefix": "", "enable": false})
    );
    let port = ask("RemoteAccess", "enable", json!({"port": "8443", "secure": true, "timeout": 300})).await;
    assert_eq!(port, 8443);
    livebox.clock().advance(Duration::from_secs(100));
    assert_eq!(ask("RemoteAccess", "getTimeLeft", json!({})).await, 200);
    assert_eq!(ask("NMC", "getRemoteAccess", json!({})).await["timeleft"], 200);
    assert_eq!(ask("RemoteAccess", "restartTimer", json!({})).await, true);
    assert_eq!(ask("RemoteAccess", "getTimeLeft", json!({})).await, 300);
    livebox.clock().advance(Duration::from_secs(301));
    assert_eq!(ask("RemoteAccess", "get", json!({})).await["Enable"], false);
    let port = ask(
        "NMC",
        "enableRemoteAccess",
        json!({"username": "admin", "password": "x", "sourcePrefix": "198.51.100.0/24"}),
    )
    .await;
    assert!(port.as_u64().unwrap() >= 20_000);
    assert_eq!(ask("RemoteAccess", "get", json!({})).await["SourcePrefixNonEmpty"], true);
    ask("NMC", "disableRemoteAccess", json!({})).await;
    assert_eq!(ask("RemoteAccess", "set", json!({"parameters": {"Enable": true, "Port": 4443}})).await, true);
    assert_eq!(ask("NMC", "getRemoteAccess", json!({})).await["port"], 4443);
    assert_eq!(ask("RemoteAccess", "disable", json!({})).await, true);
    assert_eq!(ask("OrangeRemoteAccess", "set", json!({"parameters": {"Enable": false}})).await, true);
    assert_eq!(ask("OrangeRemoteAccess", "get", json!({})).await["Enable"], false);
    ask("OrangeRemoteAccess", "addUser", json!({"username": "u", "cookie": "c"})).await;
    let users = session.call("OrangeRemoteAccess", "listUsers", json!({})).await;
    assert_eq!(users["data"]["listOfUsers"], json!(["u"]));
}

#[tokio::test]
async fn upnp_takes_its_rules_with_it() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |service: &str, method: &str, parameters: Value| {
        session.call(service, method, parameters).await["status"].clone()
    };
    assert_eq!(ask("UPnP-IGD", "get", json!({})).await["Enable"], true);
    assert_eq!(
        ask("UPnP-IGD", "set", json!({"parameters": {"Enable": false, "FriendlyName": "Box"}})).await,
        true
    );
    let seen = ask("UPnP-IGD", "get", json!({})).await;
    assert_eq!((&seen["Enable"], &seen["FriendlyName"]), (&json!(false), &json!("Box")));
    assert_eq!(ask("Firewall", "get", json!({})).await["UpnpPortForwardingEnable"], false);
    assert_eq!(ask("Firewall", "getPortForwarding", json!({"origin": "upnp"})).await, json!({}));
    assert_eq!(ask("Firewall", "set", json!({"parameters": {"UpnpPortForwardingEnable": true}})).await, true);
    assert_eq!(ask("UPnP-IGD", "get", json!({})).await["Enable"], true);
}

#[tokio::test]
async fn the_front_of_the_box() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |service: &str, method: &str, parameters: Value| {
        session.call(service, method, parameters).await
    };
    assert_eq!(ask("Screen", "getShowWifiPassword", json!({})).await, json!({"status": false}));
    assert_eq!(
        ask("Screen", "setShowWifiPassword", json!({"Enable": "true"})).await,
        json!({"status": null})
    );
    assert_eq!(ask("Screen", "getShowWifiPassword", json!({})).await, json!({"status": true}));
    for light in ["LEDs.LED.Orange", "LEDs.LED.White"] {
        assert_eq!(ask(light, "set", json!({"Brightness": "7"})).await, json!({"status": true}));
        assert_eq!(ask(light, "get", json!({})).await["status"]["Brightness"], 7);
        assert!(ask(light, "set", json!({"Brightness": 256})).await["errors"].is_array());
    }
    assert_eq!(ask("LEDs.LED", "get", json!({})).await["status"]["White"]["Path"], "/var/dev/led/White");
    assert_eq!(ask("LEDs.LED.Green", "get", json!({})).await["errors"][0]["error"], 196_618);
    assert_eq!(ask("NMC.LED", "getLedStatus", json!({})).await["errors"][0]["info"], "name");
    let set = json!({"name": "Internet", "state": "off", "color": "red"});
    assert_eq!(ask("NMC.LED", "setLed", set).await["status"], true);
    let status = ask("NMC.LED", "getLedStatus", json!({"name": "Internet"})).await;
    assert_eq!(status["data"], json!({"state": "off", "color": "red"}));
}

#[tokio::test]
async fn tv_and_backup() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |service: &str, method: &str, parameters: Value| {
        session.call(service, method, parameters).await
    };
    assert_eq!(ask("NMC.OrangeTV", "getIPTVStatus", json!({})).await["data"]["IPTVStatus"], "Available");
    assert_eq!(ask("NMC.OrangeTV", "getIPTVConfig", json!({})).await["status"][0]["ChannelNumber"], "840");
    ask("NMC.OrangeTV", "setIPTVMultiScreens", json!({"Enable": true})).await;
    assert_eq!(ask("NMC.OrangeTV", "getIPTVMultiScreens", json!({})).await["data"], json!({"Enable": true}));
    let backup = async || ask("NMC.NetworkConfig", "get", json!({})).await["status"].clone();
    let before = backup().await;
    assert_eq!(before["Status"], "Enabled");
    assert_eq!(
        ask("NMC.NetworkConfig", "launchNetworkBackup", json!({"delay": true})).await["status"],
        json!(null)
    );
    assert_eq!(backup().await["Status"], "Triggered");
    livebox.clock().advance(Duration::from_secs(61));
    // Local time with the mark of universal time.
    assert_eq!(backup().await["ConfigDate"], "2026-03-14T11:41:28Z");
    ask("NMC.NetworkConfig", "enableNetworkBR", json!({"state": false})).await;
    assert_eq!(backup().await["Status"], "Disabled");
    ask("NMC.Container", "set", json!({"LeaseTime": 60})).await;
    assert_eq!(ask("NMC.Container", "get", json!({})).await["data"]["LeaseTime"], 60);
}

#[tokio::test]
async fn a_sleeping_computer_is_woken() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let computer = livebox.with_state(|router| {
        let host = router.state.hosts.iter().find(|host| host.name() == "PC de Jérôme").unwrap();
        host.mac.clone()
    });
    let active = async || {
        let device = format!("Devices.Device.{computer}");
        session.call(&device, "getFirstParameter", json!({"parameter": "Active"})).await["status"].clone()
    };
    assert_eq!(active().await, false);
    let woken = session.call("WOL", "sendWakeOnLan", json!({"hostID": computer, "broadcast": true})).await;
    assert_eq!(woken, json!({"status": null}));
    livebox.clock().advance(Duration::from_secs(30));
    assert_eq!(active().await, true);
}

#[tokio::test]
async fn odds_and_ends() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |service: &str, method: &str, parameters: Value| {
        session.call(service, method, parameters).await
    };
    let status = ask("IoTService", "getStatus", json!({})).await;
    assert_eq!((&status["status"], &status["data"]["adminStatus"]), (&json!(0), &json!("disabled")));
    ask("IoTService", "setStatus", json!({"status": "enabled"})).await;
    assert_eq!(ask("IoTService", "getStatus", json!({})).await["data"]["adminStatus"], "enabled");
    assert_eq!(ask("PnP", "get", json!({})).await["status"]["LastName"], "");
    assert_eq!(ask("USBHosts", "getDevices", json!({})).await["status"], json!([]));
    assert_eq!(ask("USBHosts", "get", json!({})).await["errors"][0]["error"], 13);
    assert_eq!(ask("StorageService", "getPhysicalMediums", json!({})).await["status"], json!([]));
    assert!(ask("DNS", "getDNSServers", json!({"flag": ""})).await["status"].as_array().unwrap().len() == 4);
    assert_eq!(ask("Profiles", "get", json!({})).await["errors"][0]["error"], 196_635);
    assert_eq!(ask("Profiles", "getCurrent", json!({})).await["errors"][0]["info"], "getCurrent");
    ask("Manifests", "store", json!({"user": "admin", "option": "theme", "data": {"dark": true}})).await;
    assert_eq!(
        ask("Manifests", "retrieve", json!({"user": "admin", "option": "theme"})).await["status"]["dark"],
        true
    );
    ask("Locations", "addLocation", json!({"key": "1", "name": "Salon"})).await;
    ask("Locations", "setSection", json!({"location": "1", "section": "Fenêtre"})).await;
    assert_eq!(ask("Locations", "getLocations", json!({"location": ""})).await["status"][0]["Name"], "Salon");
    assert_eq!(
        ask("Locations", "getComposition", json!({"location": "1"})).await["status"],
        json!(["Fenêtre"])
    );
    assert_eq!(ask("Locations.Location.1", "get", json!({})).await["status"]["Key"], "1");
    ask("Locations", "removeLocation", json!({"key": "1"})).await;
    assert_eq!(ask("Locations.Location.1", "get", json!({})).await["errors"][0]["error"], 196_618);
    assert_eq!(ask("NMC", "updateVersionInfo", json!({})).await["status"], true);
    assert_eq!(ask("NMC", "checkForUpgrades", json!({})).await["status"], true);
}

#[tokio::test]
async fn what_an_admin_is_refused() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let denied = "AccountManager Audiphone BCMPlugin BulkData CaptivePortal ConMon Conntrack CPUStats DeviceLookup \
        DeviceManagement DHCPv6Client DLNA DNSSD Domino DSPPlugin DummyPlugin FaultMonitor Flowstats GenLog Gpon \
        Invocation IPPingDiagnostics IPsec KMCD Launcher LLMNR LXCManager ManagementServer MQTTBroker MQTTMessages \
        MSS NeMo NetDev ObjectMonitor OopsTracker OrangeDynDNS OUI Pass PPP Process ProcessMonitor QueueManagement \
        RouterAdvertisement SrvInterface SSLEServer SSW ToD UDPEchoConfig Upgrade UPnP VoiceActivation VoiceService \
        VoWifi VPN WatchDog WiFiBCM WOLProxy NeMo.Intf.bridge_ctr NeMo.Intf.bridge_gviptv NeMo.Intf.bridge_viptv \
        NeMo.Intf.container NeMo.Intf.dhcp_iptv NeMo.Intf.dhcp_voip NeMo.Intf.vlan_iptv1 NeMo.Intf.gvlan_iptv2 \
        NeMo.Intf.vlan_voip NeMo.Intf.primdata NeMo.Intf.superguest NeMo.Intf.superlan NeMo.Intf.vpns_t";
    for object in denied.split_whitespace() {
        let answer = session.call(object, "get", json!({})).await;
        let refusal = json!([{"error": 13, "description": "Permission denied", "info": object}]);
        assert_eq!(answer, json!({"status": null, "errors": refusal}));
    }
    for absent in
        ["DECT", "UplinkMonitor", "SFP", "VoiceService.VoiceProfile", "NeMo.Intf.dsl0", "Hosts", "NMC.LAN"]
    {
        let answer = session.call(absent, "get", json!({})).await;
        assert_eq!(answer["errors"][0]["error"], 196_618, "{absent}");
    }
}
