//! The only way to run a tool, and the pipeline that every change goes through: plan, policy, consent, record, apply,
//! verify, record.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use journal::{Approval, ApprovalDraft, Client, Finish, Journal};
use serde_json::{Value, json};

use crate::{
    Answer, Audience, Changed, Consent, Context, Decision, Page, Plan, Policy, Show as _, ToolDef, ToolError,
    Verdict,
    changes::{AnyState, undo},
    guard,
    lang::Lang,
    plan::{Draft, Risk, Undo, Whose},
    policy::Asked,
    record, say, settle,
    tool::{self, Access, Carry, Ended, Ready, Work},
};

/// How long an approval at a terminal may take, and then be waited for.
const APPROVAL_VALID: SignedDuration = SignedDuration::from_mins(10);

/// Who asks: decides whether secrets may be arguments, and what is for people only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A person at a terminal, or a script they wrote.
    CommandLine,
    /// An MCP client, on behalf of a model.
    Model,
}

/// How a tool is called: everything but its arguments.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// Who asks.
    pub caller: Caller,
    /// The program that asks, for the record.
    pub client: Client,
    /// How a person is asked.
    pub consent: &'a dyn Consent,
    /// Only show what would be done.
    pub plan_only: bool,
}

/// Runs a tool. Every surface comes through here, and no tool checks permissions itself.
pub async fn invoke(
    cx: &Context,
    def: &ToolDef,
    order: &Order<'_>,
    args: Value,
) -> Result<Answer, ToolError> {
    let policy = cx.policy()?;
    let def = def.doing(order.caller, &args);
    let decision = permit(&policy, def, order.caller)?;
    guard::resume(cx);
    check_secrets(&policy, def, order.caller, &args)?;
    let outcome = match def.work {
        Work::Read(run) => {
            if decision == Decision::Ask {
                agreed_to_read(cx, &policy, def, order, &args).await?;
                permit(&cx.policy()?, def, order.caller)?;
            }
            run(&cx.granting(def.access, None), args).await
        }
        Work::Change(_) | Work::Undo => Change { cx, def, order, policy: &policy, decision }.run(args).await,
    };
    // Most of what a firmware keeps from its interface for programs can still be done by hand.
    let outcome = outcome.map_err(|error| match error {
        ToolError::Box(fault) if def.access > Access::Read && fault.is_absent() => {
            ToolError::not_from_here(&fault, &cx.session().host())
        }
        other => other,
    });
    match &outcome {
        Ok(_) => tracing::debug!(tool = def.name(), "done"),
        // The kind only: messages may hold names from the network.
        Err(error) => tracing::debug!(tool = def.name(), kind = error.kind(), "failed"),
    }
    outcome
}

/// Whether this caller may see and use the tool at all; the error names what would permit it.
pub fn permit(policy: &Policy, def: &ToolDef, caller: Caller) -> Result<Decision, ToolError> {
    let decision = policy.permit(def)?;
    if caller == Caller::CommandLine {
        return Ok(decision);
    }
    if def.audience != Audience::Everyone {
        let (name, words) = (def.name(), def.words());
        return Err(ToolError::NotPermitted(say!(
            "{name} is for people at a terminal only: `livebox-mcp {words}`.",
            "{name} est réservé aux personnes devant un terminal : `livebox-mcp {words}`."
        )));
    }
    if def.needs_secrets() && !policy.accept_secrets {
        return Err(secret_refused(def));
    }
    Ok(decision)
}

/// A secret that a model gives has passed through its provider: refused unless the owner accepts that.
fn check_secrets(policy: &Policy, def: &ToolDef, caller: Caller, args: &Value) -> Result<(), ToolError> {
    let given = def.secrets.iter().any(|name| args.get(name).is_some_and(|value| !value.is_null()));
    if caller == Caller::Model && given && !policy.accept_secrets {
        return Err(secret_refused(def));
    }
    Ok(())
}

