//! The data model of a box: which objects, functions and parameters it has, and what it refuses to its admin.
//!
//! The table is data (`profiles/lb6.tsv`); this file only reads it. Instances are not in the table: the interfaces
//! of `NeMo.Intf` are, all others are asked of the service that owns them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::LazyLock;

use serde_json::{Value, json};

/// The model of the Livebox 6.
pub static LB6: LazyLock<Model> = LazyLock::new(|| Model::parse(include_str!("../profiles/lb6.tsv")));

/// Everything a model declares.
#[derive(Debug, Default)]
pub struct Model {
    objects: BTreeMap<&'static str, ObjectType>,
    denied: BTreeSet<String>,
}

/// An object, or a template of objects.
#[derive(Debug, Default)]
pub struct ObjectType {
    /// Path without instance keys, such as `DHCPv4.Server.Pool`.
    pub path: &'static str,
    /// Reading is refused although the functions answer.
    pub hidden: bool,
    /// The interfaces that have this object, for `NeMo.Intf` and below.
    interfaces: Vec<&'static str>,
    functions: Vec<(Function, Vec<&'static str>)>,
    parameters: Vec<(Parameter, Vec<&'static str>)>,
}

/// A declared function.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Name.
    pub name: &'static str,
    /// Declared return type, not always what is answered.
    pub returns: &'static str,
    arguments: &'static str,
}

/// A declared argument.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    /// Name.
    pub name: &'static str,
    /// Declared type.
    pub kind: &'static str,
    /// Whether a call without it is refused.
    pub mandatory: bool,
}

/// A declared parameter.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Name.
    pub name: &'static str,
    /// Declared type.
    pub kind: &'static str,
    /// Permitted values (`a|b`) or bounds (`min:1,max:64`), or nothing.
    pub validator: &'static str,
    /// `read_only`, `persistent`, `volatile`, separated by commas.
    pub attributes: &'static str,
}

/// What a path stands for.
#[derive(Debug, Clone)]
pub struct Resolved<'m> {
    /// The object's type.
    pub object: &'m ObjectType,
    /// Whether the path ends at a template and not at one of its instances.
    pub is_type: bool,
    interface: Option<String>,
}

impl Resolved<'_> {
    /// Functions of this object, in the order of the table.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.object.functions.iter().filter(|(_, on)| self.has(on)).map(|(function, _)| function)
    }

    /// Parameters of this object, in the order of the table.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.object.parameters.iter().filter(|(_, on)| self.has(on)).map(|(parameter, _)| parameter)
    }

    fn has(&self, interfaces: &[&str]) -> bool {
        self.interface.as_deref().is_none_or(|name| interfaces.contains(&name))
    }
}

impl Function {
    /// The arguments, output ones included: the table cannot tell them from optional ones.
    pub fn arguments(&self) -> impl Iterator<Item = Argument> {
        self.arguments.split(", ").filter_map(|text| {
            let bare = text.trim_start_matches('(').trim_end_matches(')');
            let (kind, name) = bare.split_once(' ')?;
            Some(Argument { name, kind, mandatory: bare.len() == text.len() })
        })
    }
}

impl Parameter {
    /// The value that the bus shows when nobody gave one.
    pub fn default(&self) -> Value {
        match self.kind {
            "bool" => json!(false),
            "string" if self.validator.contains('|') => json!(self.validator.split('|').next()),
            "date_time" => json!(crate::clock::NEVER),
            kind if kind.contains("int") => json!(0),
            _ => json!(""),
        }
    }

    /// Whether a `set` leaves it alone.
    pub fn read_only(&self) -> bool {
        self.attributes.split(',').any(|attribute| attribute == "read_only")
    }
}

