//! Changes of the Wi-Fi as the pipeline sees them: plans, guards, undo, and keys that nobody sees.

use std::{collections::BTreeMap, path::Path, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sysbus::Secret;
use vault::{Handle, Vault};

use super::{
    super::{key::forget_unneeded, wifi_access},
    emulated::{SET, hurried, network},
};
use crate::{
    Policy, ToolError, Watch,
    testing::{Bench, bench},
};

/// The settings of every network and radio, as the box keeps them.
fn settings(bench: &Bench) -> Value {
    bench.livebox.with_state(|router| {
        let wifi = &router.state.wifi;
        let vaps: Vec<Value> = wifi
            .vaps
            .iter()
            .map(|vap| json!([vap.name, vap.ssid, vap.visible, vap.key, vap.enable]))
            .collect();
        let radios: Vec<Value> = wifi
            .radios
            .iter()
            .map(|radio| json!([radio.name, radio.auto_channel, radio.bandwidth]))
            .collect();
        json!([wifi.enable, wifi.profile.enable, vaps, radios])
    })
}

/// Every file below a folder, with its content.
fn files(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.insert(path.display().to_string(), std::fs::read(&path).unwrap());
        }
    }
}

/// No file of ours holds these texts.
fn assert_absent(bench: &Bench, secrets: &[&str]) {
    let mut found = BTreeMap::new();
    files(bench.state.path(), &mut found);
    assert!(found.len() >= 3, "{:?}", found.keys());
    for (name, content) in &found {
        for secret in secrets {
            let there = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!there, "{name} holds a secret");
        }
    }
}

fn vault(bench: &Bench) -> Vault {
    Vault::without_keychain(bench.state.path().join("vault"))
}

fn private_keys(bench: &Bench) -> Vec<String> {
    bench.livebox.with_state(|router| {
        let private = router.state.wifi.vaps.iter().filter(|vap| !vap.guest && !vap.secondary);
        private.map(|vap| vap.key.clone()).collect()
    })
}

#[tokio::test]
async fn every_change_goes_back_and_forth() {
    for (tool, args) in [
        ("wifi_disable", json!({})),
        ("wifi_disable", json!({"band": "5"})),
        ("wifi_set", json!({"network": "5", "channel": 36, "width": 40})),
        ("wifi_set", json!({"network": "2.4", "ssid": "Chez nous", "hidden": true})),
        ("wifi_set", json!({"network": "Invités Chez Nous", "hidden": true})),
        ("wifi_key_set", json!({"network": "5"})),
        ("wifi_key_set", json!({"network": "5", "key": "Cle-Nouvelle-42"})),
    ] {
        let bench = hurried().await;
        let before = settings(&bench);
        let plan = bench.plan(tool, args.clone()).await.unwrap();
        assert_eq!(settings(&bench), before, "{tool} {args}: a plan changes nothing");
        assert!(plan["plan"]["undo"]["tool"].is_string(), "{tool} {args}: {plan}");
        let done = bench.json(tool, args.clone()).await;
        assert_eq!(done["outcome"], "applied", "{tool} {args}: {done}");
        let after = settings(&bench);
        assert_ne!(after, before);
        let undone = bench.json("journal_undo", json!({"entry": done["entry"]})).await;
        assert_eq!(undone["outcome"], "applied", "{tool} {args}: {undone}");
        assert_eq!(settings(&bench), before, "{tool} {args}");
        let redone = bench.json("journal_undo", json!({"entry": undone["entry"]})).await;
        assert_eq!(redone["outcome"], "applied", "{tool} {args}: {redone}");
        assert_eq!(settings(&bench), after, "{tool} {args}");
    }
}

#[tokio::test]
async fn what_was_held_off_is_held_off_again() {
    for enabled in [true, false] {
        let bench = hurried().await;
        bench.livebox.with_state(|router| {
            router.state.wifi.profile.enable = false;
            router.state.wifi.enable = enabled;
        });
        let before = settings(&bench);
        let on = bench.json("wifi_enable", json!({})).await;
        assert_eq!((&on["outcome"], &on["before"]["held_off"]), (&json!("applied"), &json!(true)));
        assert!(on["after"]["held_off"].is_null());
        let undone = bench.json("journal_undo", json!({})).await;
        assert_eq!((&undone["outcome"], &undone["after"]["on"]), (&json!("applied"), &json!(false)));
        assert_eq!(settings(&bench), before);
    }
}

