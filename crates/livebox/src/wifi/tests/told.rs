//! What people read before they agree to a change of the Wi-Fi, and in lists afterwards: which networks it is about.

use std::{pin::Pin, sync::Mutex};

use serde_json::{Value, json};
use sysbus::Secret;

use super::{
    super::{named::named, wifi_access},
    air,
    emulated::{hurried, network},
    household, read,
};
use crate::{
    Consent, Lang, Order, Plan, Policy, Verdict,
    testing::{Bench, bench, order},
};

/// A person who says yes, and what they read.
#[derive(Default)]
struct Reader(Mutex<Vec<[String; 2]>>);

impl Consent for Reader {
    fn ask<'a>(&'a self, plan: &'a Plan) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>> {
        self.0.lock().unwrap().push([Lang::En, Lang::Fr].map(|lang| plan.question(lang)));
        Box::pin(std::future::ready(Verdict::Given("test")))
    }
}

/// Carries out a change as an owner who is asked; what they read in English and French.
async fn asked(bench: &Bench, tool: &str, args: Value) -> [String; 2] {
    let reader = Reader::default();
    let order = Order { consent: &reader, ..order() };
    let cx = bench.cx.clone().with_policy(Policy { accept_secrets: true, ..Policy::default() });
    let done = crate::invoke(&cx, crate::find(tool).unwrap(), &order, args).await.unwrap();
    assert_eq!(done.json["outcome"], "applied", "{}", done.json);
    reader.0.lock().unwrap().pop().unwrap()
}

fn assert_starts(question: &str, lines: &[&str]) {
    let found: Vec<&str> = question.lines().take(lines.len()).collect();
    assert_eq!(found, lines, "{question}");
}

