//! The pipeline of changes, on the DMZ: plan, consent, record, undo, drift, crash, guard.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::{
    Consent, Order, Plan, Policy, ToolError, Verdict,
    testing::{Bench, bench, order},
};

/// A person who answers in this way, and what they were shown.
struct Person {
    answer: Verdict,
    shown: Mutex<Vec<String>>,
}

impl Person {
    fn who(answer: Verdict) -> Self {
        Self { answer, shown: Mutex::default() }
    }
}

impl Consent for Person {
    fn ask<'a>(&'a self, plan: &'a Plan) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>> {
        self.shown.lock().unwrap().push(plan.hash.clone());
        Box::pin(std::future::ready(self.answer.clone()))
    }
}

async fn cautious() -> Bench {
    let mut bench = bench().await;
    bench.cx = bench.cx.with_policy(Policy::default());
    bench
}

async fn asking(bench: &Bench, person: &Person, tool: &str, args: Value) -> Result<crate::Answer, ToolError> {
    let order = Order { consent: person, ..order() };
    crate::invoke(&bench.cx, crate::find(tool).unwrap(), &order, args).await
}

fn dmz_to(bench: &Bench, ip: &str) {
    bench.livebox.with_state(|router| {
        router.state.firewall.dmz = vec![emulator::state::firewall::Dmz {
            id: "webui".to_owned(),
            destination: ip.to_owned(),
            source_prefix: String::new(),
            enable: true,
        }];
    });
    bench.cx.session().forget_reads();
}

#[tokio::test]
async fn a_plan_touches_nothing_and_tells_everything() {
    let bench = cautious().await;
    let plan = bench.plan("dmz_set", json!({"host": "nas-familial"})).await.unwrap();
    assert_eq!(plan["outcome"], "planned");
    assert_eq!((&plan["before"], &plan["after"]["ipv4"]), (&Value::Null, &json!("192.168.1.20")));
    let plan = &plan["plan"];
    let calls: Vec<&str> =
        plan["calls"].as_array().unwrap().iter().map(|call| call["call"].as_str().unwrap()).collect();
    assert_eq!(calls, ["Firewall:setDMZ", "Firewall:commit"]);
    assert_eq!(plan["undo"], json!({"tool": "dmz_clear", "arguments": {}}));
    assert_eq!(bench.count("Firewall:setDMZ"), 0);
    assert!(!bench.state.path().join(journal::FILE).exists(), "a plan records nothing");
}

#[tokio::test]
async fn nothing_happens_without_a_person() {
    let bench = cautious().await;
    let no = Person::who(Verdict::Declined(crate::say!("no", "non")));
    let error = asking(&bench, &no, "dmz_set", json!({"host": "nas-familial"})).await.unwrap_err();
    assert!(matches!(error, ToolError::NotConsented(_)), "{error:?}");
    assert_eq!((error.exit_code(), bench.count("Firewall:setDMZ")), (6, 0));
    let yes = Person::who(Verdict::Given("test"));
    let done = asking(&bench, &yes, "dmz_set", json!({"host": "nas-familial"})).await.unwrap();
    assert_eq!((&done.json["outcome"], &done.json["entry"]), (&json!("applied"), &json!(1)));
    assert_eq!(*yes.shown.lock().unwrap(), *no.shown.lock().unwrap(), "the same change has the same hash");
    let shown = bench.json("journal_show", json!({"entry": 1})).await;
    assert_eq!((&shown["consent"], &shown["outcome"]), (&json!("test"), &json!("applied")));
}

#[tokio::test]
async fn an_approval_is_bound_to_its_plan_and_used_once() {
    let bench = cautious().await;
    let set = json!({"host": "nas-familial"});
    let first = bench.json("dmz_set", set.clone()).await;
    assert_eq!(first["outcome"], "approval_needed");
    let id = first["approval"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        bench.json("dmz_set", set.clone()).await["approval"]["id"],
        id,
        "the same question, not another"
    );
    let journal = crate::Journal::open(bench.state.path()).unwrap();
    assert!(journal.answer_approval(&id, true, jiff::Timestamp::now()).unwrap());
    let other = bench.json("dmz_set", json!({"host": "Pont Hue"})).await;
    assert_eq!(other["outcome"], "approval_needed", "another change is another plan");
    assert_eq!(bench.json("dmz_set", set.clone()).await["outcome"], "applied");
    bench.livebox.with_state(|router| router.state.firewall.dmz.clear());
    bench.cx.session().forget_reads();
    assert_eq!(bench.json("dmz_set", set).await["outcome"], "approval_needed", "it was used");
    assert_eq!(bench.count("Firewall:setDMZ"), 1);
}

