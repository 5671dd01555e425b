//! Protocol section 3: the event channel.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::time::Duration;

use emulator::{Handle, Options};
use serde_json::{Value, json};

use crate::wire::{Session, livebox, send};

const LABEL: &str = "application/x-sah-event-4-call+json";

async fn poll(session: &Session, body: Value) -> Value {
    let head = format!("POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: {LABEL}\r\n{}", session.headers());
    let answer = send(session.address, &head, &body.to_string()).await.unwrap();
    assert_eq!(answer.headers("Content-Type"), [format!("{LABEL}; charset=UTF-8")]);
    answer.json()
}

/// Waits until so many requests arrived on the channel, and the last one had time to begin waiting.
async fn wait_for_polls(livebox: &Handle, count: usize) {
    while livebox.requests().count("events:wait") < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn a_change_wakes_the_waiting_request() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let opened = poll(&session, json!({"events": ["NMC", "Devices.Device"]})).await;
    let id = opened["channelid"].as_u64().unwrap();
    assert_eq!(opened["events"], json!([]));
    let waiting = {
        let session = session.clone();
        tokio::spawn(async move { poll(&session, json!({"events": ["NMC"], "channelid": id})).await })
    };
    wait_for_polls(&livebox, 2).await;
    session.call("NMC.TPPP", "set", json!({"Enable": true})).await;
    let event = waiting.await.unwrap()["events"][0]["data"].clone();
    assert_eq!(
        event,
        json!({"handler": "NMC.TPPP", "object": {"reason": "changed", "attributes": {"Enable": "1"}}})
    );
}

#[tokio::test]
async fn the_household_makes_events_of_its_own() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let opened = poll(&session, json!({"events": ["Devices.Device"]})).await;
    let id = opened["channelid"].clone();
    let (mac, now) = livebox.with_state(|router| {
        let now = router.now();
        let seed = router.state.seed;
        let host = router.state.hosts.iter_mut().find(|host| host.is_active(seed, now)).unwrap();
        host.force(now + jiff::SignedDuration::from_secs(5), Some(false));
        (host.mac.clone(), now)
    });
    livebox.clock().advance(Duration::from_secs(10));
    let events = poll(&session, json!({"events": ["Devices.Device"], "channelid": id})).await;
    let handler = format!("Devices.Device.{mac}");
    let left = events["events"].as_array().unwrap().iter().find(|event| event["data"]["handler"] == handler);
    let attributes = &left.unwrap()["data"]["object"]["attributes"];
    assert_eq!(attributes["Active"], "0", "{now}");
    let waiting = {
        let session = session.clone();
        tokio::spawn(async move {
            poll(&session, json!({"events": ["HomeLan", "Devices"], "channelid": id})).await
        })
    };
    wait_for_polls(&livebox, 3).await;
    livebox.clock().advance(Duration::from_secs(31));
    let events = waiting.await.unwrap();
    assert!(events.to_string().contains("Statistics"), "{events}");
}

#[tokio::test]
async fn an_idle_poll_ends_empty_and_a_silent_channel_is_lost() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let id = poll(&session, json!({"events": ["PnP"]})).await["channelid"].clone();
    let waiting = {
        let (session, id) = (session.clone(), id.clone());
        tokio::spawn(async move { poll(&session, json!({"events": ["PnP"], "channelid": id})).await })
    };
    wait_for_polls(&livebox, 2).await;
    livebox.clock().advance(Duration::from_secs(11));
    assert_eq!(waiting.await.unwrap(), json!({"channelid": id, "events": []}));
    livebox.clock().advance(Duration::from_secs(25));
    let lost = poll(&session, json!({"events": ["PnP"], "channelid": id})).await;
    assert_eq!(lost["errors"][0]["info"], "channel does not exist");
}

#[tokio::test]
async fn a_lost_session_shows_on_the_channel_and_null_may_trail() {
    let livebox = livebox(Options { trailing_null: true, ..Options::default() }).await;
    let session = Session::open(livebox.addr()).await;
    let head = format!("POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: {LABEL}\r\n{}", session.headers());
    let body = r#"{"events":["NMC"]}"#;
    assert!(send(session.address, &head, body).await.unwrap().body.ends_with("}null"));
    livebox.clock().advance(Duration::from_secs(700));
    assert!(send(session.address, &head, body).await.unwrap().body.contains("Permission denied"));
}
