//! The command line, built from the registry: one subcommand a tool, in both languages.

pub(crate) mod changes;
pub(crate) mod usage;

use std::{collections::HashSet, path::PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use clap_complete::Shell;
use livebox::{Lang, Message, ToolDef, say};

const NAME: &str = "livebox-mcp";

/// The option by which a secret is made instead of asked.
const GENERATE: &str = "generate";

/// Shown after all other options, whose places clap counts from 0.
const LAST: usize = 1000;

/// The whole command line.
pub(crate) fn command(lang: Lang) -> Command {
    let mut root = Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .about(lang.pick(
            "See and manage an Orange Livebox: MCP server, command line and emulator.",
            "Voir et gérer une Livebox d'Orange : serveur MCP, ligne de commande et émulateur.",
        ))
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .display_order(LAST)
                .help(lang.pick("Print the version", "Afficher la version"))
                .help_heading(heading(lang)),
        )
        .args(globals(lang));
    let mut seen = HashSet::new();
    for def in livebox::tools() {
        if seen.insert(def.group.name) {
            root = root.subcommand(group(def, lang));
        }
    }
    root = root
        .subcommands(crate::login::commands(lang))
        .subcommands(changes::commands(lang))
        .subcommand(crate::approve::command(lang))
        .subcommand(Command::new("mcp").about(lang.pick(
            "Serve MCP over standard input and output",
            "Servir MCP sur l'entrée et la sortie standard",
        )))
        .subcommand(Command::new("demo").about(lang.pick(
            "See in a minute what an assistant sees, on an emulated Livebox",
            "Voir en une minute ce que voit un assistant, sur une Livebox émulée",
        )))
        .subcommand(crate::emulate::command(lang))
        .subcommand(
            Command::new("completions")
                .about(lang.pick("Print shell completions", "Afficher la complétion pour un shell"))
                .arg(
                    Arg::new("shell")
                        .required(true)
                        .value_parser(value_parser!(Shell))
                        .help(lang.pick("Shell", "Shell")),
                ),
        );
    dress(root, lang)
}

/// The tool that the words name, with its arguments; those of the journal's own list are in `matches` when no verb
/// follows.
pub(crate) fn find<'m>(group: &str, matches: &'m ArgMatches) -> Option<(&'static ToolDef, &'m ArgMatches)> {
    let (verb, matches) = matches.subcommand()?;
    livebox::tools().find(|def| def.group.name == group && def.verb == verb).map(|def| (def, matches))
}

/// Whether the person wants a secret to be made instead of typing one.
pub(crate) fn makes_secret(matches: &ArgMatches) -> bool {
    matches.try_get_one::<bool>(GENERATE).ok().flatten() == Some(&true)
}

/// What a person who typed nothing should do next.
pub(crate) fn next_steps(lang: Lang) -> String {
    lang.pick(
        "livebox-mcp shows and manages an Orange Livebox, for you and for your assistant.\n\n\
         Next steps:\n\
         \u{20} livebox-mcp demo        see it work on an emulated Livebox, nothing to set up\n\
         \u{20} livebox-mcp login       give your own box's password, once\n\
         \u{20} livebox-mcp box show    ask your own box\n\
         \u{20} livebox-mcp --help      every command; the README says how to connect an assistant\n",
        "livebox-mcp montre et gère une Livebox d'Orange, pour vous et pour votre assistant.\n\n\
         Pour continuer :\n\
         \u{20} livebox-mcp demo        voir le programme à l'œuvre sur une Livebox émulée, sans rien régler\n\
         \u{20} livebox-mcp login       donner le mot de passe de votre box, une fois\n\
         \u{20} livebox-mcp box show    interroger votre box\n\
         \u{20} livebox-mcp --help      toutes les commandes ; le README dit comment connecter un assistant\n",
    )
    .trim_end()
    .to_owned()
}