#[tokio::test]
async fn what_moved_after_the_plan_was_shown_is_not_overwritten() {
    struct Meddler(Arc<Bench>);
    impl Consent for Meddler {
        fn ask<'a>(&'a self, _: &'a Plan) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>> {
            dmz_to(&self.0, "192.168.1.24");
            Box::pin(std::future::ready(Verdict::Given("test")))
        }
    }
    let bench = Arc::new(cautious().await);
    let meddler = Meddler(Arc::clone(&bench));
    let order = Order { consent: &meddler, ..order() };
    let args = json!({"host": "nas-familial"});
    let error = crate::invoke(&bench.cx, crate::find("dmz_set").unwrap(), &order, args).await.unwrap_err();
    assert!(matches!(error, ToolError::Drift(_)), "{error:?}");
    assert_eq!(bench.count("Firewall:setDMZ"), 0);
}

#[tokio::test]
async fn undo_and_redo_go_back_and_forth() {
    let bench = bench().await;
    dmz_to(&bench, "192.168.1.24");
    bench.json("dmz_set", json!({"host": "nas-familial"})).await;
    let undone = bench.json("journal_undo", json!({})).await;
    assert_eq!((&undone["outcome"], &undone["after"]["ipv4"]), (&json!("applied"), &json!("192.168.1.24")));
    let list = bench.json("journal_list", json!({})).await;
    assert_eq!((&list["total"], &list["entries"][1]["undo"]), (&json!(2), &json!("undone")));
    let twice = bench.error("journal_undo", json!({"entry": 1})).await;
    assert!(matches!(twice, ToolError::Conflict(_)), "{twice}");
    let redone = bench.json("journal_undo", json!({"entry": 2})).await;
    assert_eq!(redone["after"]["ipv4"], "192.168.1.20");
}

#[tokio::test]
async fn an_undo_does_not_overwrite_what_others_did_since() {
    let bench = bench().await;
    bench.json("dmz_set", json!({"host": "nas-familial"})).await;
    dmz_to(&bench, "192.168.1.24");
    let error = bench.error("journal_undo", json!({"entry": 1})).await;
    assert!(matches!(error, ToolError::Drift(_)) && error.to_string().contains("ipv4"), "{error}");
    assert_eq!(bench.count("Firewall:deleteDMZ"), 0);
    bench.livebox.with_state(|router| router.state.firewall.dmz.clear());
    bench.cx.session().forget_reads();
    let already = bench.json("journal_undo", json!({"entry": 1})).await;
    assert_eq!(already["outcome"], "already_so", "somebody else took it back");
    dmz_to(&bench, "192.168.1.24");
    // Overwriting what others did is asked about whatever the policy allows.
    let person = Person::who(Verdict::Given("test"));
    let (cx, order) = (bench.cx.clone().forced(), Order { consent: &person, ..order() });
    let undo = crate::find("journal_undo").unwrap();
    let forced = crate::invoke(&cx, undo, &order, json!({"entry": 1})).await.unwrap();
    assert_eq!(forced.json["outcome"], "applied");
    assert_eq!(bench.json("dmz_show", json!({})).await["ipv4"], Value::Null);
}

#[tokio::test]
async fn what_a_crash_left_open_is_read_back() {
    let bench = bench().await;
    bench.json("dmz_set", json!({"host": "nas-familial"})).await;
    let journal = crate::Journal::open(bench.state.path()).unwrap();
    let entry = journal.entry(1).unwrap().unwrap();
    // As if a process had died after each of these: before the call left, and after the box took it.
    let draft = |before: &Value, wanted: &Value| journal::Draft {
        at: entry.at,
        box_serial: entry.box_serial.clone(),
        tool: entry.tool.clone(),
        args: entry.args.clone(),
        what: entry.what.clone(),
        subject: entry.subject.clone(),
        before: before.clone(),
        wanted: wanted.clone(),
        calls: entry.calls.clone(),
        plan_hash: entry.plan_hash.clone(),
        undo: entry.undo.clone(),
        client: entry.client.clone(),
        consent: entry.consent.clone(),
        undoes: None,
        guard: None,
    };
    journal.begin(&draft(&entry.before, &entry.after)).unwrap();
    journal.begin(&draft(&entry.after, &entry.before)).unwrap();
    journal.begin(&draft(&Value::Null, &json!({"enabled": true, "ipv4": "192.168.1.99"}))).unwrap();
    let list = bench.json("journal_list", json!({})).await;
    let outcomes: Vec<&Value> =
        list["entries"].as_array().unwrap().iter().map(|line| &line["outcome"]).collect();
    // The commit of the second one was seen by nobody.
    assert_eq!(outcomes, ["differs", "failed", "differs", "applied"]);
    let unseen = journal.entry(2).unwrap().unwrap();
    assert_eq!(unseen.differs, ["commit_unconfirmed"]);
}