fn secret_refused(def: &ToolDef) -> ToolError {
    let (name, words) = (def.name(), def.words());
    ToolError::NotPermitted(say!(
        "{name} takes a secret, which should not pass through a model. Ask the person to run `livebox-mcp {words}` in a terminal: it asks for the secret there. An owner who accepts the risk sets accept_secrets = true (or LIVEBOX_MCP_ACCEPT_SECRETS=1).",
        "{name} prend un secret, qui ne devrait pas passer par un modèle. Demandez à la personne de lancer `livebox-mcp {words}` dans un terminal : le secret y sera demandé. Un propriétaire qui accepte le risque met accept_secrets = true (ou LIVEBOX_MCP_ACCEPT_SECRETS=1)."
    ))
}

/// A plan and what carries it out.
pub(crate) enum Planned {
    /// Nothing has to be sent.
    Already(Answer),
    /// To be agreed to and done.
    Plan(Box<Plan>, Carry),
}

/// Plans a change by that tool.
pub(crate) async fn plan(cx: &Context, def: &ToolDef, args: Value) -> Result<Planned, ToolError> {
    match def.work {
        Work::Change(work) => Ok(match (work.prepare)(cx, args.clone()).await? {
            Ready::Already(answer) => Planned::Already(answer),
            Ready::Planned(draft, carry) => {
                let serial = cx.box_serial().await;
                let whose = Whose { serial, host: cx.session().host() };
                let mut plan = Plan::new(*draft, def.name(), &args, def.access, work.volatile, whose)?;
                plan.watch = plan.watch.map(|own| cx.watch().unwrap_or(own));
                Planned::Plan(Box::new(plan), carry)
            }
        }),
        Work::Undo => undo::plan(cx, args).await,
        Work::Read(_) => Err(ToolError::Failed(say!("not a change", "pas un changement"))),
    }
}

/// How a change is agreed to that the owner permits without a question.
const POLICY: &str = "policy";

/// How a question about a plan ended, when no error says it was declined.
enum Agreed {
    /// A person, or their settings, agreed in this way.
    Yes(&'static str),
    /// A person has to answer elsewhere first.
    Pending(Option<Box<Approval>>),
}

/// One change on its way through the pipeline.
struct Change<'a> {
    cx: &'a Context,
    def: &'a ToolDef,
    order: &'a Order<'a>,
    policy: &'a Policy,
    decision: Decision,
}

