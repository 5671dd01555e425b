//! Random sequences of changes, foreign changes, crashes and undos end with the box in the state that the journal says.
//!
//! Twelve sequences by default; `LIVEBOX_SEQUENCES=200` for a long run, `LIVEBOX_SEED` to begin elsewhere.

use std::time::Duration;

use journal::{Entry, Filter, Outcome};
use livebox::Journal;
use serde_json::{Value, json};

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
    /// How the names of its tools begin, the internal ways back included.
    tools: &'static str,
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
        tools: "dmz_",
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
        name: "firewall",
        tools: "firewall_",
        commands: &["firewall set low", "firewall set medium", "firewall set --ipv6-level low"],
        foreign: &[("Firewall:setFirewallLevel", r#"{"level":"Low"}"#)],
        on_box: |settings| {
            let lower = |name: &str| settings["firewall"][name].as_str().unwrap().to_lowercase();
            json!([lower("level"), lower("levelIPv6")])
        },
        recorded: |state| json!([state["level"], state["ipv6_level"]]),
    },
    Cell {
        name: "rule",
        tools: "port_forward_",
        commands: &[
            "port-forward add Alpha --to 192.168.1.20 --external-port 4001 --protocol tcp",
            "port-forward add Alpha --to 192.168.1.24 --external-port 4002 --internal-port 80 --protocol tcp",
            "port-forward remove Alpha",
        ],
        foreign: &[(
            "Firewall:deletePortForwarding",
            r#"{"id":"webui_Alpha","origin":"webui","destinationIPAddress":""}"#,
        )],
        on_box: |settings| {
            let rules = settings["firewall"]["forwards"].as_array().unwrap();
            let rule = rules.iter().find(|rule| rule["id"] == "webui_Alpha");
            rule.map_or(Value::Null, |rule| rule["external"].as_str().unwrap().into())
        },
        recorded: |state| state["Alpha"]["external_port"].clone(),
    },
    Cell {
        name: "reservation",
        tools: "dhcp_reservation_",
        commands: &[
            "dhcp-reservation add 02:00:5E:00:53:01 --ip 192.168.1.201",
            "dhcp-reservation add 02:00:5E:00:53:01 --ip 192.168.1.202",
            "dhcp-reservation remove 02:00:5E:00:53:01",
        ],
        foreign: &[("DHCPv4.Server.Pool.default:deleteStaticLease", r#"{"MACAddress":"02:00:5E:00:53:01"}"#)],
        on_box: |settings| {
            let kept = settings["lan"]["reservations"].as_array().unwrap();
            let own =
                kept.iter().find(|kept| kept[0].as_str().unwrap().eq_ignore_ascii_case("02:00:5E:00:53:01"));
            own.map_or(Value::Null, |kept| kept[1].clone())
        },
        recorded: |state| state["ipv4"].clone(),
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
        let own = entries.iter().rev().find(|entry| entry.id > *mark && entry.tool.starts_with(cell.tools));
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
