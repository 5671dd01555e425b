//! What a tool's answer looks like as text: facts and tables, laid out once per reader.
//!
//! A tool's output builds a [`Page`]; a terminal gets it aligned, a model gets it compact. Neither repeats
//! the JSON.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::text::unmarked;

/// A text answer: blocks in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page(Vec<Block>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    Line(String),
    Facts(Vec<Fact>),
    Table { head: Vec<String>, rows: Vec<Vec<String>> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fact {
    label: String,
    /// A line each where there is room.
    values: Vec<String>,
    /// Whether every blank of it counts.
    is_exact: bool,
}

impl Page {
    /// An empty page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sentence or title.
    #[must_use]
    pub fn line(mut self, text: impl Into<String>) -> Self {
        self.0.push(Block::Line(text.into()));
        self
    }

    /// Adds a sentence if there is one.
    #[must_use]
    pub fn note(self, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.line(text),
            None => self,
        }
    }

    /// Adds a labelled value; neighbouring ones are aligned together.
    #[must_use]
    pub fn fact(self, label: &str, value: impl Into<String>) -> Self {
        self.with(label, vec![value.into()], false)
    }

    /// Adds a labelled list of values, a line each for people; nothing where there is none.
    #[must_use]
    pub fn facts(self, label: &str, values: Vec<String>) -> Self {
        if values.is_empty() { self } else { self.with(label, values, false) }
    }

    /// Adds a labelled value of which every blank counts, as a key's.
    #[must_use]
    pub fn exact(self, label: &str, value: impl Into<String>) -> Self {
        self.with(label, vec![value.into()], true)
    }

    fn with(mut self, label: &str, values: Vec<String>, is_exact: bool) -> Self {
        let fact = Fact { label: label.to_owned(), values, is_exact };
        if let Some(Block::Facts(facts)) = self.0.last_mut() {
            facts.push(fact);
        } else {
            self.0.push(Block::Facts(vec![fact]));
        }
        self
    }

    /// Adds a labelled value if it is known.
    #[must_use]
    pub fn fact_if(self, label: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.fact(label, value),
            None => self,
        }
    }

    /// Adds a table. Nothing is shown for a table without rows, nor of a column without a value.
    #[must_use]
    pub fn table<const N: usize>(
        mut self,
        head: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Self {
        let rows: Vec<[String; N]> = rows.into_iter().collect();
        if rows.is_empty() {
            return self;
        }
        let filled =
            |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
        let kept: Vec<usize> = (0..N).filter(|&column| filled(column)).collect();
        let pick = |cells: &[String]| kept.iter().filter_map(|&column| cells.get(column).cloned()).collect();
        if kept.is_empty() {
            return self;
        }
        let head = head.map(str::to_owned);
        self.0.push(Block::Table { head: pick(&head), rows: rows.iter().map(|row| pick(row)).collect() });
        self
    }

    /// Appends another page.
    #[must_use]
    pub fn then(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        self
    }

    /// For a model: one line per block or row, no padding; empty cells are dropped from the end. What separates cells
    /// and facts does not occur in them, and nothing in it is [markup](crate::text::unmarked).
    pub fn compact(&self) -> String {
        let mut out = String::new();
        for block in &self.0 {
            match block {
                Block::Line(text) => push_line(&mut out, text),
                Block::Facts(facts) => {
                    // A name that holds the separator must not look like several facts.
                    let value =
                        |fact: &Fact| altered(&fact.values.join(", "), |value| value.replace(';', "；"));
                    let facts: Vec<String> =
                        facts.iter().map(|fact| format!("{}: {}", fact.label, value(fact))).collect();
                    push_line(&mut out, &facts.join("; "));
                }
                Block::Table { head, rows } => {
                    push_line(&mut out, &head.join(" | "));
                    for row in rows {
                        // A name that holds the separator must not look like several cells.
                        let cells: Vec<_> = row.iter().map(|cell| cell.replace('|', "¦")).collect();
                        push_line(&mut out, cells.join(" | ").trim_end_matches([' ', '|']));
                    }
                }
            }
        }
        unmarked(out.trim_end()).into_owned()
    }

    /// For a terminal: columns aligned, blocks separated by an empty line.
    pub fn aligned(&self) -> String {
        let blocks: Vec<String> = self.0.iter().map(Block::aligned).collect();
        let mut out = String::new();
        for (index, block) in blocks.iter().enumerate() {
            // Sentences stand together; facts and tables get air around them.
            let line = |i: usize| matches!(self.0.get(i), Some(Block::Line(_)));
            if index > 0 && !(line(index) && line(index - 1)) {
                out.push('\n');
            }
            out.push_str(block);
        }
        out.trim_end().to_owned()
    }
}

