//! In which order rules stood, and where one that comes back has to stand.

use std::sync::Arc;

use journal::{Filter, Undo};

use super::{Rule, restore::RestoreRules};
use crate::{Context, Tool, record::on_disk};

/// Keys of rules in their order, once some came back.
pub(super) struct Order<'a> {
    pub(super) keys: Vec<&'a str>,
    /// Those between which and the new ones the order is not known: they came since.
    pub(super) unsure: Vec<&'a str>,
    /// Whether those that are there stand in another order than they did, so that no place is the right one.
    pub(super) is_contradicted: bool,
}

/// Places keys behind what stood in front of them and in front of what stood behind, as that sequence tells. Where that
/// leaves a choice, they come as far behind as possible: whatever then follows has to be made anew.
pub(super) fn placed<'a>(
    present: impl Iterator<Item = &'a str>,
    sequence: &[String],
    mut new: Vec<&'a str>,
) -> Order<'a> {
    let at = |key: &str| sequence.iter().position(|known| known == key);
    let mut order = Order { keys: present.collect(), unsure: Vec::new(), is_contradicted: false };
    new.sort_by_key(|key| at(key).unwrap_or(usize::MAX));
    for key in new {
        let keys = &mut order.keys;
        let Some(own) = at(key) else {
            keys.push(key);
            continue;
        };
        let is =
            |other: &str, fits: fn(&usize, &usize) -> bool| at(other).is_some_and(|place| fits(&place, &own));
        let first = keys.iter().rposition(|other| is(other, usize::lt)).map_or(0, |place| place + 1);
        let last = keys.iter().position(|other| is(other, usize::gt)).unwrap_or(keys.len());
        order.is_contradicted |= first > last;
        let between = keys.iter().take(last).skip(first).filter(|other| at(other).is_none());
        order.unsure.extend(between.copied());
        keys.insert(first.max(last), key);
    }
    order
}

/// How many keys are remembered: more than any household has rules.
const MOST: usize = 256;

/// Keys of the rules in their order, among them those of rules that were removed earlier and may yet come back: undone in
/// any order, removals then lead to the order that was.
pub(super) async fn sequence(cx: &Context, present: &[Rule]) -> Vec<String> {
    let earlier = recorded(cx).await.unwrap_or_default();
    let present: Vec<&str> = present.iter().map(|rule| rule.wire.key.as_str()).collect();
    let absent = earlier.iter().map(String::as_str).filter(|key| !present.contains(key)).collect();
    let order = placed(present.into_iter(), &earlier, absent);
    order.keys.into_iter().take(MOST).map(str::to_owned).collect()
}

/// The sequence in the newest record of rules that has one. None is no error: it only tells where rules were.
async fn recorded(cx: &Context) -> Option<Vec<String>> {
    let journal = cx.records().existing().await.ok()??;
    let group = RestoreRules::GROUP.name.replace('-', "_");
    let filter =
        Filter { limit: 50, box_serial: cx.box_serial().await, tool: Some(group), ..Filter::default() };
    let journal = Arc::clone(&journal);
    let listing = on_disk(move || journal.list(&filter)).await.ok()?;
    listing.entries.into_iter().find_map(|entry| match entry.undo {
        Undo::Call { args, .. } => {
            let sequence: Vec<String> = serde_json::from_value(args.get("sequence")?.clone()).ok()?;
            (!sequence.is_empty()).then_some(sequence)
        }
        Undo::Impossible { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(present: &str, sequence: &str, new: &str) -> (String, String, bool) {
        let sequence: Vec<String> = sequence.chars().map(String::from).collect();
        let keys = |text: &'static str| text.split("").filter(|key| !key.is_empty());
        let (present, new) = (present.to_owned().leak(), new.to_owned().leak());
        let order = placed(keys(present), &sequence, keys(new).collect());
        (order.keys.concat(), order.unsure.concat(), order.is_contradicted)
    }

    #[test]
    fn a_key_comes_between_its_neighbours() {
        for (present, sequence, new, expected) in [
            ("ACD", "ABCD", "B", ("ABCD", "", false)),
            ("CD", "ABCD", "BA", ("ABCD", "", false)),
            ("A", "ABCD", "D", ("AD", "", false)),
            ("", "AB", "B", ("B", "", false)),
            // What came since and stands behind is not moved, and it is said that the order is not known.
            ("ACX", "ABC", "B", ("ABCX", "", false)),
            ("AX", "AB", "B", ("AXB", "X", false)),
            ("XB", "AB", "A", ("XAB", "X", false)),
            ("D", "AB", "B", ("DB", "D", false)),
            // The neighbours changed places.
            ("CA", "ABC", "B", ("CAB", "", true)),
            ("A", "", "B", ("AB", "", false)),
        ] {
            let (keys, unsure, contradicted) = expected;
            let expected = (keys.to_owned(), unsure.to_owned(), contradicted);
            assert_eq!(place(present, sequence, new), expected, "{new} of {sequence} into {present}");
        }
    }
}