/// A model that calls something a secret must not blank the plans that people read.
#[tokio::test]
async fn a_refused_call_teaches_the_redactor_nothing() {
    let bench = bench().await;
    let args = json!({"service": "NMC", "method": "reboot", "parameters": {"password": "192.168.1.24"}});
    bench.error("expert_call", args).await;
    let plan = bench.plan("dmz_set", json!({"host": "192.168.1.24"})).await.unwrap();
    assert_eq!(plan["after"]["ipv4"], "192.168.1.24", "{plan}");
}

/// A person would agree to stars, and the journal could not take back what it does not hold.
#[tokio::test]
async fn a_plan_that_holds_a_secret_of_ours_is_refused() {
    let bench = bench().await;
    let _known = sysbus::Secret::new("Zephyr-0815-geheim");
    let named = json!({"host": "nas-familial", "name": "Zephyr-0815-geheim"});
    let error = bench.plan("host_rename", named.clone()).await.unwrap_err();
    assert!(matches!(error, ToolError::Conflict(_)) && !error.to_string().contains("Zephyr"), "{error}");
    bench.error("host_rename", named).await;
    assert_eq!(bench.livebox.requests().writes(), Vec::<&str>::new());
}

/// Whoever undoes "the last change" means that one, and no other in its place.
#[tokio::test]
async fn a_last_change_without_a_way_back_is_not_skipped() {
    let bench = bench().await;
    bench.json("dmz_set", json!({"host": "nas-familial"})).await;
    let journal = crate::Journal::open(bench.state.path()).unwrap();
    let made = journal.entry(1).unwrap().unwrap();
    let because = journal::Text { english: "it is done".to_owned(), french: "c'est fait".to_owned() };
    let id = journal
        .begin(&journal::Draft {
            at: made.at,
            box_serial: made.box_serial.clone(),
            tool: "box_reboot".to_owned(),
            args: json!({}),
            what: journal::Text { english: "Restart the box".to_owned(), french: "Redémarrer".to_owned() },
            subject: Value::Null,
            before: Value::Null,
            wanted: Value::Null,
            calls: json!([]),
            plan_hash: made.plan_hash.clone(),
            undo: journal::Undo::Impossible { because },
            client: made.client.clone(),
            consent: made.consent.clone(),
            undoes: None,
            guard: None,
        })
        .unwrap();
    let end = journal::Finish {
        at: made.at,
        outcome: journal::Outcome::Applied,
        after: Value::Null,
        differs: Vec::new(),
        error: None,
    };
    journal.finish(id, &end).unwrap();
    let error = bench.error("journal_undo", json!({})).await;
    let text = error.to_string();
    assert!(
        text.contains("entry 2, cannot be undone: Restart the box") && text.contains("entry 1"),
        "{text}"
    );
    assert_eq!(bench.count("Firewall:deleteDMZ"), 0);
    assert_eq!(bench.json("journal_undo", json!({"entry": 1})).await["outcome"], "applied");
}

/// Two changes that touch different fields of one thing can be undone in any order.
#[tokio::test]
async fn an_undo_minds_only_what_it_sets() {
    let bench = bench().await;
    let before = bench.livebox.settings();
    bench.json("firewall_set", json!({"level": "low"})).await;
    bench.json("firewall_set", json!({"ipv6_level": "low"})).await;
    bench.json("lan_set", json!({"dhcp_last": "192.168.1.140"})).await;
    bench.json("lan_set", json!({"lease_s": 7200})).await;
    for entry in [3, 1, 4, 2] {
        assert_eq!(
            bench.json("journal_undo", json!({"entry": entry})).await["outcome"],
            "applied",
            "{entry}"
        );
    }
    assert_eq!(bench.livebox.settings(), before);
    // What somebody else did to the same field is still respected.
    bench.json("firewall_set", json!({"level": "low"})).await;
    bench.livebox.call("Firewall", "setFirewallLevel", &json!({"level": "High"}));
    let error = bench.error("journal_undo", json!({})).await;
    assert!(matches!(error, ToolError::Drift(_)), "{error}");
}

/// Another box may have taken the place of the one that was changed, while the same server runs.
#[tokio::test]
async fn an_undo_is_for_the_box_that_was_changed() {
    let bench = bench().await;
    bench.json("dmz_set", json!({"host": "nas-familial"})).await;
    bench.livebox.with_state(|router| router.state.identity.serial = "ANOTHERBOX00001".to_owned());
    let error = bench.error("journal_undo", json!({"entry": 1})).await;
    assert!(matches!(error, ToolError::Conflict(_)) && error.to_string().contains("another box"), "{error}");
    assert_eq!(bench.count("Firewall:deleteDMZ"), 0);
}
