//! Behaviour, against the emulator.

use std::sync::{Arc, Mutex};

use emulator::Options;
use serde_json::json;
use sysbus::Secret;

use crate::{
    Lang, Policy,
    testing::{Bench, bench, bench_with},
};

#[tokio::test]
async fn the_box_introduces_itself_in_three_requests() {
    let bench = bench().await;
    let info = bench.json("box_show", json!({})).await;
    assert_eq!(info["model"], "Livebox 6");
    assert_eq!(info["hardware"], "SagemcomFast5670E_OFR");
    assert!(info["firmware"].as_str().unwrap().starts_with("SG60-"));
    assert!(info["uptime_s"].as_u64().is_some() && info["reboots"].as_u64().is_some());
    assert!(info["memory_total_bytes"].as_u64().unwrap() > 512 << 20);
    assert!(info["memory_free_bytes"].as_u64().unwrap() < info["memory_total_bytes"].as_u64().unwrap());
    assert!(info["last_boot_reason"].is_string() && info["last_boot_at"].is_string(), "{info}");
    let asked = ["DeviceInfo:get", "DeviceInfo.MemoryStatus:get", "NMC.Reboot.Reboot:get"];
    assert_eq!(asked.map(|call| bench.count(call)), [1, 1, 1]);
    for secret in bench.livebox.secrets() {
        assert!(!info.to_string().contains(&secret), "a secret is shown");
    }
}

#[tokio::test]
async fn a_box_that_tells_little_is_shown_as_far_as_it_goes() {
    let bench = bench().await;
    bench.fault("absent@NMC.Reboot.Reboot:get");
    bench.fault("denied@DeviceInfo.MemoryStatus:get");
    let info = bench.json("box_show", json!({})).await;
    assert_eq!(info["model"], "Livebox 6");
    assert!(info["last_boot_at"].is_null() && info["memory_total_bytes"].is_null());
    bench.fault("wrong-types@DeviceInfo:get");
    bench.cx.session().forget_reads();
    // Whatever it is, it is no panic and no invention.
    if let Ok(answer) = bench.run("box_show", json!({})).await {
        assert!(answer.json["uptime_s"].is_null());
    }
}

#[tokio::test]
async fn the_text_is_there_in_both_languages() {
    let bench = bench().await;
    let answer = bench.run("box_show", json!({})).await.unwrap();
    assert!(answer.page.compact().contains("Model: Livebox 6"));
    let cx = bench.cx.clone().with_lang(Lang::Fr);
    let answer = Bench { cx, ..bench }.run("box_show", json!({})).await.unwrap();
    assert!(answer.page.compact().contains("Modèle: Livebox 6"));
}

fn quick_reboot() -> Options {
    Options { reboot_seconds: 3, ..Options::default() }
}

#[tokio::test]
async fn a_reboot_is_reported_as_soon_as_the_box_is_down() {
    let bench = bench_with(quick_reboot()).await;
    let reboot = bench.json("box_reboot", json!({})).await;
    assert_eq!(reboot["after"]["state"], "rebooting");
    assert!(reboot["after"]["uptime_before_s"].as_u64().is_some() && reboot["after"]["uptime_s"].is_null());
    assert_eq!(bench.count("NMC:reboot"), 1);
}

#[tokio::test]
async fn a_reboot_is_waited_for_when_asked() {
    let mut bench = bench_with(quick_reboot()).await;
    let steps = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&steps);
    bench.cx = bench.cx.with_progress(Some(Arc::new(move |_| *seen.lock().unwrap() += 1)));
    let before = bench.json("box_show", json!({})).await;
    let reboot = bench.json("box_reboot", json!({"wait": true})).await;
    assert_eq!(reboot["after"]["state"], "back");
    assert!(reboot["after"]["uptime_s"].as_u64().unwrap() < 10);
    assert!(*steps.lock().unwrap() > 0);
    // The session recovers by itself.
    let after = bench.json("box_show", json!({})).await;
    assert_eq!(after["reboots"].as_u64().unwrap(), before["reboots"].as_u64().unwrap() + 1);
    assert_eq!(after["last_boot_reason"], "requested");
    assert_eq!(bench.count("NMC:reboot"), 1);
}

