//! Names that would end the quotes of a message and go on as if we spoke, tool by tool.

use emulator::{Options, Time};
use serde_json::{Value, json};

use crate::{
    Lang,
    testing::{Bench, bench_with},
};

/// A name, and the same with what quotes in either language.
const TAME: &str = "TV' to 'TV2";
const HOSTILE: [&str; 4] = ["TV\" to \"TV2", "TV` to `TV2", "TV» to «TV2", "TV” to “TV2"];

/// A call of a tool.
type Order = (&'static str, Value);

async fn evening() -> Bench {
    let start = "2026-03-14T19:30:00Z".parse().unwrap();
    bench_with(Options { time: Time::Manual(start), ..Options::default() }).await
}

/// What a call comes to in both languages: the plan of a change, or the refusal.
async fn told(lang: Lang, tool: &str, args: Value, prepare: &[(&str, Value)]) -> String {
    let mut bench = evening().await;
    bench.cx = bench.cx.clone().with_lang(lang);
    for (tool, args) in prepare {
        bench.json(tool, args.clone()).await;
    }
    match bench.plan(tool, args).await {
        Ok(planned) => planned["plan"]["what"].as_str().unwrap().to_owned(),
        Err(error) => error.message().text(lang).to_owned(),
    }
}

#[tokio::test]
async fn no_name_ends_the_quotes_around_it() {
    let here = "192.168.1.24";
    let rule = |name: &str| json!({ "name": name, "host": here, "external_port": "4000", "protocol": "tcp" });
    let calls = |name: &str| -> Vec<(Order, Vec<Order>)> {
        let named = vec![("host_rename", json!({ "host": here, "name": name }))];
        let raw = |service: &str, method: &str| json!({ "service": service, "method": method });
        let mut steered = raw("NMC", "get");
        steered["parameters"] = json!({ format!("_{name}"): 1 });
        let mut place = raw("NMC", "get");
        place["path"] = json!(name);
        vec![
            (("host_rename", json!({ "host": here, "name": name })), vec![]),
            (("host_rename", json!({ "host": here, "name": "x" })), named.clone()),
            (("dhcp_reservation_add", json!({ "host": here, "ip": "192.168.1.77", "name": name })), vec![]),
            (("dhcp_reservation_add", json!({ "host": "Echo Dot", "ip": here })), named.clone()),
            (("dmz_set", json!({ "host": here })), named.clone()),
            (("lan_set", json!({ "ipv4": here, "dhcp_first": "192.168.1.30" })), named),
            (("port_forward_add", rule(name)), vec![]),
            (("port_forward_add", rule("x")), vec![("port_forward_add", rule(name))]),
            (("port_forward_remove", json!({ "rule": name })), vec![]),
            (("port_forward_remove", json!({ "rule": name })), vec![("port_forward_add", rule(name))]),
            (("expert_call", raw(name, "get")), vec![]),
            (("expert_call", raw("NMC", name)), vec![]),
            (("expert_call", steered), vec![]),
            (("expert_call", place), vec![]),
        ]
    };
    let quotes = |text: &str| "\"`«»“”".chars().map(|quote| text.matches(quote).count()).collect::<Vec<_>>();
    for (number, hostile) in HOSTILE.into_iter().enumerate() {
        for (((tool, args), before), ((_, tame), tamely)) in calls(hostile).into_iter().zip(calls(TAME)) {
            // The names take turns: what does not depend on the name has been seen with the others.
            let lang = if number % 2 == 0 { Lang::En } else { Lang::Fr };
            let said = told(lang, tool, args.clone(), &before).await;
            let wanted = told(lang, tool, tame, &tamely).await;
            assert_eq!(quotes(&said), quotes(&wanted), "{tool} {args}: {said}\n{wanted}");
            assert!(said.contains("TV"), "{tool} {args} does not tell the name: {said}");
        }
    }
}

#[tokio::test]
async fn a_rename_reads_as_one() {
    let said =
        told(Lang::En, "host_rename", json!({ "host": "192.168.1.24", "name": HOSTILE[0] }), &[]).await;
    assert!(
        said.starts_with("Rename 192.168.1.24, ") && said.ends_with("(\"Pont Hue\") to \"TV' to 'TV2\""),
        "{said}"
    );
}
