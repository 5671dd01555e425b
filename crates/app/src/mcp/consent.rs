//! How a person is asked through their MCP client: by a request of ours where the protocol has it, by an answer that the
//! client comes back with where it has that, at a terminal where the client cannot ask.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use livebox::{Consent, Lang, Plan, Verdict, say};
use rmcp::{
    RoleServer,
    model::{
        CancelledNotificationParam, ClientResult, ElicitRequest, ElicitRequestParams, ElicitResult,
        ElicitationAction, ElicitationSchema, InputRequest, InputRequiredResult, InputResponses, RequestId,
        ServerRequest,
    },
    service::{Peer, PeerRequestOptions, RequestContext, ServiceError},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::seal::Seals;

/// How long a person has to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Our question among those that a client of the 2026 protocol is given.
const QUESTION: &str = "consent";
/// The field of the form that is ticked, or typed into.
const TICK: &str = "confirm";
const WORD: &str = "word";

/// What came of a question, for the record.
const GIVEN: &str = "elicitation";

/// Asks the person in front of one client about one call.
pub(super) struct Asking {
    lang: Lang,
    way: Way,
    /// The question that the call is to be answered with.
    asked: Mutex<Option<InputRequiredResult>>,
}

/// The ways in which a client asks.
pub(super) enum Way {
    /// Not at all.
    Terminal,
    /// On a request of ours, until 2025-11-25.
    Request {
        peer: Peer<RoleServer>,
        /// Cancelled when nobody is there any more.
        gone: CancellationToken,
        patience: Duration,
    },
    /// On an answer of ours, from 2026-07-28.
    Answer {
        seals: Arc<Seals>,
        /// What states of this call are bound to.
        binding: Vec<u8>,
        /// What came back with the call.
        back: Option<Back>,
    },
}

/// A person's answer to the plan that they were shown.
pub(super) struct Back {
    /// The plan's hash, from the sealed state.
    pub(super) plan: String,
    pub(super) answers: InputResponses,
}

/// Whether the client says that it can show a person a form.
pub(super) fn can_ask(request: &RequestContext<RoleServer>) -> bool {
    // One that names no form at all means forms: there was nothing else when the capability came up.
    let forms = request.client_capabilities().and_then(|known| known.elicitation);
    forms.is_some_and(|forms| forms.form.is_some() || forms.url.is_none())
}

impl Asking {
    pub(super) fn new(lang: Lang, way: Way) -> Self {
        Self { lang, way, asked: Mutex::default() }
    }

    /// The question that the call is to be answered with, if one came up.
    pub(super) fn asked(&self) -> Option<InputRequiredResult> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn ask_by_answer(&self, plan: &Plan, seals: &Seals, binding: &[u8], back: Option<&Back>) -> Verdict {
        let answer = back.and_then(|back| Some((back.plan.as_str(), back.answers.get(QUESTION)?)));
        if let Some((shown, answer)) = answer {
            let answer = serde_json::from_value::<ElicitResult>(answer.clone());
            let verdict = answer.map_or_else(|_| unfit(), |answer| judge(&answer, plan.word.as_deref()));
            // A yes to another plan is none to this one: the box has moved since, and the person sees how.
            if shown == plan.hash || !matches!(verdict, Verdict::Given(_)) {
                return verdict;
            }
        }
        let (Some(form), Some(state)) = (form(plan, self.lang), seals.seal(&plan.hash, binding)) else {
            return Verdict::AtTerminal;
        };
        let question = InputRequest::Elicitation(ElicitRequest::new(form));
        let asked = InputRequiredResult::new(Some([(QUESTION.to_owned(), question)].into()), Some(state));
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
        Verdict::Later
    }
}

impl Consent for Asking {
    fn ask<'a>(&'a self, plan: &'a Plan) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>> {
        Box::pin(async move {
            match &self.way {
                Way::Terminal => Verdict::AtTerminal,
                Way::Request { peer, gone, patience } => match form(plan, self.lang) {
                    Some(form) => ask_by_request(plan, form, peer, gone, *patience).await,
                    None => Verdict::AtTerminal,
                },
                Way::Answer { seals, binding, back } => {
                    self.ask_by_answer(plan, seals, binding, back.as_ref())
                }
            }
        })
    }
}

async fn ask_by_request(
    plan: &Plan,
    form: ElicitRequestParams,
    peer: &Peer<RoleServer>,
    gone: &CancellationToken,
    patience: Duration,
) -> Verdict {
    let question = ServerRequest::ElicitRequest(ElicitRequest::new(form));
    let options = PeerRequestOptions::with_timeout(patience);
    let Ok(sent) = peer.send_cancellable_request(question, options).await else { return nobody() };
    let mut open = Open { peer, id: Some(sent.id.clone()) };
    let answer = tokio::select! {
        answer = sent.await_response() => answer,
        () = gone.cancelled() => return nobody(),
    };
    open.id = None;
    match answer {
        Ok(ClientResult::ElicitResult(answer)) => judge(&answer, plan.word.as_deref()),
        Ok(_) => unfit(),
        // It said that it asks people, and does not.
        Err(ServiceError::McpError(_)) => Verdict::AtTerminal,
        Err(ServiceError::Timeout { timeout }) => late(timeout),
        Err(_) => nobody(),
    }
}