impl Change<'_> {
    async fn run(self, args: Value) -> Result<Answer, ToolError> {
        let Self { cx, def, .. } = self;
        // Nothing is planned, and nothing said to be so already, on what was read for somebody's earlier question.
        cx.look_anew().await;
        let (shown, _) = match plan(cx, def, args.clone()).await? {
            Planned::Already(answer) => return Ok(answer),
            Planned::Plan(shown, carry) => (shown, carry),
        };
        if !shown.can_be_shown() {
            return Err(not_shown_whole());
        }
        let decision = self.decide(self.policy, self.decision, &shown)?;
        if self.order.plan_only {
            return Ok(planned(&shown, cx.lang()));
        }
        let how = match decision {
            Decision::Ask => match agree(cx, self.policy, self.order, &shown).await? {
                Agreed::Yes(how) => how,
                Agreed::Pending(approval) => return Ok(pending(&shown, approval.as_deref(), cx.lang())),
            },
            _ => POLICY,
        };
        let journal = cx.records().open().await?;
        // From here on nobody else changes the box, and what was interrupted earlier is cleared up first.
        let _turn = cx.turn().await;
        let _lock = record::lock(cx, &journal).await?;
        settle::interrupted(cx, &journal).await?;
        cx.look_anew().await;
        let given = args.clone();
        let (plan, carry) = match plan(cx, def, args).await? {
            Planned::Already(answer) => return Ok(answer),
            Planned::Plan(plan, carry) => (plan, carry),
        };
        self.check_again(&given, &plan, how)?;
        // Where nobody was asked, nobody was shown anything: the order holds for what is there when its turn comes.
        if how != POLICY && plan.hash != shown.hash {
            return Err(moved());
        }
        self.apply(&journal, &plan, carry, how).await
    }

    /// The strictest of what is decided about the tool that was called and the one that does the work. What asks for a
    /// typed word is disruptive as well, whatever its tool usually is.
    fn decide(&self, policy: &Policy, called: Decision, plan: &Plan) -> Result<Decision, ToolError> {
        let Some(worker) = crate::find_any(&plan.tool) else { return Ok(called) };
        let mut decision = called.max(policy.permit(worker)?);
        if plan.word.is_some() {
            decision = decision.max(policy.permit_at(worker, Access::Disrupt)?);
        }
        // No setting foresees that something else's later change is overwritten.
        Ok(if self.cx.is_forced() { decision.max(Decision::Ask) } else { decision })
    }

    /// What the owner permits may have changed while a person thought, or another change took its time: the settings of
    /// the moment at which something is sent are those that count.
    fn check_again(&self, args: &Value, plan: &Plan, how: &str) -> Result<(), ToolError> {
        let policy = self.cx.policy()?;
        let called = permit(&policy, self.def, self.order.caller)?;
        check_secrets(&policy, self.def, self.order.caller, args)?;
        if self.decide(&policy, called, plan)? == Decision::Ask && how == POLICY {
            return Err(ToolError::NotConsented(say!(
                "Nothing was changed: the owner's settings now ask a person first. Make the same call again.",
                "Rien n'a été modifié : les réglages du propriétaire demandent désormais l'accord d'une personne. Refaites le même appel."
            )));
        }
        Ok(())
    }

    async fn apply(
        &self,
        journal: &Arc<Journal>,
        plan: &Plan,
        carry: Carry,
        how: &str,
    ) -> Result<Answer, ToolError> {
        let (cx, client) = (self.cx, self.order.client.clone());
        // The tool that was called may have declared less than the one that does the work.
        let access = self.def.access.max(Access::Change);
        let (id, ended) = carry_out(cx, journal, plan, carry, access, client, how).await?;
        let until = match plan.watch {
            Some(_) if cx.has_sent() => guard::until(journal, id).await,
            _ => None,
        };
        Ok(told(ended?, id, plan, until, cx.lang()))
    }
}

/// Records, sends, verifies, records: what every change has in common, whoever decided it. Call with the lock of changes
/// held. Returns the number of the entry and how the change ended; the outer error says that nothing was sent.
pub(crate) async fn carry_out(
    cx: &Context,
    journal: &Arc<Journal>,
    plan: &Plan,
    carry: Carry,
    access: Access,
    client: Client,
    how: &str,
) -> Result<(i64, Result<Ended, ToolError>), ToolError> {
    let watched = match plan.watch {
        Some(limits) => Some(guard::Watched::before(cx, plan, limits).await?),
        None => None,
    };
    let id = record::begin(journal, plan, client, how, watched).await?;
    if watched.is_some() {
        guard::spawn(cx, journal, id);
    }
    let ended = carry(cx.granting(access, Some(plan.prints()))).await;
    let (end, ended) = match ended {
        Ok(ended) => (record::done(&ended), Ok(ended)),
        Err(error) => {
            let end = settle::failed(cx, plan, &error).await;
            let told =
                if end.outcome.took_effect() { partly(plan, &end, &error, cx.lang()) } else { Err(error) };
            (end, told)
        }
    };
    if let Err(error) = record::settle(journal, id, end).await {
        // The change is done: that must not hide behind its record, which the next start completes.
        tracing::warn!(kind = error.kind(), id, "the end of a change could not be recorded");
    }
    record::prune(cx, journal).await;
    Ok((id, ended))
}

/// An error after the first of several calls must not pass for "nothing happened": what the box now says is the answer,
/// and the error a part of it.
fn partly(plan: &Plan, end: &Finish, error: &ToolError, lang: Lang) -> Result<Ended, ToolError> {
    let state = |state: &Value| (!state.is_null()).then(|| AnyState(state.clone()));
    let changed =
        Changed::verified(plan.what.clone(), state(&plan.before), state(&end.after), end.differs.clone());
    let mut ended = tool::ended(&changed, lang)?;
    ended.answer.page = Page::new().line(error.message().text(lang)).then(ended.answer.page);
    Ok(ended)
}

