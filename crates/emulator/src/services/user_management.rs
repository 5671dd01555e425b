//! `UserManagement`: accounts and the admin password (protocol section 4.26).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, BoxError, Call, Reply};
use crate::router::Router;

pub(super) const SERVICE: Service = Service::new("UserManagement", call);

/// Groups and their members, in the box's order.
const GROUPS: [(&str, &[&str]); 4] =
    [("http", &["admin", "iotuser"]), ("admin", &["admin"]), ("remoteadmin", &[]), ("iot", &["iotuser"])];

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let name = call.args.text("name").unwrap_or_default();
    let password = call.args.text("password").unwrap_or_default();
    match call.method {
        "getUsers" => Reply::value(vec![user("admin", 0), user("iotuser", 1)]).ok(),
        "getGroups" => {
            Reply::value(GROUPS.iter().map(|(name, users)| group(name, users)).collect::<Vec<_>>()).ok()
        }
        "getUser" => match name.as_str() {
            "admin" => Reply::value(vec![user("admin", 0)]).ok(),
            "iotuser" => Reply::value(vec![user("iotuser", 1)]).ok(),
            _ => Reply::value(json!([])).ok(),
        },
        "getGroup" => {
            let found: Vec<Value> = GROUPS
                .iter()
                .filter(|(group, _)| *group == name)
                .map(|(name, users)| group(name, users))
                .collect();
            Reply::value(found).ok()
        }
        "getUsersAndGroups" => {
            let groups: Vec<Value> = GROUPS.iter().map(|(name, users)| group(name, users)).collect();
            Reply::both(true, json!({"users": [user("admin", 0), user("iotuser", 1)], "groups": groups})).ok()
        }
        "authenticate" => Reply::value(name == "admin" && password == router.state.users.admin_password).ok(),
        "changePasswordSec" if name == "admin" => {
            let old = call.args.text("old_password").unwrap_or_default();
            if old != router.state.users.admin_password {
                return BoxError::failed(call.method).refuse();
            }
            change_password(router, password)
        }
        "changePassword" if name == "admin" => change_password(router, password),
        "changePassword" | "changePasswordSec" => Reply::value(false).ok(),
        _ => None,
    }
}

fn change_password(router: &mut Router, password: String) -> Answer {
    if password.is_empty() {
        return Reply::value(false).ok();
    }
    router.state.users.admin_password = password;
    Reply::value(true).ok()
}

fn user(name: &str, password_state: u8) -> Value {
    let groups: Vec<&str> =
        GROUPS.iter().filter(|(_, users)| users.contains(&name)).map(|(group, _)| *group).collect();
    json!({
        "name": name, "enable": true, "type": "system", "linux_user": false, "friendlyname": "",
        "passwordstate": password_state, "groups": groups,
    })
}

fn group(name: &str, users: &[&str]) -> Value {
    json!({"name": name, "enable": true, "users": users})
}