#[tokio::test]
async fn what_cuts_people_off_says_so_and_asks_for_a_word() {
    let mut bench = bench().await;
    let off = bench.plan("wifi_disable", json!({})).await.unwrap();
    let plan = &off["plan"];
    assert_eq!((&plan["risk"], &plan["cuts"]["seconds"]), (&json!("high"), &Value::Null));
    assert!(plan["guard"]["box_s"].as_u64().unwrap() >= 30 && plan["notes"].to_string().contains("cable"));
    let radar = bench.plan("wifi_set", json!({"network": "5", "channel": 104})).await.unwrap();
    assert_eq!(radar["plan"]["cuts"]["seconds"], 100);
    assert!(radar["plan"]["guard"]["box_s"].as_u64().unwrap() >= 100);
    // The word is asked for where a person has to agree.
    bench.cx = bench.cx.with_policy(Policy::default());
    bench.json("wifi_disable", json!({})).await;
    let journal = journal::Journal::open(bench.state.path()).unwrap();
    let open = journal.approvals_open(Timestamp::now()).unwrap();
    assert_eq!(open[0].plan["word"], "wifi");
}

#[tokio::test]
async fn a_channel_that_cuts_the_link_is_taken_back() {
    let mut bench = hurried().await;
    bench.cx = bench.cx.with_watch(Some(Watch { box_s: 1, internet_s: 1, settle_s: 1 }));
    let before = settings(&bench);
    // In seconds of the box, of which a hundred pass in one of ours: longer than we wait for the answer and the guard.
    bench.fault("link-cut=600@NeMo.Intf.lan:setWLANConfig*1");
    let error = bench.error("wifi_set", json!({"network": "5", "channel": 40})).await;
    assert!(matches!(error, ToolError::Unknown(_)), "{error}");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let entry = bench.json("journal_show", json!({"entry": 1})).await;
        if entry["guard"] == "reverted" {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{entry}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(settings(&bench), before);
    assert_eq!(bench.count(SET), 2, "the change and its inverse, each once");
}

#[tokio::test]
async fn a_key_is_made_here_kept_and_never_told() {
    let bench = hurried().await;
    let former = private_keys(&bench)[0].clone();
    bench.plan("wifi_key_set", json!({"network": "5"})).await.unwrap();
    assert_eq!(vault(&bench).list().unwrap(), [], "a plan keeps no key");
    let answer = bench.run("wifi_key_set", json!({"network": "5", "length": 30})).await.unwrap();
    let after = &answer.json["after"];
    assert_eq!(answer.json["outcome"], "applied");
    let fingerprint = vault(&bench).fingerprint(&Secret::new(private_keys(&bench)[0].as_str())).unwrap();
    assert_eq!(after["key"], format!("set (fingerprint {fingerprint})"));
    assert_eq!(after["show"], "livebox-mcp wifi-key show 2.4");
    let handle: Handle = after["handle"].as_str().unwrap().parse().unwrap();
    let keys = private_keys(&bench);
    assert!(keys.iter().all(|key| key.len() == 30 && *key != former));
    assert_eq!(vault(&bench).get(&handle).unwrap(), Some(Secret::new(keys[0].as_str())));
    let shown = answer.page.compact();
    assert!(shown.contains(handle.as_str()) && shown.contains("wifi-key show 2.4"), "{shown}");
    assert!(!format!("{}{shown}", answer.json).contains(&keys[0]));
    // Former and new one, for people who ask what is kept.
    let purposes: Vec<String> =
        vault(&bench).list().unwrap().into_iter().map(|entry| entry.purpose).collect();
    assert_eq!(purposes.len(), 2);
    assert!(purposes.iter().all(|purpose| purpose.contains("Wi-Fi key of Livebox-DDDF")), "{purposes:?}");
    assert_absent(&bench, &[&keys[0], &former]);
    let listed = bench.json("journal_show", json!({"entry": answer.json["entry"]})).await.to_string();
    assert!(!listed.contains(&keys[0]) && !listed.contains(&former), "{listed}");
    // Each is another one, and a short one is called weak.
    bench.json("wifi_key_set", json!({"network": "5"})).await;
    assert_ne!(private_keys(&bench), keys);
    let weak = bench.plan("wifi_key_set", json!({"network": "5", "length": 8})).await.unwrap();
    assert!(weak["plan"]["notes"].to_string().contains("34 bits"), "{weak}");
    let weak = bench.run("wifi_key_set", json!({"network": "5", "length": 8})).await.unwrap();
    assert!(weak.json["after"]["warning"].as_str().unwrap().contains("34 bits"), "{}", weak.json);
    assert!(weak.page.compact().contains("34 bits"), "{}", weak.page.compact());
    let undone = bench.json("journal_undo", json!({"entry": weak.json["entry"]})).await;
    assert_eq!(undone["outcome"], "applied", "the warning is no part of the box's state");
    let error = bench.error("wifi_key_set", json!({"network": "5", "length": 7})).await;
    assert!(matches!(error, ToolError::Arguments(_)), "{error}");
}

#[tokio::test]
async fn a_key_that_someone_else_changed_is_not_overwritten() {
    let bench = hurried().await;
    bench.json("wifi_key_set", json!({"network": "5"})).await;
    bench.livebox.with_state(|router| {
        for vap in &mut router.state.wifi.vaps {
            vap.key = "par-quelqu-un-d-autre".to_owned();
        }
    });
    bench.cx.session().forget_reads();
    let error = bench.error("journal_undo", json!({})).await;
    assert!(matches!(error, ToolError::Drift(_)) && error.to_string().contains("changed key."), "{error}");
    assert_eq!(bench.count(SET), 1);
    // A given key is part of what was agreed to: another one is another plan.
    let plan = |key: &str| bench.plan("wifi_key_set", json!({"network": "5", "key": key}));
    let (one, two) = (plan("Cle-Nouvelle-42").await.unwrap(), plan("Cle-Nouvelle-43").await.unwrap());
    assert_ne!(one["plan"]["hash"], two["plan"]["hash"]);
    assert!(!one.to_string().contains("Cle-Nouvelle"), "{one}");
    let made = bench.plan("wifi_key_set", json!({"network": "5"})).await.unwrap();
    let again = bench.plan("wifi_key_set", json!({"network": "5"})).await.unwrap();
    assert_eq!(made["plan"]["hash"], again["plan"]["hash"], "whatever key will be made");
}

#[tokio::test]
async fn keys_are_forgotten_with_their_changes() {
    let bench = hurried().await;
    bench.json("wifi_key_set", json!({"network": "5"})).await;
    bench.json("journal_undo", json!({})).await;
    let kept = vault(&bench).list().unwrap().len();
    assert_eq!(kept, 3, "the former one, the new one, and the new one again for a redo");
    vault(&bench).put("something else", &Secret::new("x")).unwrap();
    let (now, later) = (Timestamp::now(), Timestamp::now() + SignedDuration::from_hours(48));
    for at in [now, later] {
        forget_unneeded(&bench.cx, at).await.unwrap();
        assert_eq!(vault(&bench).list().unwrap().len(), kept + 1, "the journal still needs them");
    }
    let journal = journal::Journal::open(bench.state.path()).unwrap();
    journal.prune(0, 0, later).unwrap();
    forget_unneeded(&bench.cx, now).await.unwrap();
    assert_eq!(vault(&bench).list().unwrap().len(), kept + 1, "too young: a change may be under way");
    forget_unneeded(&bench.cx, later).await.unwrap();
    let left: Vec<String> = vault(&bench).list().unwrap().into_iter().map(|entry| entry.purpose).collect();
    assert_eq!(left, ["something else"]);
}

#[tokio::test]
async fn a_key_that_cannot_be_kept_is_not_set() {
    let bench = hurried().await;
    let before = settings(&bench);
    bench.json("wifi_key_set", json!({"network": "5", "key": "Cle-Nouvelle-42"})).await;
    bench.json("journal_undo", json!({})).await;
    assert_eq!(settings(&bench), before);
    std::fs::write(bench.state.path().join("vault/vault.key"), "damaged").unwrap();
    let cx = bench.cx.clone().with_vault(Some(vault(&bench)));
    let bench = Bench { cx, ..bench };
    let error = bench.error("wifi_key_set", json!({"network": "5"})).await;
    assert!(matches!(error, ToolError::Kept(_)) && error.to_string().contains("damaged"), "{error}");
    assert_eq!((settings(&bench), bench.count(SET)), (before, 2));
    let homeless = Bench { cx: bench.cx.clone().with_vault(None), ..bench };
    assert!(matches!(homeless.error("wifi_key_set", json!({"network": "5"})).await, ToolError::Failed(_)));
}

#[tokio::test]
async fn a_person_gets_what_joins_a_network() {
    let bench = bench().await;
    let access = wifi_access(&bench.cx, "5").await.unwrap();
    let wifi = bench.json("wifi_show", json!({})).await;
    assert_eq!(json!(access.name().shown()), network(&wifi, "5", false)["ssid"]);
    assert_eq!(access.key.as_ref().unwrap().expose(), private_keys(&bench)[1]);
    assert!(access.qr_text().expose().starts_with("WIFI:T:WPA;S:Livebox-DDDF;P:"));
    assert!(!format!("{access:?}").contains(&private_keys(&bench)[1]));
    bench.livebox.with_state(|router| {
        let vap = router.state.wifi.vaps.iter_mut().find(|vap| !vap.guest).unwrap();
        vap.key = "une-autre-cle".to_owned();
    });
    bench.cx.session().forget_reads();
    let error = wifi_access(&bench.cx, "Livebox-DDDF").await.unwrap_err();
    assert!(matches!(error, ToolError::Conflict(_)) && error.to_string().contains("Give one id"), "{error}");
    assert!(matches!(wifi_access(&bench.cx, "nowhere").await, Err(ToolError::Conflict(_))));
}
