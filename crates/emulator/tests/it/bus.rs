//! Protocol sections 1.6, 1.8 and 2: forms of a call, envelopes, errors, the model's description of itself.

use emulator::Options;
use serde_json::json;

use crate::wire::{Session, livebox, send};

#[tokio::test]
async fn each_dialect_has_its_envelope_and_label() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let body = r#"{"service":"Time","method":"getUTCTime","parameters":{}}"#;
    let inner = json!({"status": null, "data": {"time": "Sat, 14 Mar 2026 10:40:28"}});
    for (label, wrapped) in [
        ("application/x-sah-ws-4-call+json", false),
        ("application/x-sah-ws-1-call+json", true),
        ("application/json", true),
    ] {
        for suffix in ["", "; charset=UTF-8"] {
            let head = format!(
                "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: {label}{suffix}\r\n{}",
                session.headers()
            );
            let answer = send(livebox.addr(), &head, body).await.unwrap();
            assert_eq!(answer.headers("Content-Type"), [format!("{label}; charset=UTF-8")]);
            assert_eq!(answer.json(), if wrapped { json!({"result": inner}) } else { inner.clone() });
        }
    }
    for path in [
        "/sysbus/Time:getUTCTime",
        "/sysbus/NMC/Error:getPrimaryErrorCode",
        "/sysbus/NMC.Error:getPrimaryErrorCode",
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{}",
            session.headers()
        );
        let answer = send(livebox.addr(), &head, r#"{"parameters":{}}"#).await.unwrap();
        assert!(answer.json()["result"].get("status").is_some(), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn local_time_carries_its_offset() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let time = session.call("Time", "getTime", json!({})).await;
    assert_eq!(time, json!({"status": true, "data": {"time": "Sat, 14 Mar 2026 11:40:28 GMT+0100"}}));
}

#[tokio::test]
async fn errors_name_the_culprit() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let not_found =
        |info| json!([{"error": 196_618, "description": "Object or parameter not found", "info": info}]);
    for (service, method, expected) in [
        ("NeMo.Intf.dsl0", "getDSLStats", not_found("NeMo.Intf.dsl0")),
        ("VoiceService.VoiceProfile", "get", not_found("VoiceService.VoiceProfile")),
        ("NMC", "getNetworkStatistics", not_found("getNetworkStatistics")),
        ("Process", "get", json!([{"error": 13, "description": "Permission denied", "info": "Process"}])),
        (
            "VoiceService",
            "get",
            json!([{"error": 13, "description": "Permission denied", "info": "VoiceService"}]),
        ),
        (
            "NeMo.Intf.bridge_ctr",
            "getMIBs",
            json!([{"error": 13, "description": "Permission denied", "info": "NeMo.Intf.bridge_ctr"}]),
        ),
        (
            "UserInterface",
            "getDebugInformation",
            json!([{"error": 196_636, "description": "Function is not implemented", "info": "getDebugInformation"}]),
        ),
        (
            "UserManagement",
            "authenticate",
            json!([
                {"error": 196_640, "description": "Missing mandatory argument", "info": "name"},
                {"error": 196_640, "description": "Missing mandatory argument", "info": "password"},
            ]),
        ),
    ] {
        let answer = session.call(service, method, json!({})).await;
        assert_eq!(answer, json!({"status": null, "errors": expected}), "{service}:{method}");
    }
}

#[tokio::test]
async fn odd_arguments_are_tolerated() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    for parameters in [json!(null), json!(""), json!([]), json!([{"line": "1"}]), json!({"unknown": 1})] {
        let answer = session.call("sysbus.Time", "getTime", parameters.clone()).await;
        assert_eq!(answer["status"], true, "{parameters}");
    }
    let head = format!(
        "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-sah-ws-4-call+json\r\n{}",
        session.headers()
    );
    let answer =
        send(livebox.addr(), &head, r#"{"service":"Time","method":{"a":1},"parameters":{}}"#).await.unwrap();
    assert!(answer.json()["errors"][0]["error"].is_number());
}

#[tokio::test]
async fn every_object_can_be_read_and_written() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let before = session.call("NMC.TPPP", "get", json!({})).await;
    assert_eq!(before["status"]["Enable"], false);
    assert_eq!(session.call("NMC.TPPP", "set", json!({"Enable": true})).await, json!({"status": true}));
    assert_eq!(session.call("NMC.TPPP", "get", json!({})).await["status"]["Enable"], true);
    let boots = session.call("NMC.Reboot.Reboot", "get", json!({})).await;
    assert_eq!(boots["status"].as_object().unwrap().len(), 5);
    assert_eq!(boots["status"]["4"]["ShutdownReason"], "GUI_Reboot");
}

#[tokio::test]
async fn the_model_describes_itself() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let nmc = session.get("/sysbus/NMC?_restDepth=1").await.json();
    assert_eq!(nmc["objectInfo"]["name"], "NMC");
    let functions = nmc["functions"].as_array().unwrap();
    let set = functions.iter().find(|function| function["name"] == "setWanMode").unwrap();
    assert_eq!(
        set["arguments"][0],
        json!({"name": "WanMode", "type": "string", "attributes": {"in": true, "mandatory": true}})
    );
    let children = nmc["children"].as_array().unwrap();
    assert!(children.iter().any(|child| child["objectInfo"]["name"] == "Wifi"));
    assert_eq!(children[0]["children"], json!([]));
    let name = nmc["parameters"].as_array().unwrap().iter().find(|p| p["name"] == "OfferType").unwrap();
    assert_eq!((&name["value"], &name["validator"]), (&json!("Res"), &json!(["Res", "Pro"])));

    let denied = session.get("/sysbus/NeMo/Intf/bridge_ctr").await.json();
    assert_eq!(denied["errors"][0]["info"], "NeMo/Intf/bridge_ctr");
    assert_eq!(session.get("/sysbus/Process").await.json()["error"], 13);
    assert_eq!(session.get("/sysbus/No/Such").await.json()["error"], 196_618);
    assert_eq!(session.get("/sysbus/NMC.Wifi").await.json()["errors"][0]["error"], 13);
    let port = session.get("/sysbus/NeMo/Intf/ETH0?_restDepth=0").await.json();
    assert!(
        port["functions"].as_array().unwrap().iter().any(|function| function["name"] == "getNetDevStats")
    );
    assert!(!port["functions"].as_array().unwrap().iter().any(|function| function["name"] == "kickStation"));
    assert!(session.get("/sysbus/?_restDepth=1").await.json()["children"].as_array().unwrap().len() > 40);
    assert!(session.get("/sysbus/*?_restDepth=-1").await.json().is_array());
    let stranger = send(livebox.addr(), "GET /sysbus/NMC HTTP/1.1\r\nHost: x", "").await.unwrap();
    assert_eq!(stranger.json()["errors"][0]["error"], 13);
}
