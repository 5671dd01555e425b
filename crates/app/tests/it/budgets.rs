//! What a model pays (design section 8): tokens of the list and of the answers; and what the box pays.

use livebox::Access;
use serde_json::{Value, json};

use crate::{examples::arguments, harness::Bench};

pub fn tokens(text: &str) -> usize {
    tiktoken_rs::o200k_base_singleton().encode_with_special_tokens(text).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_list_is_small() {
    let bench = Bench::start().await;
    // All tools, those that take secrets included.
    let mut peer = bench.serve(&[("LIVEBOX_MCP_ACCEPT_SECRETS", "1")]);
    peer.initialize().await;
    let list = peer.request("tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().unwrap();
    let everyone = livebox::tools().filter(|def| def.audience == livebox::Audience::Everyone);
    assert_eq!(tools.len(), everyone.count());
    let seen: Vec<(String, usize)> = tools
        .iter()
        .map(|tool| {
            let seen = json!({ "name": tool["name"], "description": tool["description"], "input_schema": tool["inputSchema"] });
            (tool["name"].as_str().unwrap().to_owned(), tokens(&seen.to_string()))
        })
        .collect();
    let total: usize = seen.iter().map(|(_, count)| count).sum();
    let whole = tokens(&list["result"]["tools"].to_string());
    println!("{} tools: {total} tokens as a model sees them, {whole} in all", tools.len());
    assert!(total <= 6_000, "{total} tokens: {seen:#?}");
    assert!(total <= 90 * tools.len(), "{} tokens a tool: {seen:#?}", total / tools.len());
    let parts: Vec<(String, usize)> = tools
        .iter()
        .map(|tool| (tool["name"].to_string(), tokens(&tool["outputSchema"].to_string())))
        .collect();
    assert!(whole <= 15_000, "{whole} tokens; output schemas: {parts:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_small() {
    let mut counts = Vec::new();
    for def in livebox::tools().filter(|def| def.access == Access::Read) {
        let bench = Bench::ready_for(def).await;
        // Default arguments: only what the tool cannot do without.
        let schema = (def.input_schema)();
        let required = schema.get("required").cloned().unwrap_or_else(|| json!([]));
        let mut args = arguments(def);
        args.as_object_mut()
            .unwrap()
            .retain(|name, _| required.as_array().unwrap().contains(&Value::from(name.as_str())));
        let answer = bench.invoke(def, args).await.unwrap_or_else(|error| panic!("{}: {error}", def.name()));
        counts.push((tokens(&answer.page.compact()) + tokens(&answer.json.to_string()), def.name()));
    }
    counts.sort();
    println!("{counts:#?}");
    let (largest, median) = (counts.last().unwrap(), &counts[counts.len() / 2]);
    assert!(largest.0 <= 2_000, "{counts:#?}");
    assert!(median.0 <= 500, "{counts:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_frugal() {
    let mut counts = Vec::new();
    for def in livebox::tools().filter(|def| def.access == Access::Read && !def.open_world) {
        let bench = Bench::ready_for(def).await;
        let cx = bench.context();
        // The first call pays for the login; the second, once the cache has passed, is what counts.
        let args = arguments(def);
        livebox::invoke(&cx, def, &crate::harness::order_for(def), args.clone()).await.unwrap();
        cx.session().forget_reads();
        bench.livebox.forget_requests();
        livebox::invoke(&cx, def, &crate::harness::order_for(def), args).await.unwrap();
        counts.push((bench.livebox.requests().http, def.name()));
    }
    assert!(counts.iter().all(|(count, _)| *count <= 3), "{counts:#?}");
    counts.sort();
    println!("{counts:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_answers_are_cut_to_size() {
    let bench = Bench::start().await;
    let mut counts = Vec::new();
    for args in [
        json!({ "service": "NeMo.Intf.lan", "method": "getMIBs", "limit": 200 }),
        json!({ "service": "NeMo.Intf.lan", "method": "getMIBs", "path": "status.wlanvap", "limit": 200 }),
        json!({ "service": "Devices", "method": "get", "limit": 200 }),
        json!({ "service": "Devices", "method": "get", "path": "status.0", "limit": 200 }),
        json!({ "service": "HomeLan", "method": "getResults", "limit": 200 }),
        json!({ "service": "Firewall", "method": "getPortForwarding", "limit": 200 }),
        json!({ "service": "VoiceService.VoiceApplication", "method": "getCallList", "limit": 200 }),
        json!({ "service": "NMC", "method": "getWANStatus", "limit": 200 }),
    ] {
        let def = livebox::find("expert_call").unwrap();
        let answer = bench.invoke(def, args.clone()).await.unwrap_or_else(|error| panic!("{args}: {error}"));
        counts.push((tokens(&answer.page.compact()) + tokens(&answer.json.to_string()), args));
    }
    for (object, limit) in [("", 30), ("", 120), ("NMC", 30), ("Firewall", 30), ("Firewall", 120)] {
        let def = livebox::find("expert_explore").unwrap();
        let mut args = json!({ "limit": limit, "values": limit > 30 });
        if !object.is_empty() {
            args["object"] = object.into();
        }
        let answer = bench.invoke(def, args.clone()).await.unwrap_or_else(|error| panic!("{args}: {error}"));
        let count = tokens(&answer.page.compact()) + tokens(&answer.json.to_string());
        assert!(limit > 30 || count <= 500, "{count} {args}: {}", answer.json);
        counts.push((count, args));
    }
    counts.sort_by_key(|(count, _)| *count);
    println!("{counts:#?}");
    assert!(counts.last().unwrap().0 <= 2_000, "{counts:#?}");
}