/// Asks a person about a plan, in the way that surface and settings have.
async fn agree(cx: &Context, policy: &Policy, order: &Order<'_>, plan: &Plan) -> Result<Agreed, ToolError> {
    if policy.asked == Asked::Client && order.caller == Caller::Model {
        return Ok(Agreed::Yes("client"));
    }
    match order.consent.ask(plan).await {
        Verdict::Given(how) => Ok(Agreed::Yes(how)),
        Verdict::Declined(why) => Err(ToolError::NotConsented(why)),
        Verdict::Later => Ok(Agreed::Pending(None)),
        Verdict::AtTerminal => {
            let journal = cx.records().open().await?;
            let (hash, client, books) = (plan.hash.clone(), order.client.name.clone(), Arc::clone(&journal));
            let consume = move || books.consume_approval(&hash, &client, Timestamp::now());
            if record::on_disk(consume).await?.is_some() {
                return Ok(Agreed::Yes("terminal"));
            }
            let (effect, books) = (plan.effect.clone(), Arc::clone(&journal));
            if let Some(denied) =
                record::on_disk(move || books.denied_approval(&effect, Timestamp::now())).await?
            {
                return Err(said_no(&denied));
            }
            let draft = ApprovalDraft {
                at: Timestamp::now(),
                valid_for: APPROVAL_VALID.unsigned_abs(),
                plan_hash: plan.hash.clone(),
                effect: plan.effect.clone(),
                tool: plan.tool.clone(),
                args: record::kept(&plan.args),
                plan: record::kept(&json!({
                    "what": record::text(&plan.what),
                    "word": plan.word,
                    "box": cx.session().host(),
                    "english": plan.show(Lang::En).aligned(),
                    "french": plan.show(Lang::Fr).aligned(),
                })),
                client: order.client.clone(),
            };
            let requested = tokio::task::spawn_blocking(move || journal.request_approval(&draft)).await;
            let approval = match requested {
                Ok(Err(journal::Error::TooManyApprovals { open })) => return Err(too_many(open)),
                Ok(requested) => requested.map_err(|error| record::broken(&error))?,
                Err(error) => return Err(record::cut_short(&error)),
            };
            Ok(Agreed::Pending(Some(Box::new(approval))))
        }
    }
}

/// Consent to a read, where the owner wants to be asked even for those.
async fn agreed_to_read(
    cx: &Context,
    policy: &Policy,
    def: &ToolDef,
    order: &Order<'_>,
    args: &Value,
) -> Result<(), ToolError> {
    let (english, french) = (def.summary(Lang::En), def.summary(Lang::Fr));
    let draft = Draft::new(say!("{english}", "{french}"), &()).risk(Risk::Low);
    let whose = Whose { serial: cx.box_serial().await, host: cx.session().host() };
    let plan = Plan::new(draft, def.name(), args, def.access, &[], whose)?;
    match agree(cx, policy, order, &plan).await? {
        Agreed::Yes(_) => Ok(()),
        Agreed::Pending(approval) => {
            let (english, french) = (
                approval_wanted(approval.as_deref(), Lang::En),
                approval_wanted(approval.as_deref(), Lang::Fr),
            );
            Err(ToolError::NotConsented(say!("{english}", "{french}")))
        }
    }
}

/// A person refused the same plan at a terminal: asking until they give in is no consent.
fn said_no(denied: &Approval) -> ToolError {
    let left = denied.expires_at.duration_since(Timestamp::now()).as_mins() + 1;
    ToolError::NotConsented(say!(
        "Nothing was changed: a person refused this very change at a terminal. It will not be asked again for {left} min.",
        "Rien n'a été modifié : une personne a refusé ce même changement dans un terminal. Il ne sera pas redemandé pendant {left} min."
    ))
}

/// Nobody agrees to stars, and the journal could not take back what it does not hold.
fn not_shown_whole() -> ToolError {
    ToolError::Conflict(say!(
        "Nothing was changed: a name or value of this plan is also a password or key that livebox-mcp knows and shows to nobody, so the plan cannot be shown. Use another name, or change that password.",
        "Rien n'a été modifié : un nom ou une valeur de ce plan est aussi un mot de passe ou une clé que livebox-mcp connaît et ne montre à personne, donc le plan ne peut pas être montré. Prenez un autre nom, ou changez ce mot de passe."
    ))
}

