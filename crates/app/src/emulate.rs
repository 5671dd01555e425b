//! `livebox-mcp emulate`: the emulated box alone, for development and tests.

use std::str::FromStr;

use clap::{Arg, ArgAction, ArgMatches, Command};
use emulator::{Emulator, Fault, Impostor, Model, Options};
use livebox::{Lang, Message, ToolError, say};

use crate::terminal;

/// The command and its flags.
pub(crate) fn command(lang: Lang) -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new("emulate")
        .about(lang.pick(
            "Run an emulated Livebox, on this computer only",
            "Faire tourner une Livebox émulée, sur cet ordinateur seulement",
        ))
        .after_help(lang.pick(FAULTS.0, FAULTS.1))
        .arg(
            option("model", lang.pick("MODEL", "MODÈLE"), lang.pick("Model of the box", "Modèle de la box"))
                .default_value("lb6")
                .value_parser(parse::<Model>),
        )
        .arg(
            option(
                "listen",
                lang.pick("ADDRESS", "ADRESSE"),
                lang.pick(
                    "Where to listen; port 0 picks a free one",
                    "Où écouter ; le port 0 en choisit un libre",
                ),
            )
            .default_value("127.0.0.1:18080"),
        )
        .arg(
            option(
                "password",
                lang.pick("PASSWORD", "MOT_DE_PASSE"),
                lang.pick("Password of the emulated admin", "Mot de passe de l'administrateur émulé"),
            )
            .default_value("Livebox6"),
        )
        .arg(
            option(
                "seed",
                lang.pick("NUMBER", "NOMBRE"),
                lang.pick(
                    "Seed of the household: same seed, same family",
                    "Graine du foyer : même graine, même famille",
                ),
            )
            .default_value("6")
            .value_parser(clap::value_parser!(u64)),
        )
        .arg(
            option(
                "fault",
                lang.pick("FAULT", "PANNE"),
                lang.pick(
                    "Something that goes wrong, like slow=500@NMC.Wifi:get*3 (repeatable)",
                    "Une panne, comme slow=500@NMC.Wifi:get*3 (répétable)",
                ),
            )
            .action(ArgAction::Append)
            .value_parser(parse::<Fault>),
        )
        .arg(
            option(
                "impostor",
                lang.pick("KIND", "GENRE"),
                lang.pick(
                    "Be no Livebox at all: spain, old-pro, web-page, not-found",
                    "N'être pas une Livebox : spain, old-pro, web-page, not-found",
                ),
            )
            .value_parser(parse::<Impostor>),
        )
        .arg(
            option(
                "reboot-seconds",
                lang.pick("SECONDS", "SECONDES"),
                lang.pick("How long a reboot takes", "Durée d'un redémarrage"),
            )
            .default_value("90")
            .value_parser(clap::value_parser!(i64)),
        )
        .arg(switch(
            "control",
            lang.pick(
                "Open the control path /_emulator/ for tests",
                "Ouvrir le chemin de contrôle /_emulator/ pour les tests",
            ),
        ))
        .arg(
            option(
                "lan-seconds",
                lang.pick("SECONDS", "SECONDES"),
                lang.pick(
                    "How long nobody reaches the box after a change of its address",
                    "Durée pendant laquelle la box est injoignable quand son adresse change",
                ),
            )
            .default_value("5")
            .value_parser(clap::value_parser!(i64)),
        )
        .arg(switch(
            "follow-address",
            lang.pick(
                "Once the box has another address, serve only callers that use it as Host",
                "Une fois l'adresse de la box changée, ne servir que ceux qui la donnent comme Host",
            ),
        ))
        .arg(switch(
            "hostile",
            lang.pick(
                "Give devices, networks, rules and callers names that mean harm",
                "Donner aux appareils, réseaux, règles et appelants des noms malveillants",
            ),
        ))
        .arg(switch(
            "host-filter",
            lang.pick(
                "Refuse foreign Host names, as a real box does",
                "Refuser les noms Host étrangers, comme une vraie box",
            ),
        ))
        .arg(switch(
            "malformed",
            lang.pick(
                "Describe objects with the JSON defects of real boxes",
                "Décrire les objets avec les défauts JSON des vraies box",
            ),
        ))
        .arg(switch(
            "trailing-null",
            lang.pick(
                "End event answers with a stray null",
                "Finir les réponses d'événements par un null parasite",
            ),
        ))
}

