//! What a person at a terminal may do, and nobody else.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::{
    Answer, Caller, Client, Consent, Lang, Order, Plan, Policy, Show as _, ToolError, Verdict,
    testing::{Bench, bench},
};

/// A person who answers every plan alike, and remembers it.
struct Person {
    agrees: bool,
    seen: Arc<Mutex<Vec<Plan>>>,
}

impl Consent for Person {
    fn ask<'a>(&'a self, plan: &'a Plan) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>> {
        self.seen.lock().unwrap().push(plan.clone());
        let verdict = if self.agrees {
            Verdict::Given("terminal")
        } else {
            Verdict::Declined(crate::say!("no", "non"))
        };
        Box::pin(std::future::ready(verdict))
    }
}

/// A household whose owner has the default policy, and what a person there is asked.
struct Home {
    bench: Bench,
    seen: Arc<Mutex<Vec<Plan>>>,
}

async fn home() -> Home {
    let mut bench = bench().await;
    bench.cx = bench.cx.with_policy(Policy::default());
    Home { bench, seen: Arc::default() }
}

impl Home {
    async fn call(&self, agrees: bool, plan_only: bool, args: Value) -> Result<Answer, ToolError> {
        let person = Person { agrees, seen: Arc::clone(&self.seen) };
        let client =
            Client { name: "test".to_owned(), version: "0".to_owned(), transport: "terminal".to_owned() };
        let order = Order { caller: Caller::CommandLine, client, consent: &person, plan_only };
        crate::invoke(&self.bench.cx, crate::find("expert_call").unwrap(), &order, args).await
    }

    /// What the journal says of the last change.
    async fn last(&self) -> Value {
        let list = self.bench.json("journal_list", json!({})).await;
        let id = list["entries"][0]["entry"].as_i64().or_else(|| list["entries"][0]["id"].as_i64()).unwrap();
        self.bench.json("journal_show", json!({ "entry": id })).await
    }
}

fn set_level(level: &str) -> Value {
    json!({ "service": "Firewall", "method": "setFirewallLevel", "parameters": { "level": level } })
}