impl Block {
    fn aligned(&self) -> String {
        let mut out = String::new();
        match self {
            Self::Line(text) => push_line(&mut out, text),
            Self::Facts(facts) => {
                let width = facts.iter().map(|fact| fact.label.width()).max().unwrap_or_default();
                for Fact { label, values, is_exact } in facts {
                    for (place, value) in values.iter().enumerate() {
                        let label = if place == 0 { label } else { "" };
                        let gap = " ".repeat(width - label.width());
                        let value = if *is_exact { value.clone() } else { single_blanks(value) };
                        let _ = writeln!(out, "{label}{gap}  {value}");
                    }
                }
            }
            Self::Table { head, rows } => {
                let rows: Vec<Vec<String>> = std::iter::once(head)
                    .chain(rows)
                    .map(|row| row.iter().map(|cell| single_blanks(cell)).collect())
                    .collect();
                let widths: Vec<usize> = (0..head.len())
                    .map(|column| {
                        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max()
                    })
                    .map(Option::unwrap_or_default)
                    .collect();
                let rule = widths.iter().map(|width| "─".repeat(*width)).collect();
                let (head, rows) = rows.split_at(1);
                for row in head.iter().chain(std::iter::once(&rule)).chain(rows) {
                    let cells: Vec<String> = row
                        .iter()
                        .zip(&widths)
                        .map(|(cell, width)| {
                            format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
                        })
                        .collect();
                    push_line(&mut out, cells.join("  ").trim_end());
                }
            }
        }
        out
    }
}

/// A value with what could forge others replaced. A secret in it goes first: nobody would know it afterwards.
fn altered(value: &str, alter: impl Fn(&str) -> String) -> String {
    let new = alter(value);
    if new == value { new } else { alter(&sysbus::redact(value)) }
}

/// A value as it stands in a column: several blanks would look like the gap before the next one.
fn single_blanks(value: &str) -> String {
    altered(value, without_runs)
}

fn without_runs(value: &str) -> String {
    let mut former = false;
    let is_kept = |char: &char| {
        let blank = char.is_whitespace();
        !(std::mem::replace(&mut former, blank) && blank)
    };
    value.chars().filter(is_kept).collect()
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn one_page_two_readers() {
        let page = Page::new()
            .line("2 hosts")
            .table(
                ["Name", "IP", "Nothing"],
                [
                    ["Télé".into(), "192.168.1.10".into(), String::new()],
                    ["p|c".into(), String::new(), String::new()],
                ],
            )
            .fact("Level", "Medium")
            .fact("IPv6", "High");
        assert_eq!(page.compact(), "2 hosts\nName | IP\nTélé | 192.168.1.10\np¦c\nLevel: Medium; IPv6: High");
        assert_eq!(
            page.aligned(),
            "2 hosts\n\nName  IP\n────  ────────────\nTélé  192.168.1.10\np|c\n\nLevel  Medium\nIPv6   High"
        );
    }

    #[test]
    fn a_name_forges_neither_cells_nor_facts() {
        let forged = "Salon       192.168.1.99   Ethernet";
        let page = Page::new()
            .table(["Name", "IP"], [[forged.into(), "192.168.1.10".into()]])
            .fact("Name", "NAS; IPv4: 192.168.1.1;  MAC: 00:00:00:00:00:00")
            .facts("After", vec!["name  \"x\"".into(), "port 22".into()])
            .exact("Key", "two  blanks");
        let aligned = page.aligned();
        for line in [
            "Salon 192.168.1.99 Ethernet  192.168.1.10",
            "Name   NAS; IPv4: 192.168.1.1; MAC: 00:00:00:00:00:00",
            "After  name \"x\"\n       port 22",
            "Key    two  blanks",
        ] {
            assert!(aligned.contains(line), "{line}: {aligned}");
        }
        let compact = page.compact();
        assert!(compact.contains(forged), "a model matches by the true name: {compact}");
        assert_eq!(compact.matches(';').count(), 2, "{compact}");
        assert!(compact.contains("Name: NAS； IPv4: 192.168.1.1；"), "{compact}");
        assert!(compact.contains("After: name  \"x\", port 22; Key: "), "{compact}");
    }

    #[test]
    fn a_name_is_no_markup() {
        let row = ["[maj]: http://evil.example".into(), "<img src=x>".into()];
        let page = Page::new()
            .line("![x](http://evil.example/p.png)")
            .table(["Name", "Other"], [row])
            .fact("Name", "[maj](http://evil.example)");
        assert_eq!(
            page.compact(),
            "! [x] (http://evil.example/p.png)\nName | Other\n[maj] : http://evil.example | ‹img src=x>\n\
             Name: [maj] (http://evil.example)"
        );
    }

    #[test]
    fn a_secret_is_hidden_before_it_is_altered() {
        let secret = sysbus::Secret::new("a;b  <c>](d)  |e");
        let row = [format!("x {}", secret.expose()), "1".to_owned()];
        let page = Page::new().line(secret.expose()).table(["A", "B"], [row]).fact("Fact", secret.expose());
        assert_eq!(sysbus::redact(&page.compact()), "***\nA | B\nx *** | 1\nFact: ***");
        let aligned = page.aligned();
        let shown = sysbus::redact(&aligned);
        assert!(shown.matches("***").count() == 3 && !shown.contains("<c>"), "{shown}");
    }
}
