//! Staying at the terminal while changes are under guard, and telling how each ended.

use std::{
    io::{self, IsTerminal as _},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use journal::{Entry, GuardState, Journal};
use livebox::{Context, Lang, Message, Notice, NoticeSink, ToolError, say};

use crate::{
    books::{self, usable},
    config::Settings,
    terminal,
};

/// What a person is told between two changes of the state; scripts are told those only.
const EVERY: Duration = Duration::from_secs(5);

/// What was said, so that the same is not said every second, and about which changes.
#[derive(Debug, Default)]
pub(crate) struct Told {
    last: Mutex<Option<(Message, Instant)>>,
    entries: Mutex<Vec<i64>>,
}

impl Told {
    /// Where notices go.
    pub(crate) fn sink(self: &Arc<Self>, lang: Lang) -> NoticeSink {
        let told = Arc::clone(self);
        let interactive = io::stderr().is_terminal();
        Arc::new(move |notice| told.hear(&notice, lang, interactive))
    }

    fn hear(&self, notice: &Notice, lang: Lang, interactive: bool) {
        if notice.left.is_some() {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            if !entries.contains(&notice.entry) {
                entries.push(notice.entry);
            }
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = match &*last {
            Some((message, at)) => *message != notice.message || (interactive && at.elapsed() >= EVERY),
            None => true,
        };
        if is_news {
            *last = Some((notice.message.clone(), Instant::now()));
            terminal::tell(&line(notice, lang));
        }
    }

    fn entries(&self) -> Vec<i64> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn line(notice: &Notice, lang: Lang) -> String {
    let message = notice.message.text(lang);
    match notice.left {
        // The last second is not over before it is over.
        Some(left) => {
            let seconds = left.as_secs() + u64::from(left.subsec_millis() > 0);
            lang.pick(format!("… {message}, {seconds} s left"), format!("… {message}, encore {seconds} s"))
        }
        None => format!("… {message}"),
    }
}

/// How the guards ended that this command saw.
pub(crate) struct Ending {
    /// State of the guard of the command's own change.
    pub(crate) own: Option<GuardState>,
    /// Whether the person did not wait for the end.
    pub(crate) left: bool,
}

/// Waits until nothing is watched any more, and tells how it ended: for the change that this command made, and for what
/// earlier ones left.
pub(crate) async fn see_through(
    cx: &Context,
    settings: &Settings,
    told: &Told,
    own: Option<i64>,
) -> Result<Ending, ToolError> {
    let lang = settings.lang;
    let left = if cx.is_guarding() {
        tokio::select! {
            () = cx.guards_ended() => false,
            _ = tokio::signal::ctrl_c() => true,
        }
    } else {
        false
    };
    let mut entries = told.entries();
    entries.extend(own.filter(|own| !entries.contains(own)));
    if entries.is_empty() {
        return Ok(Ending { own: None, left: false });
    }
    if left {
        terminal::tell("");
    }
    let journal = books::existing(settings)?;
    let mut own_state = None;
    for id in entries {
        let Some(entry) = find(journal.as_ref(), id)? else { continue };
        let Some(guard) = &entry.guard else { continue };
        terminal::tell(ended(&entry, guard).text(lang));
        if own == Some(id) {
            own_state = Some(guard.state);
        }
    }
    Ok(Ending { own: own_state, left })
}

fn find(journal: Option<&Journal>, id: i64) -> Result<Option<Entry>, ToolError> {
    match journal {
        Some(journal) => usable(journal.entry(id)),
        None => Ok(None),
    }
}

fn ended(entry: &Entry, guard: &journal::Guard) -> Message {
    let id = entry.id;
    let (english, french) = match &guard.note {
        Some(note) => (format!(": {}", note.english), format!(" : {}", note.french)),
        None => (String::new(), String::new()),
    };
    match guard.state {
        GuardState::Passed if !entry.outcome.took_effect() => say!(
            "Change {id} was not made: there is nothing to watch.",
            "Le changement {id} n'a pas été fait : il n'y a rien à surveiller."
        ),
        GuardState::Passed => say!(
            "Change {id}: all is well, and nobody watches it any more.",
            "Changement {id} : tout va bien, il n'est plus sous garde."
        ),
        GuardState::Kept => {
            say!("Change {id}: kept by a person.", "Changement {id} : gardé par une personne.")
        }
        GuardState::Reverted => {
            say!("Change {id} was taken back{english}.", "Le changement {id} a été annulé{french}.")
        }
        GuardState::Failed => say!(
            "Change {id} should have been taken back and could not be{english}. Look at the present state.",
            "Le changement {id} aurait dû être annulé et n'a pas pu l'être{french}. Regardez l'état actuel."
        ),
        GuardState::Pending => say!(
            "Change {id} is still under guard: the next run of livebox-mcp takes it up. `livebox-mcp journal keep {id}` keeps it now.",
            "Le changement {id} est toujours sous garde : la prochaine exécution de livebox-mcp la reprendra. « livebox-mcp journal keep {id} » le garde dès maintenant."
        ),
    }
}
