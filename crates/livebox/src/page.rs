//! What a tool's answer looks like as text: facts and tables, laid out once per reader.
//!
//! A tool's output builds a [`Page`]; a terminal gets it aligned, a model gets it compact. Neither repeats
//! the JSON.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

/// A text answer: blocks in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page(Vec<Block>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    Line(String),
    Facts(Vec<(String, String)>),
    Table { head: Vec<String>, rows: Vec<Vec<String>> },
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
    pub fn fact(mut self, label: &str, value: impl Into<String>) -> Self {
        let fact = (label.to_owned(), value.into());
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

    /// For a model: one line per block or row, no padding; empty cells are dropped from the end.
    pub fn compact(&self) -> String {
        let mut out = String::new();
        for block in &self.0 {
            match block {
                Block::Line(text) => push_line(&mut out, text),
                Block::Facts(facts) => {
                    let facts: Vec<String> =
                        facts.iter().map(|(label, value)| format!("{label}: {value}")).collect();
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
        out.trim_end().to_owned()
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
                let width = facts.iter().map(|(label, _)| label.width()).max().unwrap_or_default();
                for (label, value) in facts {
                    let gap = " ".repeat(width - label.width());
                    let _ = writeln!(out, "{label}{gap}  {value}");
                }
            }
            Self::Table { head, rows } => {
                let widths: Vec<usize> = (0..head.len())
                    .map(|column| {
                        std::iter::once(head)
                            .chain(rows)
                            .filter_map(|row| row.get(column))
                            .map(|cell| cell.width())
                            .max()
                    })
                    .map(Option::unwrap_or_default)
                    .collect();
                let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                for row in std::iter::once(head).chain(std::iter::once(&rule)).chain(rows) {
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
}