impl Model {
    fn parse(table: &'static str) -> Self {
        let mut model = Self::default();
        let mut shared: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
        let mut current = "";
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
            let interfaces = |place: usize| match shared.get(cell(place)) {
                Some(list) => list.clone(),
                None => cell(place).split_whitespace().collect(),
            };
            match cell(0) {
                "s" => {
                    let list = cell(2).split(' ').collect();
                    shared.insert(cell(1), list);
                }
                "d" if cell(1).ends_with(".{i}") => {
                    let stem = cell(1).trim_end_matches("{i}");
                    model.denied.extend(interfaces(2).iter().map(|name| format!("{stem}{name}")));
                }
                "d" => {
                    model.denied.insert(cell(1).to_owned());
                }
                kind @ ("o" | "h") => {
                    current = cell(1);
                    let object = ObjectType {
                        path: current,
                        hidden: kind == "h",
                        interfaces: interfaces(2),
                        ..ObjectType::default()
                    };
                    model.objects.insert(current, object);
                }
                "f" => {
                    let function = Function { name: cell(1), returns: cell(2), arguments: cell(3) };
                    if let Some(object) = model.objects.get_mut(current) {
                        object.functions.push((function, interfaces(4)));
                    }
                }
                "p" => {
                    let parameter =
                        Parameter { name: cell(1), kind: cell(2), validator: cell(3), attributes: cell(4) };
                    if let Some(object) = model.objects.get_mut(current) {
                        object.parameters.push((parameter, interfaces(5)));
                    }
                }
                _ => {}
            }
        }
        model
    }

    /// Finds the object of a path. `is_instance(template, keys so far, key)` says whether a key exists.
    pub fn resolve(
        &self,
        path: &[&str],
        is_instance: &dyn Fn(&str, &[&str], &str) -> bool,
    ) -> Option<Resolved<'_>> {
        let mut at = String::new();
        let mut interface = None;
        let mut is_type = false;
        for (depth, segment) in path.iter().enumerate() {
            let child = if at.is_empty() { (*segment).to_owned() } else { format!("{at}.{segment}") };
            if !segment.contains('.') && self.is_known(&child) {
                at = child;
                is_type = true;
            } else if at == "NeMo.Intf" && interface.is_none() {
                at.push_str(".{i}");
                interface = Some((*segment).to_owned());
                is_type = false;
                self.objects.get(at.as_str()).filter(|object| object.interfaces.contains(segment))?;
            } else if is_type && is_instance(&at, path.get(..depth)?, segment) {
                is_type = false;
            } else {
                return None;
            }
        }
        let object = self.objects.get(at.as_str())?;
        let resolved = Resolved { object, is_type, interface };
        resolved.has(&object.interfaces).then_some(resolved)
    }

    /// Whether the table has this object, or one below it.
    fn is_known(&self, path: &str) -> bool {
        self.objects.contains_key(path) || self.has_children(path)
    }

    fn has_children(&self, path: &str) -> bool {
        let below = format!("{path}.");
        self.objects.range(below.as_str()..).next().is_some_and(|(next, _)| next.starts_with(&below))
    }

    /// Whether the admin is refused this object: it is listed, or it lies below one of which nothing may be seen.
    pub fn is_denied(&self, path: &[&str]) -> bool {
        let full = path.join(".");
        self.denied.contains(&full)
            || (1..path.len()).any(|depth| {
                let above = path.get(..depth).unwrap_or_default().join(".");
                self.denied.contains(&above) && !self.has_children(&above)
            })
    }

    /// Names of the objects directly below, in alphabetical order; below nothing, the root objects.
    pub fn children(&self, path: &str) -> BTreeSet<&'static str> {
        let below = if path.is_empty() { String::new() } else { format!("{path}.") };
        let names = self.objects.range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded));
        names
            .map_while(|(name, _)| name.strip_prefix(below.as_str()))
            .filter_map(|rest| rest.split('.').next())
            .filter(|name| *name != "{i}")
            .collect()
    }

    /// Root objects that the admin may not read.
    pub fn denied_roots(&self) -> impl Iterator<Item = &str> {
        self.denied.iter().map(String::as_str).filter(|path| !path.contains('.'))
    }

    /// The interfaces that the admin may read.
    pub fn interfaces(&self) -> &[&'static str] {
        self.objects.get("NeMo.Intf.{i}").map_or(&[], |object| object.interfaces.as_slice())
    }

    /// Whether the parent counts the entries of this object, which makes it a template.
    pub fn is_counted(&self, path: &str) -> bool {
        path.rsplit_once('.').is_some_and(|(parent, name)| {
            let counter = format!("{name}NumberOfEntries");
            self.objects
                .get(parent)
                .is_some_and(|object| object.parameters.iter().any(|(p, _)| p.name == counter))
        })
    }
}
