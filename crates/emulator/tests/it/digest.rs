//! What tests of other crates lean on: the digest of all settings, the count of writes, the list of secrets.

use std::collections::BTreeSet;
use std::time::Duration;

use emulator::{Caller, Handle, Options, Requests};
use serde_json::{Value, json};

use crate::robustness::{functions, oddities};
use crate::wire::{Session, livebox, send};

/// A change, how it is undone, and the part of the digest that shows it.
struct Change {
    service: &'static str,
    method: &'static str,
    to: Value,
    back: (&'static str, Value),
    shows: &'static str,
}

fn change(
    service: &'static str,
    method: &'static str,
    to: Value,
    back: (&'static str, Value),
    shows: &'static str,
) -> Change {
    Change { service, method, to, back, shows }
}

/// One of each kind of setting.
#[allow(clippy::too_many_lines, clippy::unwrap_used, reason = "a table")]
fn changes(livebox: &Handle) -> Vec<Change> {
    let (nas, guest_key, zoe) = livebox.with_state(|router| {
        let find =
            |name: &str| router.state.hosts.iter().find(|host| host.name() == name).unwrap().mac.clone();
        (
            find("nas-familial"),
            router.state.wifi.vap("vap5g0guest0").unwrap().key.clone(),
            find("Switch de Zoé"),
        )
    });
    let vap = |name: &str, values: Value| json!({"mibs": {"wlanvap": {name: values}}});
    let radio = |values: Value| json!({"mibs": {"wlanradio": {"rad5g0": values}}});
    let rule = |enable: bool| {
        json!({
            "id": "webui_NAS HTTPS", "origin": "webui", "sourceInterface": "data", "externalPort": "8443",
            "internalPort": "5001", "protocol": "6", "description": "NAS HTTPS", "enable": enable,
            "persistent": true, "destinationIPAddress": "192.168.1.20",
        })
    };
    let lan = |max: &str| {
        json!({
            "Address": "192.168.1.1", "PrefixLength": 24, "DHCPEnable": true, "DHCPMinAddress": "192.168.1.10",
            "DHCPMaxAddress": max,
        })
    };
    let intf = "NeMo.Intf.lan";
    vec![
        change("NMC.Wifi", "set", json!({"Enable": false}), ("set", json!({"Enable": true})), "/wifi/enable"),
        change(
            "NMC.Guest",
            "set",
            json!({"Enable": false}),
            ("set", json!({"Enable": true})),
            "/wifi/guest/enable",
        ),
        change(
            "NMC.WlanTimer",
            "setActivationTimer",
            json!({"InterfaceName": "guest", "Timeout": 4}),
            ("disableActivationTimer", json!({"InterfaceName": "guest"})),
            "/wifi/guest/hours",
        ),
        change(
            intf,
            "setWLANConfig",
            radio(json!({"AutoChannelEnable": false, "Channel": 44})),
            ("setWLANConfig", radio(json!({"AutoChannelEnable": true}))),
            "/wifi/radios/rad5g0/channel",
        ),
        change(
            intf,
            "setWLANConfig",
            vap("vap5g0guest0", json!({"SSID": "Ailleurs"})),
            ("setWLANConfig", vap("vap5g0guest0", json!({"SSID": "Invités Chez Nous"}))),
            "/wifi/networks/vap5g0guest0/ssid",
        ),
        change(
            intf,
            "setWLANConfig",
            vap("vap5g0guest0", json!({"SSIDAdvertisementEnabled": false})),
            ("setWLANConfig", vap("vap5g0guest0", json!({"SSIDAdvertisementEnabled": true}))),
            "/wifi/networks/vap5g0guest0/visible",
        ),
        change(
            intf,
            "setWLANConfig",
            vap("vap5g0guest0", json!({"Security": {"KeyPassPhrase": "Une-autre-clef-42"}})),
            ("setWLANConfig", vap("vap5g0guest0", json!({"Security": {"KeyPassPhrase": guest_key}}))),
            "/wifi/networks/vap5g0guest0/key",
        ),
        change(
            "NeMo.Intf.vap5g0priv0.MACFiltering",
            "addEntry",
            json!({"mac": "02:00:00:00:00:07"}),
            ("delEntry", json!({"mac": "02:00:00:00:00:07"})),
            "/wifi/networks/vap5g0priv0/filter",
        ),
        change(
            "Firewall",
            "setFirewallLevel",
            json!({"level": "High"}),
            ("setFirewallLevel", json!({"level": "Medium"})),
            "/firewall/level",
        ),
        change(
            "Firewall",
            "setPortForwarding",
            rule(false),
            ("setPortForwarding", rule(true)),
            "/firewall/forwards",
        ),
        change(
            "Firewall",
            "setDMZ",
            json!({"id": "webui", "sourceInterface": "data", "destinationIPAddress": "192.168.1.20", "enable": true}),
            ("deleteDMZ", json!({"id": "webui"})),
            "/firewall/dmz",
        ),
        change(
            "NetMaster.LAN.default.Bridge.lan",
            "setIPv4",
            lan("192.168.1.99"),
            ("setIPv4", lan("192.168.1.150")),
            "/lan/pool/max",
        ),
        change(
            "DHCPv4.Server.Pool.default",
            "addStaticLease",
            json!({"MACAddress": "02:00:00:00:00:08", "IPAddress": "192.168.1.77"}),
            ("deleteStaticLease", json!({"MACAddress": "02:00:00:00:00:08"})),
            "/lan/reservations",
        ),
        change(
            "Devices.Device.HGW",
            "setTag",
            json!({"tag": "essai"}),
            ("clearTag", json!({"tag": "essai"})),
            "/devices/notes",
        ),
        change(
            "Scheduler",
            "overrideSchedule",
            json!({"type": "ToD", "ID": zoe, "override": "Disable"}),
            ("overrideSchedule", json!({"type": "ToD", "ID": zoe, "override": ""})),
            "/schedules",
        ),
        change(
            "DynDNS",
            "setGlobalEnable",
            json!({"enable": false}),
            ("setGlobalEnable", json!({"enable": true})),
            "/dyndns/enable",
        ),
        change(
            "UserManagement",
            "changePassword",
            json!({"name": "admin", "password": "Autre-M0t-de-passe"}),
            ("changePassword", json!({"name": "admin", "password": "Livebox6"})),
            "/accounts/password",
        ),
        change(
            "UserInterface",
            "setLanguage",
            json!({"currentLanguage": "en"}),
            ("setLanguage", json!({"currentLanguage": "fr"})),
            "/box/language",
        ),
        // A parameter of which nothing but the bus's own `set` knows.
        change(
            "UPnP-IGD",
            "set",
            json!({"parameters": {"FriendlyName": "Box du haut"}}),
            ("set", json!({"parameters": {"FriendlyName": "Orange Livebox"}})),
            "/written",
        ),
        change(
            &*format!("Devices.Device.{nas}").leak(),
            "setName",
            json!({"name": "autre-nas"}),
            ("setName", json!({"name": "nas-familial"})),
            "/devices/hosts",
        ),
    ]
}

#[tokio::test]
async fn each_change_is_in_the_digest_and_gone_with_it() {
    let livebox = livebox(Options::default()).await;
    let before = livebox.settings();
    for change in changes(&livebox) {
        let Change { service, method, to, back, shows } = change;
        let answer = livebox.call(service, method, &to);
        assert!(answer["errors"].is_null() && answer["status"] != false, "{service}:{method}: {answer}");
        let changed = livebox.settings();
        assert_ne!(changed.pointer(shows).unwrap(), before.pointer(shows).unwrap(), "{service}:{method}");
        let answer = livebox.call(service, back.0, &back.1);
        assert!(answer["errors"].is_null(), "{service}:{}: {answer}", back.0);
        assert_eq!(livebox.settings(), before, "{service}:{}", back.0);
        assert_eq!(livebox.settings().to_string(), before.to_string(), "{service}:{}", back.0);
    }
    livebox.call("NMC", "reboot", &json!({"reason": "GUI_Reboot"}));
    assert_eq!(livebox.settings()["reboots"], before["reboots"].as_u64().unwrap() + 1);
}

#[tokio::test]
async fn no_question_is_in_the_digest_whatever_its_arguments() {
    let livebox = livebox(Options::default()).await;
    let before = livebox.settings().to_string();
    let mut found = Vec::new();
    let everything = livebox.with_state(|router| router.introspect(Caller::Admin, "*", -1));
    everything.as_array().unwrap().iter().for_each(|node| functions(node, &mut found));
    found.retain(|(object, method, _)| {
        let calls = vec![format!("{object}:{method}")];
        Requests { calls, ..Requests::default() }.writes().is_empty()
    });
    let mut seen = BTreeSet::new();
    found.retain(|(object, method, arguments)| {
        let kind: Vec<&str> = object.split('.').take(2).collect();
        seen.insert((kind.join("."), method.clone(), arguments.clone()))
    });
    assert!(found.len() > 150, "{}", found.len());
    let odd = oddities();
    livebox.with_state(|router| {
        for (place, (object, method, arguments)) in found.iter().enumerate() {
            let one = arguments.iter().enumerate();
            let one = one.map(|(at, name)| (name.clone(), odd[(place + 7 * at) % odd.len()].clone()));
            let _ = router.call(Caller::Admin, object, method, &one.collect());
            let _ = router.call(Caller::Admin, object, "get", &serde_json::Map::new());
        }
    });
    assert_eq!(livebox.settings().to_string(), before);
}

#[tokio::test]
async fn no_passing_of_time_is_in_the_digest() {
    for seed in 6..10 {
        let livebox = livebox(Options { seed, ..Options::default() }).await;
        let before = livebox.settings().to_string();
        for _ in 0..7 {
            livebox.clock().advance(Duration::from_secs(3 * 3_600));
            for (service, method) in [
                ("Devices", "get"),
                ("Firewall", "getPortForwarding"),
                ("NMC.Wifi", "startAutoChannelSelection"),
            ] {
                livebox.call(service, method, &json!({}));
            }
            assert_eq!(livebox.settings().to_string(), before, "seed {seed}");
        }
    }
}

#[tokio::test]
async fn no_secret_is_in_the_digest() {
    let livebox = livebox(Options::default()).await;
    Session::open(livebox.addr()).await;
    livebox.call(
        "NeMo.Intf.vap5g0priv0.Security",
        "set",
        &json!({"parameters": {"RadiusSecret": "un-vrai-secret"}}),
    );
    let digest = livebox.settings().to_string();
    let secrets = livebox.secrets();
    assert!(secrets.iter().any(|secret| secret == "un-vrai-secret"));
    for secret in secrets {
        assert!(!digest.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn writes_are_told_from_questions_and_from_refusals() {
    let livebox = livebox(Options { control: true, ..Options::default() }).await;
    let session = Session::open(livebox.addr()).await;
    session.call("NMC", "getWANStatus", json!({})).await;
    session.call("TopologyDiagnostics", "buildTopology", json!({"SendXmlFile": false})).await;
    session.call("NMC.Wifi", "set", json!({"Enable": true})).await;
    session.call("Firewall", "setFirewallLevel", json!({"level": "Highest"})).await;
    session.call("Scheduler", "enableSchedule", json!({"type": "ToD", "ID": "nobody", "enable": true})).await;
    let stranger = Session { cookie: "none".to_owned(), ..session.clone() };
    stranger.call("NMC", "reboot", json!({"reason": "GUI_Reboot"})).await;
    livebox.faults().add("drop-after@Firewall:setFirewallLevel".parse().unwrap());
    let head = format!("POST /ws HTTP/1.1\r\nHost: x\r\n{}", session.headers());
    let body = r#"{"service":"Firewall","method":"setFirewallLevel","parameters":{"level":"Low"}}"#;
    assert!(send(livebox.addr(), &head, body).await.is_none());
    // What another administrator does is not what clients asked.
    livebox.call("Firewall", "setFirewallLevel", &json!({"level": "Medium"}));
    let requests = livebox.requests();
    let writes = [
        "NMC.Wifi:set",
        "Firewall:setFirewallLevel",
        "Scheduler:enableSchedule",
        "NMC:reboot",
        "Firewall:setFirewallLevel",
    ];
    assert_eq!(requests.writes(), writes);
    assert_eq!(requests.changes, ["NMC.Wifi:set", "Firewall:setFirewallLevel"]);
    let told = send(livebox.addr(), "GET /_emulator/requests HTTP/1.1\r\nHost: x", "").await.unwrap().json();
    assert_eq!((&told["writes"], &told["changes"]), (&json!(writes), &json!(requests.changes)));
}

#[tokio::test]
async fn another_process_sees_the_same_and_changes_things_as_another_administrator() {
    let livebox = livebox(Options { control: true, ..Options::default() }).await;
    let ask = async |what: &str| {
        send(livebox.addr(), &format!("GET /_emulator/{what} HTTP/1.1\r\nHost: x"), "").await.unwrap().json()
    };
    assert_eq!(ask("settings").await, livebox.settings());
    let before = livebox.settings();
    let head = "POST /_emulator/call HTTP/1.1\r\nHost: x";
    let body = r#"{"service":"Firewall","method":"setFirewallLevel","parameters":{"level":"High"}}"#;
    assert_eq!(send(livebox.addr(), head, body).await.unwrap().json(), json!({"status": true}));
    assert_ne!(ask("settings").await, before);
    let refused = livebox.call("Firewall", "setFirewallLevel", &json!({"level": "Highest"}));
    assert_eq!(refused["errors"][0]["error"], 196_639);
    assert_eq!(ask("secrets").await, json!(livebox.secrets()));
}

#[tokio::test]
async fn every_secret_that_was_ever_answered_is_listed() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let old = livebox.with_state(|router| router.state.wifi.vap("vap5g0guest0").unwrap().key.clone());
    let guest =
        json!({"mibs": {"wlanvap": {"vap5g0guest0": {"Security": {"KeyPassPhrase": "Cette-clef-ci-77"}}}}});
    session.call("NeMo.Intf.lan", "setWLANConfig", guest).await;
    session.call("NMC.Wifi.WPS", "generateSelfPIN", json!({})).await;
    let host = json!({
        "service": "No-IP", "hostname": "b.example", "username": "u", "password": "mdp-dyndns-99", "enable": true,
    });
    session.call("DynDNS", "addHost", host).await;
    let second = Session::open(livebox.addr()).await;
    let secrets = livebox.secrets();
    let cookie = |session: &Session| session.cookie.rsplit_once("sessid=").unwrap().1.to_owned();
    for known in [
        old,
        "Cette-clef-ci-77".to_owned(),
        "mdp-dyndns-99".to_owned(),
        session.context.clone(),
        cookie(&session),
        second.context.clone(),
        cookie(&second),
    ] {
        assert!(secrets.contains(&known), "{known}");
    }
    // What the box answers under a name that says "secret" is on the list.
    let mibs = session.call("NeMo.Intf.lan", "getMIBs", json!({})).await.to_string();
    let data = session.call("NeMo.Intf.data", "getMIBs", json!({})).await.to_string();
    let trunks = session.call("VoiceService.VoiceApplication", "listTrunks", json!({})).await;
    let hosts = session.call("DynDNS", "getHosts", json!({})).await.to_string();
    let wps = session.call("NMC.Wifi.WPS", "get", json!({})).await.to_string();
    let own = session.call("DeviceInfo", "get", json!({})).await.to_string();
    let names = [
        "KeyPassPhrase",
        "WEPKey",
        "R0KHKey",
        "SelfPIN",
        "CurrentPinCode",
        "AuthenticationInformation",
        "password",
        "ProvisioningCode",
    ];
    let mut found = 0;
    for text in [&mibs, &data, &hosts, &wps, &own] {
        for name in names {
            for rest in text.split(&format!("\"{name}\":\"")).skip(1) {
                let value = rest.split('"').next().unwrap().to_owned();
                if !value.is_empty() {
                    assert!(secrets.contains(&value), "{name}: {value}");
                    found += 1;
                }
            }
        }
    }
    assert!(found > 20, "{found}");
    let uri = trunks["status"][0]["trunk_lines"][0]["uri"].as_str().unwrap().to_owned();
    assert!(secrets.iter().any(|secret| uri.contains(secret.as_str())), "{uri}");
}
