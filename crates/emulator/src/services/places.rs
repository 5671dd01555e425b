//! `Locations`: places in the home. `Manifests` and `Profiles`: settings of the web page (protocol section 4.31).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, BoxError, Call, Reply};
use crate::router::Router;
use crate::state::settings::Place;

pub(super) const SERVICE: Service = Service { root: "Locations", call, instances };
pub(super) const MANIFESTS: Service = Service::new("Manifests", manifests);
pub(super) const PROFILES: Service = Service::new("Profiles", profiles);

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let places = &mut router.state.settings.places;
    let text = |name: &str| call.args.text(name).unwrap_or_default();
    match (call.tail, call.method) {
        ([], "addLocation") => {
            let place = Place { name: text("name"), description: text("description"), sections: Vec::new() };
            places.insert(text("key"), place);
            Reply::void().ok()
        }
        ([], "removeLocation") => match places.remove(&text("key")) {
            Some(_) => Reply::void().ok(),
            None => BoxError::failed(call.method).refuse(),
        },
        ([], "setSection" | "removeSection") => {
            let section = text("section");
            let Some(place) = places.get_mut(&text("location")) else {
                return BoxError::failed(call.method).refuse();
            };
            place.sections.retain(|known| *known != section);
            if call.method == "setSection" {
                place.sections.push(section);
            }
            Reply::void().ok()
        }
        ([], "getLocations") => {
            let wanted = text("location");
            let found = places.iter().filter(|(key, _)| wanted.is_empty() || wanted == **key);
            Reply::value(found.map(|(key, place)| to_json(key, place)).collect::<Value>()).ok()
        }
        ([], "getComposition") => {
            let sections = places.get(&text("location")).map(|place| place.sections.clone());
            Reply::value(json!(sections.unwrap_or_default())).ok()
        }
        (["Location", key], "get") => Reply::value(to_json(key, places.get(*key)?)).ok(),
        _ => None,
    }
}

fn to_json(key: &str, place: &Place) -> Value {
    json!({"Key": key, "Name": place.name, "Description": place.description})
}

fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    matches!(path, ["Locations", "Location"]).then(|| router.state.settings.places.keys().cloned().collect())
}

fn manifests(router: &mut Router, call: &Call<'_>) -> Answer {
    let notes = &mut router.state.settings.notes;
    let text = |name: &str| call.args.text(name).unwrap_or_default();
    match (call.tail, call.method) {
        ([], "retrieve") => {
            Reply::value(notes.get(&(text("user"), text("option"))).cloned().unwrap_or_default()).ok()
        }
        ([], "store") => {
            let data = call.args.get("data").cloned().unwrap_or_default();
            notes.insert((text("user"), text("option")), data);
            Reply::void().ok()
        }
        ([], "categories" | "get") => Reply::value(json!([])).ok(),
        _ => None,
    }
}

fn profiles(_: &mut Router, call: &Call<'_>) -> Answer {
    let text = "Function can not be executed for the specified object";
    match (call.tail, call.method) {
        // The profiles belong to the operator; a box shows none.
        ([] | ["Profile"], _) => BoxError::new(196_635, text, call.method).refuse(),
        _ => None,
    }
}