fn too_many(open: u32) -> ToolError {
    ToolError::Conflict(say!(
        "Nothing was changed: {open} plans already wait for an approval. A person answers them with `livebox-mcp approve`; each is forgotten after ten minutes.",
        "Rien n'a été modifié : {open} plans attendent déjà un accord. Une personne y répond avec `livebox-mcp approve` ; chacun est oublié après dix minutes."
    ))
}

fn moved() -> ToolError {
    ToolError::Drift(say!(
        "Nothing was changed: since the plan was shown, the box has changed. Ask again to see the plan as it is now.",
        "Rien n'a été modifié : la box a changé depuis que le plan a été montré. Redemandez pour voir le plan actuel."
    ))
}

fn planned(plan: &Plan, lang: Lang) -> Answer {
    let json = json!({
        "outcome": "planned",
        "before": plan.before,
        "after": plan.after,
        "plan": plan.json(lang),
    });
    let page = Page::new()
        .line(lang.pick("Plan; nothing was sent to the box.", "Plan ; rien n'a été envoyé à la box."))
        .then(plan.show(lang));
    Answer { json, page }
}

fn pending(plan: &Plan, approval: Option<&Approval>, lang: Lang) -> Answer {
    let mut answer = planned(plan, lang);
    answer.page = Page::new().line(approval_wanted(approval, lang)).then(plan.show(lang));
    if let Value::Object(fields) = &mut answer.json {
        fields.insert("outcome".to_owned(), "approval_needed".into());
        if let Some(Approval { id, expires_at, .. }) = approval {
            let command = format!("livebox-mcp approve {id}");
            fields.insert(
                "approval".to_owned(),
                json!({ "id": id, "command": command, "expires_at": expires_at.to_string() }),
            );
        }
    }
    answer
}

fn approval_wanted(approval: Option<&Approval>, lang: Lang) -> String {
    let Some(Approval { id, .. }) = approval else {
        return lang
            .pick("Nothing was changed: approval needed.", "Rien n'a été modifié : accord nécessaire.")
            .to_owned();
    };
    let minutes = APPROVAL_VALID.as_mins();
    lang.pick(
        format!(
            "Nothing was changed yet: approval needed. Ask the person to run `livebox-mcp approve {id}` in a terminal within {minutes} minutes, then make the same call again."
        ),
        format!(
            "Rien n'a encore été modifié : accord nécessaire. Demandez à la personne de lancer `livebox-mcp approve {id}` dans un terminal d'ici {minutes} minutes, puis refaites le même appel."
        ),
    )
}

/// The answer of a change, with what only the pipeline knows.
fn told(ended: Ended, id: i64, plan: &Plan, guarded: Option<Timestamp>, lang: Lang) -> Answer {
    let Answer { mut json, mut page } = ended.answer;
    if let Value::Object(fields) = &mut json {
        fields.insert("entry".to_owned(), id.into());
        if let Some(until) = guarded {
            let keep = format!("livebox-mcp journal keep {id}");
            fields.insert("guard".to_owned(), json!({ "until": until.to_string(), "keep": keep }));
        }
    }
    if guarded.is_some() {
        page = page.line(lang.pick(
            format!("Watched: undone by itself if the box, the Internet or the home network does not come back. `livebox-mcp journal keep {id}` keeps it now."),
            format!("Sous garde : annulé de lui-même si la box, Internet ou le réseau local ne revient pas. « livebox-mcp journal keep {id} » le garde dès maintenant."),
        ));
    }
    page = match &plan.undo {
        Undo::Call { .. } => page.line(lang.pick(
            format!("Undo: journal_undo {id}, or `livebox-mcp undo {id}`."),
            format!("Annuler : journal_undo {id}, ou « livebox-mcp undo {id} »."),
        )),
        Undo::Impossible(_) => page,
    };
    Answer { json, page }
}