#[tokio::test]
async fn a_lost_answer_does_not_hide_a_reboot() {
    let bench = bench_with(quick_reboot()).await;
    bench.fault("drop-after@NMC:reboot*1");
    assert_eq!(bench.json("box_reboot", json!({})).await["after"]["state"], "rebooting");
    assert_eq!(bench.count("NMC:reboot"), 1);
}

#[tokio::test]
async fn an_order_that_got_lost_is_not_called_a_reboot_and_not_repeated() {
    let bench = bench_with(quick_reboot()).await;
    bench.fault("drop-before@NMC:reboot*1");
    let error = bench.error("box_reboot", json!({})).await;
    assert_eq!(error.kind(), "outcome_unknown", "{error}");
    assert_eq!(bench.count("NMC:reboot"), 1);
}

#[tokio::test]
async fn a_denied_reboot_says_so_and_read_only_stops_it_before() {
    let mut bench = bench_with(quick_reboot()).await;
    assert_eq!(bench.error("box_reboot", json!({"wait": "soon"})).await.kind(), "arguments");
    assert_eq!(bench.count("NMC:reboot"), 0);
    bench.fault("denied@NMC:reboot");
    assert_eq!(bench.error("box_reboot", json!({})).await.kind(), "denied");
    let sent = bench.count("NMC:reboot");
    bench.cx = bench.cx.with_policy(Policy { read_only: true, ..Policy::default() });
    assert_eq!(bench.error("box_reboot", json!({})).await.kind(), "not_permitted");
    assert_eq!(bench.count("NMC:reboot"), sent);
}

const OLD: &str = "Livebox6";
const NEW: &str = "a new & better password";

fn change() -> serde_json::Value {
    json!({"current": OLD, "new": NEW})
}

/// Which of the two the box accepts.
fn accepted(bench: &Bench) -> String {
    bench.livebox.with_state(|router| router.state.users.admin_password.clone())
}

#[tokio::test]
async fn a_new_password_is_proven_by_a_login() {
    let bench = bench().await;
    let answer = bench.run("password_set", change()).await.unwrap();
    assert_eq!(answer.json["after"]["changed"], true);
    assert_eq!(accepted(&bench), NEW);
    assert_eq!(bench.count("UserManagement:changePasswordSec"), 1);
    for shown in [answer.json.to_string(), answer.page.aligned()] {
        assert!(!shown.contains(OLD) && !shown.contains(NEW));
    }
    assert!(answer.page.compact().contains("LIVEBOX_PASSWORD"));
    // The session goes on with the new one.
    bench.cx.session().forget_reads();
    bench.json("box_show", json!({})).await;
}

#[tokio::test]
async fn the_kept_password_follows_a_change() {
    let bench = bench().await;
    let vault = vault::Vault::without_keychain(bench.state.path().join("vault"));
    let host = bench.cx.session().configured_host();
    vault.store_box_password(&host, "admin", &sysbus::Secret::new(OLD)).unwrap();
    vault.store_box_password("192.0.2.1:80", "admin", &sysbus::Secret::new(OLD)).unwrap();
    let answer = bench.run("password_set", change()).await.unwrap();
    assert!(answer.page.compact().contains("keeps the new one"), "{}", answer.page.compact());
    let kept = |host: &str| vault.box_password(host, "admin").unwrap().unwrap();
    assert_eq!((kept(&host).expose(), kept("192.0.2.1:80").expose()), (NEW, OLD));
}

