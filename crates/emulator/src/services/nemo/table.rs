//! `profiles/nemo.tsv`: links between interfaces, members of the MIBs, values of settings.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

/// The table, read once.
pub(super) static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::parse(include_str!("../../../profiles/nemo.tsv")));

/// The interfaces, those included that the admin may not read.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// In the order of the table.
    pub(super) interfaces: Vec<Interface>,
    /// In the order in which the box lists them.
    pub(super) mibs: Vec<Mib>,
    values: BTreeMap<&'static str, Vec<(Value, Vec<&'static str>)>>,
}

/// An interface.
#[derive(Debug)]
pub(super) struct Interface {
    /// NeMo name.
    pub(super) name: &'static str,
    /// Flags that never change.
    pub(super) flags: &'static str,
    /// What is directly below.
    pub(super) below: Vec<&'static str>,
}

/// A MIB: a part of an interface's parameters and objects.
#[derive(Debug)]
pub(super) struct Mib {
    /// Name, as in the `mibs` argument.
    pub(super) name: &'static str,
    interfaces: Vec<&'static str>,
    /// Parameters and objects, in the order in which the box writes them.
    pub(super) members: Vec<&'static str>,
}

impl Mib {
    /// Whether every interface has it.
    pub(super) fn is_universal(&self) -> bool {
        self.interfaces == ["*"]
    }

    /// Whether an interface has it.
    pub(super) fn is_on(&self, interface: &str) -> bool {
        self.is_universal() || self.interfaces.contains(&interface)
    }
}

impl Table {
    fn parse(text: &'static str) -> Self {
        let mut table = Self::default();
        for line in text.lines() {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
            let list = |place: usize| cell(place).split_whitespace().collect::<Vec<_>>();
            match cell(0) {
                "l" => {
                    table.interfaces.push(Interface { name: cell(1), flags: cell(2), below: list(3) });
                }
                "m" => table.mibs.push(Mib { name: cell(1), interfaces: list(2), members: list(3) }),
                "v" => {
                    let value = serde_json::from_str(cell(2)).unwrap_or_default();
                    table.values.entry(cell(1)).or_default().push((value, list(3)));
                }
                _ => {}
            }
        }
        table
    }

    /// The interface of this name.
    pub(super) fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.name == name)
    }

    /// The value of a setting: the one for this interface, else the one for all.
    pub(super) fn value(&self, path: &str, interface: &str) -> Option<&Value> {
        let values = self.values.get(path)?;
        let own = values.iter().find(|(_, on)| on.contains(&interface));
        own.or_else(|| values.iter().find(|(_, on)| on.is_empty())).map(|(value, _)| value)
    }
}