#[tokio::test]
async fn a_new_key_names_its_network() {
    let bench = hurried().await;
    let [english, french] = asked(&bench, "wifi_key_set", json!({"network": "5"})).await;
    assert_starts(&english, &[r#"New key for the Wi-Fi "Livebox-DDDF" (2.4, 5, 6 GHz)"#]);
    assert_starts(&french, &["Nouvelle clé du Wi-Fi « Livebox-DDDF » (2.4, 5, 6 GHz)"]);
    let guest = json!({"network": "Invités Chez Nous"});
    let [english, french] = asked(&bench, "wifi_key_set", guest).await;
    let name = r#"guest Wi-Fi "Invités Chez Nous" (2.4, 5 GHz)"#;
    assert_starts(&english, &[&format!("New key for the {name}")]);
    assert_starts(&french, &["Nouvelle clé du Wi-Fi invités « Invités Chez Nous » (2.4, 5 GHz)"]);
    // One line tells that the key changes, and none that something goes to nothing.
    let changes: Vec<&str> = english.lines().filter(|line| line.contains('→')).collect();
    assert_eq!(changes.len(), 1, "{english}");
    assert!(changes[0].starts_with("key: set (fingerprint ") && changes[0].ends_with(") → new"), "{english}");
    let given = json!({"network": "Invités Chez Nous", "key": "Cle-Nouvelle-42"});
    let [english, _] = asked(&bench, "wifi_key_set", given).await;
    let changes: Vec<&str> = english.lines().filter(|line| line.contains('→')).collect();
    assert!(changes.len() == 1 && changes[0].contains(") → set (fingerprint "), "{english}");
    // The way back, and the lists.
    let [english, french] = asked(&bench, "journal_undo", json!({"entry": 3})).await;
    assert_starts(&english, &[&format!("Former key for the {name}")]);
    assert_starts(&french, &["Ancienne clé du Wi-Fi invités « Invités Chez Nous » (2.4, 5 GHz)"]);
    let listed = bench.json("journal_list", json!({})).await;
    assert_eq!(listed["entries"][1]["what"], format!("New key for the {name}"));
}

#[tokio::test]
async fn settings_name_their_networks() {
    let bench = hurried().await;
    for (args, english, french) in [
        (
            json!({"network": "Invités Chez Nous", "hidden": true}),
            r#"Guest Wi-Fi "Invités Chez Nous" (2.4, 5 GHz): name hidden"#,
            "Wi-Fi invités « Invités Chez Nous » (2.4, 5 GHz) : nom masqué",
        ),
        (
            json!({"network": "5", "channel": 36, "width": 40}),
            r#"Wi-Fi "Livebox-DDDF" (5 GHz): channel 36, width 40 MHz"#,
            "Wi-Fi « Livebox-DDDF » (5 GHz) : canal 36, largeur 40 MHz",
        ),
        // A channel is that of the radio, whichever of its networks was named.
        (
            json!({"network": "Invités Chez Nous", "channel": 40}),
            r#"Wi-Fi "Livebox-DDDF" (5 GHz): channel 40"#,
            "Wi-Fi « Livebox-DDDF » (5 GHz) : canal 40",
        ),
        (
            json!({"network": "5", "channel": 0, "ssid": "Chez \"nous\"", "hidden": true}),
            r#"Wi-Fi "Livebox-DDDF" (5 GHz): channel automatic; Wi-Fi "Livebox-DDDF" (2.4, 5, 6 GHz): name "Chez 'nous'", name hidden"#,
            "Wi-Fi « Livebox-DDDF » (5 GHz) : canal automatique ; Wi-Fi « Livebox-DDDF » (2.4, 5, 6 GHz) : nom « Chez 'nous' », nom masqué",
        ),
    ] {
        let [in_english, in_french] = asked(&bench, "wifi_set", args).await;
        assert_starts(&in_english, &[english]);
        assert_starts(&in_french, &[french]);
    }
    let [english, _] = asked(&bench, "journal_undo", json!({})).await;
    let back = r#"name "Livebox-DDDF", name shown"#;
    assert!(english.lines().next().unwrap().contains(back), "{english}");
    for (args, english, french) in [
        (
            json!({"band": "5"}),
            r#"Wi-Fi "Livebox-DDDF" (5 GHz) off"#,
            "Désactivation du Wi-Fi « Livebox-DDDF » (5 GHz)",
        ),
        (json!({}), "All of the Wi-Fi off", "Désactivation de tout le Wi-Fi"),
    ] {
        let [in_english, in_french] = asked(&bench, "wifi_disable", args).await;
        assert_starts(&in_english, &[english]);
        assert_starts(&in_french, &[french]);
    }
}

#[test]
fn several_networks_are_told_apart() {
    let all = air();
    let names = |lang| named(&all.networks, lang);
    assert_eq!(names(Lang::En), r#"Wi-Fi "Maison" (2.4, 5, 6 GHz) and guest Wi-Fi "Invités" (5 GHz)"#);
    assert_eq!(names(Lang::Fr), "Wi-Fi « Maison » (2.4, 5, 6 GHz) et Wi-Fi invités « Invités » (5 GHz)");
    let mut lan = household();
    lan["wlanvap"]["v2"]["SSID"] = json!(" x\" (5 GHz) ");
    lan["wlanvap"]["v5"]["SSID"] = json!("");
    lan["wlanvap"]["v6"]["SSID"] = json!("a\nb\u{202e}");
    lan["wlanvap"]["v2s"]["SSID"] = json!(" ".repeat(5_000));
    let odd = named(&read(lan, None).networks, Lang::En);
    assert!(
        odd.starts_with(r#"Wi-Fi " x' (5 GHz) " (2.4 GHz) and Wi-Fi "v5" (5 GHz) and Wi-Fi "a b" (6 GHz)"#),
        "{odd}"
    );
    assert!(odd.len() < 200, "{} bytes", odd.len());
}

#[tokio::test]
async fn blanks_around_a_name_are_a_part_of_it() {
    const NAME: &str = "  s  p  ";
    let bench = hurried().await;
    let rename = |name: &'static str| {
        bench.livebox.with_state(|router| {
            for vap in router.state.wifi.vaps.iter_mut().filter(|vap| !vap.guest) {
                vap.ssid = name.to_owned();
            }
        });
        bench.cx.session().forget_reads();
    };
    let ssid = || bench.livebox.with_state(|router| router.state.wifi.vaps[0].ssid.clone());
    rename(NAME);
    let access = wifi_access(&bench.cx, NAME).await.unwrap();
    let key = access.key.clone().unwrap();
    assert_eq!(access.qr_text(), Secret::new(format!("WIFI:T:WPA;S:{NAME};P:{};;", key.expose())));
    assert_eq!((access.name().shown(), access.whole_name().as_str()), ("s  p", NAME));
    // Even the same name without its blanks is another one, and there is a way back from it.
    let [english, _] = asked(&bench, "wifi_set", json!({"network": "s  p", "ssid": "s  p"})).await;
    assert_starts(
        &english,
        &[r#"Wi-Fi "  s  p  " (2.4, 5, 6 GHz): name "s  p""#, "networks.0.blanks: 2 ; 2 → nothing"],
    );
    assert_eq!(ssid(), "s  p");
    let undone = bench.json("journal_undo", json!({})).await;
    assert_eq!((&undone["outcome"], ssid().as_str()), (&json!("applied"), NAME), "{undone}");
    rename(" s  p");
    let error = bench.error("journal_undo", json!({"entry": undone["entry"]})).await;
    assert!(error.to_string().contains("blanks"), "{error}");
}

#[tokio::test]
async fn a_network_without_a_name_is_still_named() {
    let bench = bench().await;
    bench.livebox.with_state(|router| router.state.wifi.vaps[0].ssid.clear());
    let wifi = bench.json("wifi_show", json!({})).await;
    let id = network(&wifi, "2.4", false)["id"].as_str().unwrap().to_owned();
    let plan = bench.plan("wifi_set", json!({"network": "2.4", "channel": 6})).await.unwrap();
    assert_eq!(plan["plan"]["what"], format!("Wi-Fi \"{id}\" (2.4 GHz): channel 6"));
}