/// Prints the completion script.
pub(crate) fn completions(matches: &ArgMatches, lang: Lang) {
    if let Some(shell) = matches.get_one::<Shell>("shell") {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut command(lang), NAME, &mut script);
        let mut script = String::from_utf8_lossy(&script).into_owned();
        if *shell == Shell::Bash {
            // clap_complete 4.6 writes a program's name with a hyphen in two ways, which never meet.
            script = script.replace("livebox__subcmd__mcp", "livebox__mcp");
        }
        crate::terminal::print_as_it_is(&script);
    }
}

fn group(def: &ToolDef, lang: Lang) -> Command {
    let group = def.group;
    // `livebox-mcp journal` alone is the list of changes.
    let needs_verb = group.name != "journal";
    Command::new(group.name)
        .about(lang.pick(group.english, group.french))
        .subcommand_required(needs_verb)
        .arg_required_else_help(needs_verb)
        // Most of what is here is for others than the one command that was typed: a server needs none of it.
        .defer(lang.pick(|group| verbs(group, Lang::En), |group| verbs(group, Lang::Fr)))
}

/// The group with its commands.
fn verbs(group: Command, lang: Lang) -> Command {
    let name = group.get_name().to_owned();
    let verbs = livebox::tools().filter(|tool| tool.group.name == name).map(|tool| verb(tool, lang));
    // For people only, so no tool.
    let more = (name == "wifi-key").then(|| crate::wifi_key::command(lang));
    group.subcommands(verbs.chain(more).map(|command| dress(command, lang)))
}

fn verb(def: &'static ToolDef, lang: Lang) -> Command {
    let mut command = (def.command)();
    if lang == Lang::Fr {
        command = command.about(def.french.about).long_about(None::<&str>).mut_args(|arg| {
            let french = def.french.args.iter().find(|(name, _)| *name == arg.get_id().as_str());
            match french {
                Some((_, help)) => arg.help(*help).long_help(None::<&str>),
                None => arg,
            }
        });
    }
    if !def.secrets.is_empty() && !def.needs_secrets() {
        command =
            command.arg(Arg::new(GENERATE).long(GENERATE).action(ArgAction::SetTrue).help(
                lang.pick("Make it here instead of asking for it", "La créer ici au lieu de la demander"),
            ));
    }
    command = changes::with_flags(command, def, lang);
    // So that a negative number is a wrong value, not an unknown option.
    command = command
        .mut_args(|arg| if arg.get_action().takes_values() { arg.allow_negative_numbers(true) } else { arg });
    // One layout for every command: what goes beyond the first sentence stands below the options.
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let whole = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    let more = whole.strip_prefix(about.as_str()).unwrap_or_default().trim_start_matches('.').trim();
    let example = [NAME, def.group.name, def.verb, def.example].join(" ");
    let gap = if more.is_empty() { "" } else { "\n\n" };
    command.after_help(format!("{more}{gap}{} {}", lang.pick("Example:", "Exemple :"), example.trim_end()))
}

/// clap's name for a global option: tools have arguments of their own called `host` or `user`.
pub(crate) fn global_id(name: &str) -> String {
    format!("global-{name}")
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(global_id(name)).long(name).help(help).action(ArgAction::SetTrue).global(true)
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(global_id(name)).long(name).value_name(value).help(help).global(true)
}

fn heading(lang: Lang) -> &'static str {
    lang.pick("Options for every command", "Options de toutes les commandes\u{a0}")
}

/// A language that we speak.
fn language(tag: &str) -> Result<String, Message> {
    match Lang::from_tag(tag) {
        Some(_) => Ok(tag.to_owned()),
        None => Err(say!("write en or fr", "écrivez en ou fr")),
    }
}