/// A question in front of a person; taken back if nobody waits for the answer any more.
struct Open<'a> {
    peer: &'a Peer<RoleServer>,
    id: Option<RequestId>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        let peer = self.peer.clone();
        tokio::spawn(async move {
            let note = CancelledNotificationParam::new(Some(id), None);
            if peer.notify_cancelled(note).await.is_err() {
                tracing::debug!("the client is gone, and the question with it");
            }
        });
    }
}

/// The plan as a form: its text, and a tick or a word to be typed. Never asks for a secret.
fn form(plan: &Plan, lang: Lang) -> Option<ElicitRequestParams> {
    let schema = ElicitationSchema::builder();
    let schema = match &plan.word {
        None => schema.required_bool_property(TICK, |tick| {
            tick.title(lang.pick("I agree", "Je suis d'accord")).with_default(false)
        }),
        Some(word) => {
            let title =
                lang.pick(format!("To agree, type: {word}"), format!("Pour accepter, tapez : {word}"));
            schema.required_string_with(WORD, |field| field.title(title))
        }
    };
    let requested_schema = schema.build().ok()?;
    let message = plan.question(lang);
    Some(ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema })
}

/// Yes is what fits the form and says yes; everything else is no.
fn judge(answer: &ElicitResult, word: Option<&str>) -> Verdict {
    if answer.action != ElicitationAction::Accept {
        return Verdict::Declined(say!(
            "Nothing was changed: the person declined. Do not ask again unless they want to.",
            "Rien n'a été modifié : la personne a refusé. Ne redemandez que si elle le souhaite."
        ));
    }
    let fields = answer.content.as_ref().and_then(Value::as_object).filter(|fields| fields.len() == 1);
    let agreed = fields.is_some_and(|fields| match word {
        None => fields.get(TICK) == Some(&Value::Bool(true)),
        Some(word) => fields
            .get(WORD)
            .and_then(Value::as_str)
            .is_some_and(|typed| typed.trim().to_lowercase() == word.to_lowercase()),
    });
    if agreed { Verdict::Given(GIVEN) } else { unfit() }
}

fn unfit() -> Verdict {
    Verdict::Declined(say!(
        "Nothing was changed: the answer was not the yes that was asked for.",
        "Rien n'a été modifié : la réponse n'était pas le oui demandé."
    ))
}

fn late(patience: Duration) -> Verdict {
    let minutes = patience.as_secs().div_ceil(60);
    Verdict::Declined(say!(
        "Nothing was changed: nobody answered within {minutes} minutes. Ask again when the person is there.",
        "Rien n'a été modifié : personne n'a répondu en {minutes} minutes. Redemandez quand la personne est là."
    ))
}

fn nobody() -> Verdict {
    Verdict::Declined(say!(
        "Nothing was changed: nobody is there to answer.",
        "Rien n'a été modifié : personne n'est là pour répondre."
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn given(answer: Value, word: Option<&str>) -> bool {
        serde_json::from_value(answer).is_ok_and(|answer| matches!(judge(&answer, word), Verdict::Given(_)))
    }

    #[test]
    fn only_the_yes_that_was_asked_for_is_one() {
        let accept = |content: Value| json!({ "action": "accept", "content": content });
        assert!(given(accept(json!({ "confirm": true })), None));
        for word in ["reboot", " Reboot\n", "REBOOT"] {
            assert!(given(accept(json!({ "word": word })), Some("reboot")), "{word}");
        }
        for (answer, word) in [
            (json!({ "action": "decline", "content": { "confirm": true } }), None),
            (json!({ "action": "cancel", "content": { "confirm": true } }), None),
            (json!({ "action": "accept" }), None),
            (json!({ "action": "yes", "content": { "confirm": true } }), None),
            (json!({ "content": { "confirm": true } }), None),
            (accept(json!(null)), None),
            (accept(json!(true)), None),
            (accept(json!([true])), None),
            (accept(json!({ "confirm": "true" })), None),
            (accept(json!({ "confirm": 1 })), None),
            (accept(json!({ "confirm": false })), None),
            (accept(json!({ "Confirm": true })), None),
            (accept(json!({ "confirm": true, "word": "reboot" })), None),
            (accept(json!({ "confirm": true })), Some("reboot")),
            (accept(json!({ "word": true })), Some("reboot")),
            (accept(json!({ "word": "" })), Some("reboot")),
            (accept(json!({ "word": "reboot now" })), Some("reboot")),
            (accept(json!({ "word": "reboot", "confirm": true })), Some("reboot")),
        ] {
            assert!(!given(answer.clone(), word), "{answer}");
        }
    }
}
