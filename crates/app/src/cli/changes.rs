//! What the command line adds to tools that change the box: flags, and the short commands `undo` and `redo`.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use livebox::{Access, Lang, ToolDef};

const DRY_RUN: &str = "change-dry-run";
const YES: &str = "change-yes";
const FORCE: &str = "change-force";
const ENTRY: &str = "change-entry";

/// What a person said on the command line about a change.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    /// Only show the plan.
    pub(crate) dry_run: bool,
    /// Agreed beforehand; `None` where the command asks nothing.
    pub(crate) yes: Option<bool>,
    /// Undo in spite of what changed since.
    pub(crate) force: bool,
}

impl Flags {
    pub(crate) fn read(matches: &ArgMatches) -> Self {
        let flag = |id: &str| matches.try_get_one::<bool>(id).ok().flatten().copied();
        Self {
            dry_run: flag(DRY_RUN).unwrap_or_default(),
            yes: flag(YES),
            force: flag(FORCE).unwrap_or_default(),
        }
    }
}

fn switch(id: &'static str, long: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(long).action(ArgAction::SetTrue).help(help)
}

fn dry_run(lang: Lang) -> Arg {
    switch(DRY_RUN, "dry-run", lang.pick("Only show the plan", "Montrer seulement le plan"))
}

fn yes(lang: Lang) -> Arg {
    let help = lang.pick("Agree beforehand, in scripts say", "Accepter d'avance, dans un script par exemple");
    switch(YES, "yes", help).short('y')
}

/// The command of a tool, with the flags that its consequences call for.
pub(super) fn with_flags(command: Command, def: &ToolDef, lang: Lang) -> Command {
    let command = if def.may_change() { command.arg(dry_run(lang)) } else { command };
    if def.access > Access::Read { command.arg(yes(lang)) } else { command }
}

/// `undo` and `redo`.
pub(super) fn commands(lang: Lang) -> [Command; 2] {
    let command = |name: &'static str, about: &'static str, entry: &'static str| {
        let entry = Arg::new(ENTRY)
            .value_name(lang.pick("ENTRY", "ENTRÉE"))
            .value_parser(value_parser!(i64))
            .allow_negative_numbers(true)
            .help(entry);
        let force = switch(
            FORCE,
            "force",
            lang.pick(
                "Even if something else changed the same since: overwrites that",
                "Même si autre chose a changé depuis : l'écrase",
            ),
        )
        // Overwriting somebody else's change is not agreed to before it is seen.
        .conflicts_with(YES);
        Command::new(name).about(about).args([entry, force, dry_run(lang), yes(lang)])
    };
    [
        command(
            "undo",
            lang.pick("Undo a change", "Annuler un changement"),
            lang.pick(
                "Number in the journal; the last change by default",
                "Numéro dans le journal ; le dernier changement par défaut",
            ),
        ),
        command(
            "redo",
            lang.pick("Do again what was undone", "Refaire ce qui a été annulé"),
            lang.pick(
                "Number of the change or of its undo; the last undo by default",
                "Numéro du changement ou de son annulation ; la dernière annulation par défaut",
            ),
        ),
    ]
}

/// The entry that `undo` or `redo` names.
pub(crate) fn entry(matches: &ArgMatches) -> Option<i64> {
    matches.get_one::<i64>(ENTRY).copied()
}