/// Options that every command takes.
fn globals(lang: Lang) -> Vec<Arg> {
    let file =
        |name, help| option(name, lang.pick("FILE", "FICHIER"), help).value_parser(value_parser!(PathBuf));
    [
        option(
            "host",
            lang.pick("HOST", "HÔTE"),
            lang.pick(
                "Address of the box [default: 192.168.1.1]",
                "Adresse de la box [défaut : 192.168.1.1]",
            ),
        ),
        option(
            "user",
            lang.pick("NAME", "NOM"),
            lang.pick("Account on the box [default: admin]", "Compte sur la box [défaut : admin]"),
        ),
        file(
            "password-file",
            lang.pick(
                "File whose first line is the password",
                "Fichier dont la première ligne est le mot de passe",
            ),
        ),
        flag("json", lang.pick("Answer in JSON", "Répondre en JSON")),
        flag(
            "read-only",
            lang.pick("Refuse every change to the box", "Refuser toute modification de la box"),
        ),
        option(
            "policy",
            lang.pick("NAME=DECISION", "NOM=DÉCISION"),
            lang.pick(
                "Allow, ask or deny by level or group: change=ask, wifi.disrupt=deny",
                "Permettre (allow), demander (ask) ou interdire (deny) par niveau ou groupe : change=ask, wifi.disrupt=deny",
            ),
        )
        .action(ArgAction::Append),
        option("lang", "en|fr", lang.pick("Language of the text", "Langue du texte")).value_parser(language),
        file(
            "ca-file",
            lang.pick(
                "Certificate authority of an https box (PEM)",
                "Autorité de certification d'une box en https (PEM)",
            ),
        ),
        flag(
            "insecure",
            lang.pick(
                "Accept any certificate of an https box",
                "Accepter tout certificat d'une box en https",
            ),
        ),
        Arg::new(global_id("verbose")).short('v').long("verbose").action(ArgAction::Count).global(true).help(
            lang.pick(
                "Log more, on stderr (-vv: even more)",
                "Journaliser davantage, sur stderr (-vv : encore plus)",
            ),
        ),
    ]
    .map(|arg| arg.help_heading(heading(lang)))
    .into()
}

/// Gives a command and all below it their language: headings, the help flag, values and defaults.
fn dress(command: Command, lang: Lang) -> Command {
    let has_commands = command.has_subcommands();
    let template = match (lang, has_commands) {
        (Lang::En, _) => "{about-with-newline}\nUsage: {usage}\n\n{all-args}{after-help}",
        (Lang::Fr, _) => "{about-with-newline}\nUtilisation : {usage}\n\n{all-args}{after-help}",
    };
    let command = command
        .help_template(template)
        .subcommand_help_heading(lang.pick("Commands", "Commandes\u{a0}"))
        .subcommand_value_name(lang.pick("COMMAND", "COMMANDE"))
        .disable_help_flag(true)
        .mut_args(|arg| translate_values(arg, lang))
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::HelpShort)
                .display_order(LAST)
                .help(lang.pick("Print help", "Afficher l'aide"))
                .help_heading(heading(lang)),
        );
    command.mut_subcommands(|inner| dress(inner, lang))
}

/// clap writes "[default: …]" and "[possible values: …]" in English only: in French we write them ourselves.
fn translate_values(arg: Arg, lang: Lang) -> Arg {
    let positional = arg.get_long().is_none() && arg.get_short().is_none();
    let arg = match arg.get_help_heading() {
        Some(_) => arg,
        None if positional => arg.help_heading(lang.pick("Arguments", "Arguments\u{a0}")),
        None => arg.help_heading(lang.pick("Options", "Options\u{a0}")),
    };
    if lang == Lang::En || !arg.get_action().takes_values() {
        return arg;
    }
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if !values.is_empty() {
        help = format!("{help} [valeurs : {}]", values.join(", "));
    }
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if !defaults.is_empty() {
        help = format!("{help} [défaut : {}]", defaults.join(", "));
    }
    arg.help(help).hide_possible_values(true).hide_default_value(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_command_lines_are_sound() {
        for lang in [Lang::En, Lang::Fr] {
            command(lang).debug_assert();
        }
    }
}