/// Every fault, as `--help` explains it below the options.
const FAULTS: (&str, &str) = (
    "\
Faults: KIND[=VALUE][@Service:method][*COUNT], where * in a target stands for anything
  slow=MS          the answer comes so many milliseconds later
  hang             no answer, and the connection stays open
  drop-before      the connection closes, and nothing was done
  drop-after       the connection closes although the call was carried out
  503, html        another HTTP answer
  truncated, glued, trailing-null, not-json, huge, wrong-types
                   a spoilt answer
  expired          all sessions are forgotten before the call
  lock-out=S       logins are locked for S seconds
  reboot=S         the box restarts after the call and is away for S seconds
  denied, absent   error 13, error 196618
  foreign=Service:method{PARAMETERS}
                   another administrator makes this call right after
  link-cut=S       a change of the Wi-Fi or the LAN cuts everybody off for S seconds
  firewall-cut=S   the firewall level High cuts everybody off for S seconds, lets them in for S seconds, and so on until
                   another level is set
  internet-cut     after the change there is no Internet until every setting is as it was before",
    "\
Pannes : GENRE[=VALEUR][@Service:methode][*NOMBRE], où * dans une cible vaut n'importe quoi
  slow=MS          la réponse arrive avec tant de millisecondes de retard
  hang             pas de réponse, et la connexion reste ouverte
  drop-before      la connexion se ferme, et rien n'a été fait
  drop-after       la connexion se ferme alors que l'appel a été exécuté
  503, html        une autre réponse HTTP
  truncated, glued, trailing-null, not-json, huge, wrong-types
                   une réponse abîmée
  expired          toutes les sessions sont oubliées avant l'appel
  lock-out=S       les connexions sont verrouillées pendant S secondes
  reboot=S         la box redémarre après l'appel et s'absente S secondes
  denied, absent   erreur 13, erreur 196618
  foreign=Service:methode{PARAMÈTRES}
                   un autre administrateur fait cet appel juste après
  link-cut=S       un changement du Wi-Fi ou du LAN coupe tout le monde pendant S secondes
  firewall-cut=S   le niveau de pare-feu High coupe tout le monde pendant S secondes, laisse passer pendant S secondes,
                   et ainsi de suite jusqu'à un autre niveau
  internet-cut     après le changement, plus d'Internet tant que chaque réglage n'est pas comme avant",
);

/// Reads an emulator value from the command line; its error carries both languages.
fn parse<T: FromStr>(text: &str) -> Result<T, Message>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| say!("{error}", "{error}"))
}

/// Runs until interrupted; prints one line when ready.
pub(crate) async fn run(matches: &ArgMatches, lang: Lang) -> Result<(), ToolError> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let options = Options {
        model: matches.get_one("model").copied().unwrap_or(Model::Lb6),
        password: text("password"),
        seed: matches.get_one("seed").copied().unwrap_or(Options::default().seed),
        control: matches.get_flag("control"),
        hostile: matches.get_flag("hostile"),
        host_filter: matches.get_flag("host-filter"),
        malformed: matches.get_flag("malformed"),
        trailing_null: matches.get_flag("trailing-null"),
        reboot_seconds: matches
            .get_one("reboot-seconds")
            .copied()
            .unwrap_or(Options::default().reboot_seconds),
        lan_seconds: matches.get_one("lan-seconds").copied().unwrap_or(Options::default().lan_seconds),
        follow_address: matches.get_flag("follow-address"),
        faults: matches.get_many("fault").into_iter().flatten().cloned().collect(),
        impostor: matches.get_one("impostor").copied(),
        ..Options::default()
    };
    let address = text("listen");
    let handle = Emulator::start(address.as_str(), options).await.map_err(|error| {
        ToolError::Failed(say!(
            "Cannot listen on {address}: {error}.",
            "Impossible d'écouter sur {address} : {error}."
        ))
    })?;
    terminal::print(&format!(
        "{} {}",
        lang.pick("Emulated Livebox ready at", "Livebox émulée prête sur"),
        handle.url()
    ));
    tokio::select! {
        () = handle.wait() => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_explains_every_fault_in_both_languages() {
        for lang in [Lang::En, Lang::Fr] {
            let help = command(lang).render_help().to_string();
            for fault in emulator::FAULTS {
                assert!(help.split([' ', ',', '=', '\n']).any(|word| word == *fault), "{fault}");
            }
        }
    }
}
