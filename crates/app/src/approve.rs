//! `livebox-mcp approve`: a person at a terminal answers for a client that cannot ask them.
//!
//! The answer is a code that this terminal has just shown, typed back, so that nothing that writes into a pipe or
//! guesses can give it. No flag, variable or setting answers in a person's place, and the box is not contacted.

use std::io::{self, IsTerminal as _};

use clap::{Arg, ArgMatches, Command};
use jiff::{SignedDuration, Timestamp};
use journal::{Approval, ApprovalState, Client, Journal, Text};
use livebox::{Lang, Page, ToolError, Untrusted, say};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};

use crate::{
    books::{self, usable},
    cli::global_id,
    config::Settings,
    run::block_on,
    terminal,
};

/// Wrong answers until the question is left open.
const ATTEMPTS: usize = 3;

/// The command.
pub(crate) fn command(lang: Lang) -> Command {
    Command::new("approve")
        .about(lang.pick(
            "Answer what an assistant asks to change",
            "Répondre à ce qu'un assistant demande de modifier",
        ))
        .arg(Arg::new("id").value_name("ID").help(lang.pick(
            "Which request; without it, those that wait are listed",
            "Quelle demande ; sans cela, celles qui attendent sont listées",
        )))
        .after_help(lang.pick(
            "Shows the plan and takes a typed answer, in an interactive terminal only.",
            "Montre le plan et prend une réponse tapée, dans un terminal interactif seulement.",
        ))
}

/// Runs it.
pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<(), ToolError> {
    let settings = Settings::read(matches, lang)?;
    let lang = settings.lang;
    let journal = books::existing(&settings)?;
    match matches.get_one::<String>("id") {
        None => list(journal.as_ref(), lang, matches.get_flag(&global_id("json"))),
        Some(id) => {
            if ![io::stdin().is_terminal(), io::stdout().is_terminal(), io::stderr().is_terminal()]
                .iter()
                .all(|is_terminal| *is_terminal)
            {
                return Err(not_here());
            }
            let journal = journal.ok_or_else(|| unknown(id))?;
            answer(&journal, id, lang)
        }
    }
}

fn list(journal: Option<&Journal>, lang: Lang, as_json: bool) -> Result<(), ToolError> {
    let now = Timestamp::now();
    let open = match journal {
        Some(journal) => usable(journal.approvals_open(now))?,
        None => Vec::new(),
    };
    if as_json {
        let rows: Vec<Value> = open.iter().map(|approval| as_data(approval, lang)).collect();
        terminal::print(&format!("{:#}", json!({ "approvals": rows })));
    } else {
        terminal::print(&page(&open, now, lang).aligned());
    }
    Ok(())
}

fn page(open: &[Approval], now: Timestamp, lang: Lang) -> Page {
    if open.is_empty() {
        return Page::new()
            .line(lang.pick("No request waits for an answer.", "Aucune demande n'attend de réponse."));
    }
    let rows = open.iter().map(|approval| {
        [
            approval.id.clone(),
            what(approval, lang),
            client(approval),
            left(approval.expires_at.duration_since(now)),
        ]
    });
    Page::new()
        .table(
            lang.pick(
                ["Id", "Change", "Asked by", "Valid for"],
                ["Id", "Changement", "Demandé par", "Valable"],
            ),
            rows,
        )
        .line(lang.pick(
            "`livebox-mcp approve ID` shows the plan and takes your answer.",
            "« livebox-mcp approve ID » montre le plan et prend votre réponse.",
        ))
}

fn as_data(approval: &Approval, lang: Lang) -> Value {
    json!({
        "id": approval.id,
        "tool": approval.tool,
        "what": what(approval, lang),
        "client": Untrusted::clean(&approval.client.name),
        "asked_at": approval.at.to_string(),
        "expires_at": approval.expires_at.to_string(),
    })
}

fn answer(journal: &Journal, id: &str, lang: Lang) -> Result<(), ToolError> {
    let approval = usable(journal.approval(id))?.ok_or_else(|| unknown(id))?;
    check_open(&approval)?;
    terminal::tell(&request(&approval, lang));
    let agreed = block_on(async {
        tokio::select! {
            agreed = question(&approval, lang) => agreed,
            _ = tokio::signal::ctrl_c() => {
                terminal::tell("");
                Ok(None)
            }
        }
    })?;
    let Some(agreed) = agreed else { return Err(left_open(&approval.id)) };
    let now = Timestamp::now();
    let recorded = usable(journal.answer_approval(&approval.id, agreed, now))?;
    if !recorded {
        // It expired, or somebody else answered, while this person was reading.
        let now_so = usable(journal.approval(id))?;
        check_open(&now_so.ok_or_else(|| unknown(id))?)?;
        return Err(expired(&approval.id));
    }
    if !agreed {
        return Err(ToolError::NotConsented(say!(
            "Refused, and recorded: nothing is changed.",
            "Refusé, et noté : rien n'est modifié."
        )));
    }
    let left = left(approval.expires_at.duration_since(now));
    terminal::print(&lang.pick(
        format!(
            "Approved. The assistant should now make the same call again, within {left}; it counts once."
        ),
        format!(
            "Accepté. L'assistant doit maintenant refaire le même appel, d'ici {left} ; cela vaut une fois."
        ),
    ));
    Ok(())
}

