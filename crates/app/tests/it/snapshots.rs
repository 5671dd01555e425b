//! What others depend on, kept as files: regenerate with `just bless` and read the difference.

use std::path::{Path, PathBuf};

use emulator::{Options, Time};
use livebox::{Access, Lang};
use serde_json::{Value, json};

use crate::harness::Bench;

/// Compares with the file, or writes it when `BLESS` is set.
fn check(path: &Path, now: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, now).unwrap();
        return;
    }
    let then = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        then == now,
        "{} is stale; run `just bless` and read the difference\n--- now\n{now}",
        path.display()
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots").join(name)
}

#[test]
fn the_manual() {
    let mut out = String::from(
        "# Tools\n\nGenerated from the tools themselves by `just bless`. Each is an MCP tool (`host_list`) and a command\n\
         (`livebox-mcp host list`).\n",
    );
    let mut group = "";
    for def in livebox::tools() {
        if def.group.name != group {
            group = def.group.name;
            out.push_str(&format!("\n## {group}: {}\n\n*{}*\n", def.group.english, def.group.french));
        }
        let access = match def.access {
            Access::Read => "reads",
            Access::Change => "changes the box",
            Access::Disrupt => "interrupts service",
        };
        out.push_str(&format!(
            "\n### `{}` ({access})\n\n{}.\n\n*{}*\n",
            def.name(),
            def.description().trim_end_matches('.'),
            def.summary(Lang::Fr)
        ));
        let schema = (def.input_schema)();
        let required = schema.get("required").cloned().unwrap_or_else(|| json!([]));
        let properties = schema["properties"].as_object().unwrap();
        if !properties.is_empty() {
            out.push_str("\n| Argument | Type | |\n|---|---|---|\n");
            for (name, what) in properties {
                let kind = what.get("enum").map_or_else(
                    || what["type"].as_str().unwrap_or("any").to_owned(),
                    |values| {
                        values
                            .as_array()
                            .unwrap()
                            .iter()
                            .map(|value| value.as_str().unwrap_or_default())
                            .collect::<Vec<_>>()
                            .join(" · ")
                    },
                );
                let needed = if required.as_array().unwrap().contains(&Value::from(name.as_str())) {
                    " (needed)"
                } else {
                    ""
                };
                let help = what["description"].as_str().unwrap_or_default();
                out.push_str(&format!("| `{name}`{needed} | {kind} | {help} |\n"));
            }
        }
        if !def.secrets.is_empty() {
            let what = if def.needs_secrets() { "this tool exists" } else { "they are taken" };
            out.push_str(&format!(
                "\nSecrets are asked at the terminal; over MCP {what} only with `accept_secrets = true`.\n"
            ));
        }
        out.push_str(&format!(
            "\n```sh\n{}\n```\n",
            format!("livebox-mcp {} {}", def.words(), def.example).trim_end()
        ));
    }
    check(&root().join("docs/tools.md"), &out);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_list() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[("LIVEBOX_MCP_ACCEPT_SECRETS", "1")]);
    peer.initialize().await;
    let list = peer.request("tools/list", json!({})).await;
    check(&here("tools_list.json"), &format!("{:#}\n", list["result"]["tools"]));
}

/// The same box at the same moment, as a person reads it in each language.
#[tokio::test(flavor = "multi_thread")]
async fn answers_for_people() {
    for lang in ["en", "fr"] {
        let mut out = String::new();
        for words in [
            "box show",
            "connection show",
            "traffic show",
            "wifi show",
            "station list",
            "host list",
            "dhcp-lease list",
            "dhcp-reservation list",
            "port-forward list",
            "dmz show",
            "firewall show",
            "phone show",
            "call list",
            "speed show",
            "host rename 192.168.1.20 'NAS du bureau'",
            "port-forward add web --to 192.168.1.20 --external-port 8100 --protocol tcp",
            "port-forward add web --to 192.168.1.20 --external-port 8085 --protocol both",
            "host show personne",
        ] {
            let options =
                Options { time: Time::Manual("2026-03-14T10:40:00Z".parse().unwrap()), ..Options::default() };
            let bench = Bench::with(options).await;
            let said = bench.run(&format!("--lang {lang} {words}")).await;
            // "Since" is counted back from this computer's clock, which is not the emulator's here.
            let text = said.out.lines().map(|line| line.split(" (since").next().unwrap_or(line));
            let text = text
                .map(|line| line.split(" (depuis le").next().unwrap_or(line))
                .collect::<Vec<_>>()
                .join("\n");
            out.push_str(&format!("$ livebox-mcp {words}\n{text}\n{}\n", said.err));
        }
        check(&here(&format!("answers_{lang}.txt")), &out);
    }
}
