//! Behaviour, against the emulator.

use std::net::IpAddr;

use serde_json::json;

use super::{Level, Link, Sharing, rate};
use crate::{
    Lang,
    testing::{Bench, bench},
};

#[tokio::test]
async fn a_fibre_connection_in_three_requests() {
    let bench = bench().await;
    let connection = bench.json("connection_show", json!({})).await;
    let of_box = bench.livebox.with_state(|router| router.state.wan.clone());
    assert_eq!(connection["up"], true);
    assert_eq!(
        (&connection["link"], &connection["protocol"], &connection["state"]),
        (&json!("gpon"), &json!("dhcp"), &json!("connected"))
    );
    assert_eq!(connection["ipv4"], of_box.ipv4.to_string());
    assert_eq!(connection["shared_ipv4"], "no");
    assert_eq!(connection["mac"], of_box.mac.to_uppercase());
    assert_eq!(connection["vlan_id"], of_box.vlan);
    assert_eq!(connection["dns"].as_array().unwrap().len(), 4);
    assert_eq!(connection["lease_s"], of_box.lease_time);
    assert!(connection["lease_left_s"].as_u64().unwrap() <= u64::from(of_box.lease_time));
    assert!(connection["ipv6_prefix"].as_str().unwrap().ends_with("/56"));
    assert_eq!(connection["mtu"], 1500);
    assert_eq!(connection["rx_power_dbm"], f64::from(of_box.optics.rx_mdbm) / 1000.0);
    assert_eq!(connection["rx_level"], "good");
    assert!(connection["last_error"].is_null());
    let asked = ["NMC:getWANStatus", "NeMo.Intf.data:getMIBs", "NMC.Autodetect:get"];
    assert_eq!(asked.map(|call| bench.count(call)), [1, 1, 1]);
}

#[tokio::test]
async fn login_material_and_identities_stay_on_the_box() {
    let bench = bench().await;
    let answer = bench.run("connection_show", json!({})).await.unwrap();
    let shown = format!("{} {}", answer.json, answer.page.aligned());
    for secret in bench.livebox.secrets() {
        assert!(!shown.contains(&secret), "a secret is shown");
    }
}

#[tokio::test]
async fn a_connection_that_is_down_says_so_in_both_languages() {
    let bench = bench().await;
    bench.livebox.with_state(|router| router.state.wan.up = false);
    let answer = bench.run("connection_show", json!({})).await.unwrap();
    assert_eq!(answer.json["up"], false);
    assert!(answer.json["ipv4"].is_null() && answer.json["dns"].as_array().unwrap().is_empty());
    assert!(answer.page.compact().contains("Internet: down"));
    let cx = bench.cx.clone().with_lang(Lang::Fr);
    let answer = Bench { cx, ..bench }.run("connection_show", json!({})).await.unwrap();
    assert!(answer.page.compact().contains("Internet: coupée"));
}

#[tokio::test]
async fn without_interfaces_the_status_alone_answers() {
    let bench = bench().await;
    bench.fault("denied@NeMo.Intf.data:getMIBs");
    bench.fault("denied@NeMo.Intf.veip0:getMIBs");
    bench.fault("absent@NMC.Autodetect:get");
    bench.fault("absent@SgcOmci.Optical:get");
    let connection = bench.json("connection_show", json!({})).await;
    assert_eq!(connection["up"], true);
    assert!(
        connection["ipv4"].is_string()
            && connection["vlan_id"].is_null()
            && connection["rx_power_dbm"].is_null()
    );
}

#[test]
fn an_address_tells_who_shares_it() {
    let judge = |ip: &str, ds_lite| Sharing::judge(ip.parse::<IpAddr>().ok(), ds_lite);
    assert_eq!(judge("203.0.113.9", Some(false)), Some(Sharing::No));
    assert_eq!(judge("100.64.0.1", None), Some(Sharing::Cgnat));
    assert_eq!(judge("100.128.0.1", None), Some(Sharing::No));
    assert_eq!(judge("192.168.10.2", None), Some(Sharing::Private));
    assert_eq!(judge("192.0.0.2", None), Some(Sharing::DsLite));
    assert_eq!(judge("203.0.113.9", Some(true)), Some(Sharing::DsLite));
    assert_eq!(judge("", None), None);
}

#[test]
fn light_has_limits_of_its_own_on_each_link() {
    assert_eq!(Level::of_rx(Some(Link::Gpon), -19.4), Level::Good);
    assert_eq!(Level::of_rx(Some(Link::Gpon), -27.5), Level::Marginal);
    assert_eq!(Level::of_rx(Some(Link::XgsPon), -28.5), Level::Bad);
    assert_eq!(Level::of_rx(None, -31.0), Level::Bad);
}

#[test]
fn rates_for_people() {
    assert_eq!(rate(2_488_320_000, Lang::En), "2.5 Gbit/s");
    assert_eq!(rate(950_400_000, Lang::Fr), "950 Mbit/s");
    assert_eq!(rate(6_484_000, Lang::Fr), "6,5 Mbit/s");
    assert_eq!(rate(0, Lang::En), "0 kbit/s");
    assert!(rate(u64::MAX, Lang::En).ends_with(" Gbit/s"));
}

#[tokio::test]
async fn a_fibre_that_is_not_below_the_wan_is_asked_itself() {
    let bench = bench().await;
    bench.fault("absent@NeMo.Intf.data:getMIBs");
    let connection = bench.json("connection_show", json!({})).await;
    assert!(connection["rx_power_dbm"].as_f64().unwrap() < 0.0 && connection["link_down_bps"].is_u64());
    assert!(connection["lease_s"].is_null());
}

#[tokio::test]
async fn the_line_tells_what_it_can_where_the_box_does_not() {
    let bench = bench().await;
    bench.fault("absent@NMC:getWANStatus");
    let connection = bench.json("connection_show", json!({})).await;
    assert_eq!(connection["link"], "gpon");
    assert!(connection["up"].is_null() && connection["lease_s"].is_u64());
    bench.fault("absent@NeMo.Intf.data:getMIBs");
    bench.cx.session().forget_reads();
    assert_eq!(bench.error("connection_show", json!({})).await.kind(), "absent");
}