/// What is asked, as a person reads it before answering.
fn request(approval: &Approval, lang: Lang) -> String {
    let plan = approval.plan.get(lang.pick("english", "french")).and_then(Value::as_str);
    let plan = plan.unwrap_or_default();
    let by = lang.pick("Asked by", "Demandé par");
    let until = left(approval.expires_at.duration_since(Timestamp::now()));
    let valid = lang.pick(format!("valid for {until}"), format!("valable {until}"));
    let at = approval.plan.get("box").and_then(Value::as_str).map_or_else(String::new, |host| {
        lang.pick(format!(", for the box at {host}"), format!(", pour la box à {host}"))
    });
    format!("{by} {} ({}){at}, {valid}.\n\n{plan}\n", client(approval), approval.tool)
}

/// Takes the answer; `None` when there was none.
async fn question(approval: &Approval, lang: Lang) -> Result<Option<bool>, ToolError> {
    let word = approval.plan.get("word").and_then(Value::as_str);
    for _ in 0..ATTEMPTS {
        let code = code()?;
        let wanted = word.map_or_else(|| code.clone(), |word| format!("{word} {code}"));
        let typed = terminal::answer(lang.pick(
            format!("To agree, type {wanted}; to refuse, type no: "),
            format!("Pour accepter, tapez {wanted} ; pour refuser, tapez non : "),
        ));
        let Some(typed) = typed.await else { return Ok(None) };
        let typed: Vec<&str> = typed.split_whitespace().collect();
        let typed = typed.join(" ");
        if typed.is_empty() {
            return Ok(None);
        }
        if typed.eq_ignore_ascii_case(&wanted) {
            return Ok(Some(true));
        }
        if ["n", "no", "non"].iter().any(|no| typed.eq_ignore_ascii_case(no)) {
            return Ok(Some(false));
        }
        terminal::tell(lang.pick("That is not it.", "Ce n'est pas cela."));
    }
    Ok(None)
}

/// Four characters that nobody can know before this terminal shows them, without look-alikes.
fn code() -> Result<String, ToolError> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut dice = [0_u8; 4];
    SystemRandom::new().fill(&mut dice).map_err(|_| {
        ToolError::Failed(say!(
            "The computer gave no random numbers: no answer can be taken.",
            "L'ordinateur n'a pas fourni de nombres au hasard : aucune réponse ne peut être prise."
        ))
    })?;
    Ok(dice
        .iter()
        .filter_map(|die| LETTERS.get(usize::from(die % 32)))
        .map(|letter| char::from(*letter))
        .collect())
}

/// Refuses what is over or answered already.
fn check_open(approval: &Approval) -> Result<(), ToolError> {
    let id = &approval.id;
    Err(match approval.state {
        ApprovalState::Used => ToolError::Conflict(say!(
            "{id} was approved and used already: the change it was about has been made.",
            "{id} a déjà été accepté et utilisé : le changement demandé a été fait."
        )),
        ApprovalState::Denied => ToolError::Conflict(say!(
            "{id} was refused already. The assistant may ask again later.",
            "{id} a déjà été refusé. L'assistant pourra redemander plus tard."
        )),
        _ if approval.expired(Timestamp::now()) => expired(id),
        ApprovalState::Approved => ToolError::Conflict(say!(
            "{id} is approved already: the assistant should make the same call again.",
            "{id} est déjà accepté : l'assistant doit refaire le même appel."
        )),
        ApprovalState::Open => return Ok(()),
    })
}

fn unknown(id: &str) -> ToolError {
    let id = Untrusted::quotable(id);
    ToolError::Conflict(say!(
        "No request is called \"{id}\". `livebox-mcp approve` lists those that wait.",
        "Aucune demande ne s'appelle « {id} ». « livebox-mcp approve » liste celles qui attendent."
    ))
}

fn expired(id: &str) -> ToolError {
    ToolError::NotConsented(say!(
        "{id} has expired: nothing is changed. The assistant has to ask again.",
        "{id} a expiré : rien n'est modifié. L'assistant doit redemander."
    ))
}

fn left_open(id: &str) -> ToolError {
    ToolError::NotConsented(say!(
        "No answer was taken: nothing is changed, and {id} still waits for one.",
        "Aucune réponse n'a été prise : rien n'est modifié, et {id} en attend toujours une."
    ))
}

fn not_here() -> ToolError {
    ToolError::NotPermitted(say!(
        "Only a person at an interactive terminal can answer: stdin, stdout and stderr must all be one. Nothing was approved.",
        "Seule une personne devant un terminal interactif peut répondre : stdin, stdout et stderr doivent tous en être un. Rien n'a été accepté."
    ))
}

fn what(approval: &Approval, lang: Lang) -> String {
    let text: Option<Text> =
        approval.plan.get("what").and_then(|what| serde_json::from_value(what.clone()).ok());
    text.map_or_else(|| approval.tool.clone(), |Text { english, french }| lang.pick(english, french))
}

fn client(approval: &Approval) -> String {
    let Client { name, version, .. } = &approval.client;
    let said = [name, version].into_iter().filter(|said| !said.is_empty());
    said.map(|said| Untrusted::clean(said).word()).collect::<Vec<_>>().join(" ")
}

/// A short time in words, the same in both languages.
fn left(left: SignedDuration) -> String {
    let seconds = left.as_secs().max(0);
    if seconds < 120 {
        return format!("{seconds} s");
    }
    format!("{} minutes", seconds / 60)
}
