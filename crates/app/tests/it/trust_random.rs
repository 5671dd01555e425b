//! Random sequences of changes, foreign changes, crashes and undos end with the box in the state that the journal says.
//!
//! Twelve sequences by default; `LIVEBOX_SEQUENCES=200` for a long run, `LIVEBOX_SEED` to begin elsewhere.

use std::time::Duration;

use journal::{Entry, Filter, Outcome};
use livebox::Journal;
use serde_json::Value;

use crate::harness::Bench;

/// A repeatable source of chance (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[usize::try_from(self.below(items.len() as u64)).unwrap()]
    }
}

/// One thing of the box that changes are about, seen from both sides.
struct Cell {
    name: &'static str,
    tools: &'static [&'static str],
    /// Commands that change it.
    commands: &'static [&'static str],
    /// What another administrator does to it.
    foreign: &'static [(&'static str, &'static str)],
    /// Its state in the emulator's settings.
    on_box: fn(&Value) -> Value,
    /// Its state in a record of the journal.
    recorded: fn(&Value) -> Value,
}

const CELLS: &[Cell] = &[
    Cell {
        name: "dmz",
        tools: &["dmz_set", "dmz_clear"],
        commands: &["dmz set 192.168.1.20", "dmz set 192.168.1.24", "dmz clear"],
        foreign: &[
            (
                "Firewall:setDMZ",
                r#"{"id":"webui","sourceInterface":"data","destinationIPAddress":"192.168.1.25","enable":true}"#,
            ),
            ("Firewall:deleteDMZ", r#"{"id":"webui"}"#),
        ],
        on_box: |settings| settings["firewall"]["dmz"][0]["destination"].clone(),
        recorded: |state| state["ipv4"].clone(),
    },
    Cell {
        name: "port forwarding",
        tools: &["port_forward_add", "port_forward_remove", "port_forward_set"],
        commands: &[
            "port-forward add Essai --to 192.168.1.20 --protocol tcp --external-port 4321",
            "port-forward add Essai --to 192.168.1.24 --protocol both --external-port 4321",
            "port-forward remove Essai",
        ],
        foreign: &[
            (
                "Firewall:setPortForwarding",
                r#"{"id":"Essai","origin":"webui","sourceInterface":"data","externalPort":"4321","internalPort":"4321",
                "destinationIPAddress":"192.168.1.25","protocol":"6","description":"Essai","enable":true,"persistent":true}"#,
            ),
            ("Firewall:deletePortForwarding", r#"{"id":"webui_Essai","origin":"webui"}"#),
        ],
        on_box: |settings| {
            let rules = settings["firewall"]["forwards"].as_array().unwrap();
            let rule = rules.iter().find(|rule| rule["id"] == "webui_Essai");
            rule.map(|rule| rule["destination"].clone()).unwrap_or_default()
        },
        recorded: |state| {
            let rule = state.as_array().into_iter().flatten().find(|rule| rule["name"] == "Essai");
            rule.map(|rule| rule["ipv4"].clone()).unwrap_or_default()
        },
    },
    Cell {
        name: "firewall",
        tools: &["firewall_set"],
        commands: &["firewall set low", "firewall set medium", "firewall set custom --ipv6-level low"],
        foreign: &[("Firewall:setFirewallLevel", r#"{"level":"Custom"}"#)],
        on_box: |settings| settings["firewall"]["level"].as_str().unwrap().to_lowercase().into(),
        recorded: |state| state["level"].clone(),
    },
];

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_box_is_as_the_journal_says() {
    let first = number("LIVEBOX_SEED", 1);
    for seed in first..first + number("LIVEBOX_SEQUENCES", 12) {
        sequence(seed).await;
    }
}

async fn sequence(seed: u64) {
    let bench = Bench::start().await;
    let mut chance = Chance(seed);
    let mut story = Vec::new();
    // For each cell: after which entry somebody else changed it last, and to what.
    let mut foreign: Vec<(i64, Value)> =
        CELLS.iter().map(|cell| (0, (cell.on_box)(&bench.livebox.settings()))).collect();
    for _ in 0..4 + chance.below(6) {
        let index = usize::try_from(chance.below(CELLS.len() as u64)).unwrap();
        let cell = &CELLS[index];
        match chance.below(10) {
            0..5 => {
                let command = *chance.pick(cell.commands);
                let said = bench.run(command).await;
                story.push(format!("{command} -> {} {}", said.code, said.err.trim()));
            }
            5..7 => {
                let command = *chance.pick(cell.commands);
                let after = Duration::from_millis(20 + chance.below(300));
                let mut child = bench.command();
                let words = shlex::split(command).unwrap();
                let mut child = child
                    .args(words)
                    .stdout(std::process::Stdio::null())
                    .stderr(std::process::Stdio::null())
                    .spawn()
                    .unwrap();
                tokio::time::sleep(after).await;
                child.kill().await.unwrap();
                story.push(format!("{command} killed after {after:?}"));
            }
            7..9 => {
                let said = bench.run("journal undo").await;
                story.push(format!("undo -> {} {}", said.code, said.err.trim()));
            }
            _ => {
                let (asked, parameters) = chance.pick(cell.foreign);
                let (service, method) = asked.split_once(':').unwrap();
                let parameters = serde_json::from_str(parameters).unwrap();
                bench.livebox.call(service, method, &parameters);
                foreign[index] = (last_entry(&bench), (cell.on_box)(&bench.livebox.settings()));
                story.push(format!("foreign {asked}"));
            }
        }
    }
    // Looking at the journal settles what a crash left open.
    let said = bench.run("journal list").await;
    assert_eq!(said.code, 0, "{}", said.err);
    let entries = entries(&bench);
    let settings = bench.livebox.settings();
    for (cell, (mark, foreign)) in CELLS.iter().zip(&foreign) {
        let own =
            entries.iter().rev().find(|entry| entry.id > *mark && cell.tools.contains(&entry.tool.as_str()));
        let expected = match own {
            None => foreign.clone(),
            Some(entry) => match entry.outcome {
                Outcome::Applied | Outcome::Differs => (cell.recorded)(&entry.after),
                Outcome::Refused | Outcome::Failed => (cell.recorded)(&entry.before),
                Outcome::Pending | Outcome::Unknown => {
                    panic!("seed {seed}: unsettled {entry:#?}\n{story:#?}")
                }
            },
        };
        let real = (cell.on_box)(&settings);
        assert_eq!(real, expected, "seed {seed}, {}: {own:#?}\n{story:#?}", cell.name);
    }
}

fn entries(bench: &Bench) -> Vec<Entry> {
    let Some(journal) = Journal::open_existing(bench.folder.path()).unwrap() else { return Vec::new() };
    let mut entries = journal.list(&Filter { limit: 1000, ..Filter::default() }).unwrap().entries;
    entries.reverse();
    entries
}

fn last_entry(bench: &Bench) -> i64 {
    entries(bench).last().map_or(0, |entry| entry.id)
}
