//! `Phonebook`: contacts of the telephones (protocol section 4.20).

use serde_json::{Value, json};

use crate::call::{Answer, Args, BoxError, Call, Object, Reply};
use crate::router::Router;
use crate::services::Service;
use crate::state::voice::{Contact, Voice};

pub(in crate::services) const SERVICE: Service = Service::new("Phonebook", call);

const MAXIMUM: usize = 255;

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let voice = &mut router.state.voice;
    let text = |name: &str| call.args.text(name).unwrap_or_default();
    let contact = call.args.object("contact");
    match call.method {
        "getAllContacts" => Reply::value(voice.contacts.iter().map(to_json).collect::<Value>()).ok(),
        "getNumberOfContacts" => Reply::value(voice.contacts.len()).ok(),
        "getMaxNumberOfContacts" => Reply::value(MAXIMUM).ok(),
        "getAvailableNumberOfContacts" => Reply::value(MAXIMUM.saturating_sub(voice.contacts.len())).ok(),
        "getContactByUniqueID" => one(voice, |known| known.id == text("uniqueID")),
        "getContact" | "getContactByFormattedName" => {
            one(voice, |known| known.formatted == text("formattedName"))
        }
        "getContactByNumber" => {
            one(voice, |known| known.numbers.iter().any(|(number, _, _)| *number == text("number")))
        }
        // Nobody has a user name or a card number: the household keeps its contacts on the box.
        "getContactByUsername" | "getContactByVref" => Reply::value(json!({})).ok(),
        "checkContactExistsWithUniqueID" => {
            Reply::value(voice.contacts.iter().any(|known| known.id == text("uniqueID"))).ok()
        }
        "addContactAndGenUUID" => Reply::value(json!(contact.and_then(|contact| add(voice, contact)))).ok(),
        "addContact" => Reply::value(contact.is_some_and(|contact| add(voice, contact).is_some())).ok(),
        "addContacts" => {
            let Some(Value::Array(list)) = call.args.get("contacts") else {
                return BoxError::failed(call.method).refuse();
            };
            let made: Vec<Value> = list
                .iter()
                .map(|contact| json!(contact.as_object().and_then(|contact| add(voice, contact))))
                .collect();
            let all = made.iter().all(Value::is_string);
            Reply::both(all, json!({"result": made})).ok()
        }
        "modifyContactByUniqueID" => modify(voice, contact, |known| known.id == text("uniqueID")),
        "modifyContact" | "modifyContactByFormattedName" => {
            modify(voice, contact, |known| known.formatted == text("formattedName"))
        }
        "removeContactByUniqueID" => remove(voice, |known| known.id == text("uniqueID")),
        "removeContact" | "removeContactByFormattedName" => {
            remove(voice, |known| known.formatted == text("formattedName"))
        }
        "removeContactByVref" => Reply::value(false).ok(),
        "removeAllContacts" | "disableCardDavAndCleanupEntries" => {
            voice.contacts.clear();
            Reply::value(true).ok()
        }
        _ => None,
    }
}

fn one(voice: &Voice, wanted: impl Fn(&Contact) -> bool) -> Answer {
    let found = voice.contacts.iter().find(|known| wanted(known));
    Reply::value(found.map_or_else(|| json!({}), to_json)).ok()
}

fn remove(voice: &mut Voice, wanted: impl Fn(&Contact) -> bool) -> Answer {
    let before = voice.contacts.len();
    voice.contacts.retain(|known| !wanted(known));
    Reply::value(voice.contacts.len() != before).ok()
}

fn modify(voice: &mut Voice, contact: Option<&Object>, wanted: impl Fn(&Contact) -> bool) -> Answer {
    let (Some(written), Some(known)) = (contact, voice.contacts.iter_mut().find(|known| wanted(known)))
    else {
        return Reply::value(false).ok();
    };
    *known = read(written, known.clone());
    Reply::value(true).ok()
}

/// Adds a contact and gives its number; `None` when the book is full.
fn add(voice: &mut Voice, contact: &Object) -> Option<String> {
    if voice.contacts.len() >= MAXIMUM {
        return None;
    }
    let taken = |id: &str| voice.contacts.iter().any(|known| known.id == id);
    let id = Args(contact)
        .text("uniqueID")
        .filter(|id| !id.is_empty() && !taken(id))
        .or_else(|| (1_000..u32::MAX).map(|number| number.to_string()).find(|id| !taken(id)))?;
    let blank = Contact {
        id: id.clone(),
        last: String::new(),
        first: String::new(),
        formatted: String::new(),
        ringtone: "1".to_owned(),
        numbers: Vec::new(),
    };
    voice.contacts.push(read(contact, blank));
    Some(id)
}

/// What a client wrote, over what was there.
fn read(contact: &Object, mut known: Contact) -> Contact {
    let args = Args(contact);
    if let Some(name) = args.text("name") {
        let bare = name.strip_prefix("N:").unwrap_or(&name);
        let mut parts = bare.split(';').map(str::to_owned);
        known.last = parts.next().unwrap_or_default();
        known.first = parts.next().unwrap_or_default();
        format!("{} {}", known.first, known.last).trim().clone_into(&mut known.formatted);
    }
    if let Some(formatted) = args.text("formattedName") {
        known.formatted = formatted;
    }
    if let Some(ringtone) = args.text("ringtone") {
        known.ringtone = ringtone;
    }
    if let Some(Value::Array(numbers)) = args.get("telephoneNumbers") {
        let entries = numbers.iter().filter_map(Value::as_object).map(Args);
        known.numbers = entries
            .filter_map(|entry| {
                let number = entry.text("name").filter(|number| !number.is_empty())?;
                let kind = entry.text("type").unwrap_or_else(|| "HOME".to_owned());
                Some((number, kind, entry.flag("preferred").unwrap_or_default()))
            })
            .collect();
    }
    known
}

fn to_json(contact: &Contact) -> Value {
    let numbers: Vec<Value> = contact
        .numbers
        .iter()
        .map(|(number, kind, preferred)| json!({"name": number, "type": kind, "preferred": preferred}))
        .collect();
    json!({
        "uniqueID": contact.id,
        "name": format!("N:{};{};", contact.last, contact.first),
        "formattedName": contact.formatted,
        "ringtone": contact.ringtone,
        "telephoneNumbers": numbers,
    })
}