#[tokio::test]
async fn a_box_that_asks_no_proof_is_asked_for_one_by_us() {
    let bench = bench().await;
    bench.fault("absent@UserManagement:changePasswordSec");
    let error = bench.error("password_set", json!({"current": "not it at all", "new": NEW})).await;
    assert_eq!(error.kind(), "failed");
    assert_eq!(bench.count("UserManagement:changePassword"), 0);
    assert_eq!(accepted(&bench), OLD);
    // Refused once, and the session still works with the old one.
    bench.json("box_show", json!({})).await;
    bench.json("password_set", change()).await;
    assert_eq!(accepted(&bench), NEW);
    assert_eq!(bench.count("UserManagement:changePassword"), 1);
}

#[tokio::test]
async fn a_wrong_present_password_changes_nothing_and_leaks_nothing() {
    let bench = bench().await;
    let error = bench.error("password_set", json!({"current": "hunter2hunter2", "new": NEW})).await;
    assert_eq!(error.kind(), "failed");
    assert!(!error.to_string().contains("hunter2") && !error.to_string().contains(NEW));
    assert_eq!(accepted(&bench), OLD);
    bench.json("box_show", json!({})).await;
}

#[tokio::test]
async fn lost_answers_are_settled_by_a_login() {
    let bench = bench().await;
    bench.fault("drop-before@UserManagement:changePasswordSec*1");
    assert_eq!(bench.error("password_set", change()).await.kind(), "failed");
    assert_eq!(accepted(&bench), OLD);
    bench.fault("drop-after@UserManagement:changePasswordSec*1");
    bench.json("password_set", change()).await;
    assert_eq!(accepted(&bench), NEW);
    assert_eq!(bench.count("UserManagement:changePasswordSec"), 2);
}

#[tokio::test]
async fn passwords_have_rules_and_are_not_for_every_model() {
    let mut bench = bench().await;
    for (current, new) in [
        ("", NEW),
        (OLD, ""),
        (OLD, "short"),
        (OLD, OLD),
        (OLD, "padded password "),
        (OLD, "line\nbreak in it"),
        (OLD, &"x".repeat(65)),
    ] {
        let error = bench.error("password_set", json!({"current": current, "new": new})).await;
        assert_eq!(error.kind(), "arguments", "{current} {new}");
    }
    let error = bench.error("password_set", json!({"current": OLD, "new": 12_345_678})).await;
    assert!(error.kind() == "arguments" && !error.to_string().contains("12345678"), "{error}");
    assert_eq!(bench.error("password_set", json!({"current": OLD})).await.kind(), "arguments");
    bench.cx = bench.cx.with_policy(Policy::default());
    let error = bench.error("password_set", change()).await;
    assert_eq!(error.kind(), "not_permitted");
    assert!(error.to_string().contains("livebox-mcp password set"));
    assert_eq!(bench.count("UserManagement:changePasswordSec"), 0);
}

#[tokio::test]
async fn an_unreachable_box_after_the_change_leaves_the_outcome_open() {
    let bench = bench().await;
    bench.json("box_show", json!({})).await;
    bench.fault("reboot=30@UserManagement:changePasswordSec*1");
    let error = bench.error("password_set", change()).await;
    assert_eq!(error.kind(), "outcome_unknown", "{error}");
}

#[test]
fn a_secret_has_no_way_out() {
    let args: super::tools::SetPassword = serde_json::from_value(change()).unwrap();
    assert_eq!(serde_json::to_string(&args).unwrap(), "{}");
    assert!(!format!("{args:?}").contains(NEW));
    assert_eq!(format!("{}", Secret::new(NEW)), "***");
}

#[test]
fn a_box_that_says_nothing_of_itself_says_so() {
    let nothing = super::BoxInfo {
        model: None,
        hardware: None,
        hardware_version: None,
        firmware: None,
        serial_number: None,
        mac: None,
        country: None,
        public_ip: None,
        uptime_s: None,
        up_since: None,
        reboots: None,
        last_boot_at: None,
        last_boot_reason: None,
        memory_total_bytes: None,
        memory_free_bytes: None,
    };
    let text = |lang| crate::Show::show(&nothing, lang).compact();
    assert!(text(Lang::En).contains("does not say what it is"));
    assert!(text(Lang::Fr).contains("ni son modèle"));
}