#[tokio::test]
async fn a_person_who_agrees_may_call_anything() {
    let home = home().await;
    let answer = home.call(true, false, set_level("Low")).await.unwrap();
    assert_eq!(answer.json["outcome"], "unverified", "{}", answer.json);
    assert_eq!(answer.json["after"]["answer"], json!({ "status": true }));
    assert!(answer.page.aligned().contains("what it did is not verified"), "{:?}", answer.page);
    assert_eq!(home.bench.count("Firewall:setFirewallLevel"), 1);
    let plans = home.seen.lock().unwrap().clone();
    let [plan] = plans.as_slice() else { panic!("{} questions", plans.len()) };
    assert_eq!(plan.word.as_deref(), Some("setFirewallLevel"));
    let shown = plan.show(Lang::En).aligned();
    for part in [
        "unverified",
        "Unverified: nobody",
        "cannot be undone",
        "declares it as setFirewallLevel(level string",
        "high",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(plan.show(Lang::Fr).aligned().contains("Non vérifié"));
    let last = home.last().await;
    assert!(last.to_string().contains("setFirewallLevel"), "{last}");
}

#[tokio::test]
async fn a_person_who_declines_or_only_looks_sends_nothing() {
    let home = home().await;
    let error = home.call(false, false, set_level("Low")).await.unwrap_err();
    assert!(matches!(error, ToolError::NotConsented(_)), "{error}");
    let planned = home.call(true, true, set_level("Low")).await.unwrap();
    assert_eq!(planned.json["outcome"], "planned");
    assert!(home.bench.livebox.requests().writes().is_empty());
    // A read is none of this: nobody is asked.
    let read = home.call(false, false, json!({ "service": "NMC", "method": "getWANStatus" })).await.unwrap();
    assert!(read.json["answer"]["data"].is_object());
    assert_eq!(home.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_model_is_told_the_command_whatever_the_policy() {
    let bench = bench().await;
    for (args, command) in [
        (json!({ "service": "NMC", "method": "reset" }), "`livebox-mcp expert call NMC reset`"),
        (
            set_level("Low"),
            r#"`livebox-mcp expert call Firewall setFirewallLevel --parameters '{"level":"Low"}'`"#,
        ),
        (
            json!({ "service": "X", "method": "setPassword", "parameters": { "password": "hunter2-hunter2" } }),
            "`livebox-mcp expert call X setPassword --parameters '…'`",
        ),
        (
            json!({ "service": "X", "method": "setName", "parameters": { "name": "a'; rm -rf ~ #" } }),
            "`livebox-mcp expert call X setName --parameters '…'`",
        ),
    ] {
        let error = bench.error("expert_call", args).await;
        assert!(
            matches!(error, ToolError::NotPermitted(_)) && error.to_string().contains(command),
            "{error}"
        );
        assert!(!error.to_string().contains("hunter2"));
        assert!(error.message().text(Lang::Fr).contains(command));
    }
    let error =
        bench.error("expert_call", json!({ "service": "NMC", "method": "reset", "path": "status" })).await;
    assert!(matches!(error, ToolError::NotPermitted(_)));
    assert!(crate::find("expert_send").is_none());
    assert_eq!(bench.livebox.requests().http, 0);
}

#[tokio::test]
async fn a_secret_parameter_is_sent_and_neither_shown_nor_recorded() {
    let home = home().await;
    let args = json!({ "service": "DynDNS", "method": "addHost", "parameters": {
        "service": "No-IP", "hostname": "a.example", "username": "the-user-name", "password": "hunter2-hunter2",
    } });
    let answer = home.call(true, false, args).await.unwrap();
    home.bench.livebox.with_state(|router| {
        let host = router.state.dyndns.hosts.iter().find(|host| host.hostname == "a.example").unwrap();
        assert_eq!(host.password, "hunter2-hunter2");
    });
    let plan = home.seen.lock().unwrap().first().unwrap().clone();
    let files = std::fs::read_dir(home.bench.state.path()).unwrap();
    let mut texts = vec![
        answer.json.to_string(),
        answer.page.aligned(),
        plan.show(Lang::En).aligned(),
        plan.json(Lang::Fr).to_string(),
        plan.args.to_string(),
        home.last().await.to_string(),
    ];
    texts.extend(
        files.map(|file| String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned()),
    );
    for text in texts {
        assert!(!text.contains("hunter2") && !text.contains("the-user-name"), "{text}");
    }
    assert!(plan.show(Lang::En).aligned().contains("history of your shell"));
}

#[tokio::test]
async fn what_became_of_a_lost_call_stays_unknown() {
    let home = home().await;
    home.bench.fault("drop-after@Firewall:setFirewallLevel*1");
    let error = home.call(true, false, set_level("Low")).await.unwrap_err();
    assert!(matches!(error, ToolError::Unknown(_)), "{error}");
    assert_eq!(home.bench.count("Firewall:setFirewallLevel"), 1);
    assert_eq!(home.last().await["outcome"], "unknown");
    // The next change settles what it can, and this it cannot.
    home.call(true, false, set_level("Medium")).await.unwrap();
    let list = home.bench.json("journal_list", json!({})).await;
    assert!(list.to_string().contains("unknown"), "{list}");
}

#[tokio::test]
async fn a_refusal_is_no_success() {
    let home = home().await;
    home.bench.fault("absent@NMC:nothing");
    let error = home.call(true, false, json!({ "service": "NMC", "method": "nothing" })).await.unwrap_err();
    assert_eq!(error.kind(), "unavailable", "{error}");
    let plan = home.seen.lock().unwrap().first().unwrap().clone();
    assert!(plan.show(Lang::En).aligned().contains("does not declare such a method"));
    let wrong = json!({ "service": "Firewall", "method": "setFirewallLevel" });
    assert_eq!(home.call(true, false, wrong).await.unwrap_err().kind(), "refused");
}

#[tokio::test]
async fn the_worst_is_told_before() {
    let home = home().await;
    for (service, method, english, french) in [
        ("NMC", "reset", "FACTORY SETTINGS", "RÉGLAGES D'USINE"),
        ("NMC", "shutdown", "switched on by hand", "rallumée à la main"),
        ("NMC.NetworkConfig", "launchNetworkRestore", "of another day", "d'un autre jour"),
        ("NMC", "checkForUpgrades", "software", "logiciel"),
        ("UserManagement", "changePassword", "lock out", "bloquer"),
    ] {
        let args = json!({ "service": service, "method": method, "parameters": {} });
        let error = home.call(false, false, args).await.unwrap_err();
        assert!(matches!(error, ToolError::NotConsented(_)), "{error}");
        let plan = home.seen.lock().unwrap().pop().unwrap();
        assert_eq!(plan.word.as_deref(), Some(method));
        assert!(plan.show(Lang::En).aligned().contains(english), "{method}");
        assert!(plan.show(Lang::Fr).aligned().contains(french), "{method}");
    }
    assert!(home.bench.livebox.requests().writes().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_a_secret_stays_one() {
    let home = home().await;
    let args = json!({ "service": "NeMo.Intf.vap2g0priv0.WPS", "method": "generateSelfPIN" });
    let answer = home.call(true, false, args).await;
    if let Ok(answer) = answer {
        assert!(
            ["***", ""].contains(&answer.json["after"]["answer"]["status"].as_str().unwrap_or_default()),
            "{}",
            answer.json
        );
    }
    let shown = super::super::Raw::told(
        &"DECT".parse().unwrap(),
        json!({"status": "0000", "data": null}),
        None,
        None,
        true,
    );
    assert_eq!(serde_json::to_value(shown).unwrap(), json!({"answer": {"status": "***"}, "hidden": 1}));
    // A part that is not there is no reason to hide what was done.
    let nowhere = "status.x".parse().unwrap();
    let shown = super::super::Raw::told(
        &"DECT".parse().unwrap(),
        json!({"status": true}),
        Some(&nowhere),
        None,
        false,
    );
    assert_eq!(serde_json::to_value(shown).unwrap(), json!({"answer": {"status": true}}));
}

#[tokio::test]
async fn the_owner_may_deny_it_to_people_too() {
    let mut home = home().await;
    let mut policy = Policy::default();
    policy.set("expert.disrupt", crate::Decision::Deny).unwrap();
    home.bench.cx = home.bench.cx.with_policy(policy);
    let error = home.call(true, false, set_level("Low")).await.unwrap_err();
    assert!(error.to_string().contains("expert.disrupt"), "{error}");
    assert_eq!(home.bench.livebox.requests().http, 0);
}

/// A person sees every character that will be sent, or nothing is.
#[tokio::test]
async fn parameters_are_shown_whole() {
    let home = home().await;
    let long = format!("{}-tail-matters", "A".repeat(300));
    let call =
        |name: &str| json!({ "service": "NMC.Wifi", "method": "setThing", "parameters": { "Name": name } });
    let plan = home.call(true, true, call(&long)).await.unwrap().json;
    assert_eq!(plan["plan"]["calls"][0]["parameters"]["Name"], long, "{plan}");
    for unseen in ["b\u{200b}c", "\u{202e}gpj"] {
        let error = home.call(true, true, call(unseen)).await.unwrap_err();
        assert!(matches!(error, ToolError::Arguments(_)), "{error}");
    }
    assert!(home.bench.livebox.requests().writes().is_empty());
}
