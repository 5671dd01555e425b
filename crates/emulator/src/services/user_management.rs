//! `UserManagement`: accounts, groups and the admin password (protocol section 4.26).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, BoxError, Call, Reply};
use crate::router::Router;
use crate::state::system::{Account, Users};

pub(super) const SERVICE: Service = Service::new("UserManagement", call);

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let name = call.args.text("name").unwrap_or_default();
    let password = call.args.text("password").unwrap_or_default();
    let users = &router.state.users;
    match call.method {
        "getUsers" => Reply::value(accounts(users, |_| true)).ok(),
        "getUser" => Reply::value(accounts(users, |account| account.name == name)).ok(),
        "getGroups" => Reply::value(groups(users, |_| true)).ok(),
        "getGroup" => Reply::value(groups(users, |group| group == name)).ok(),
        "getUsersAndGroups" => {
            let both = json!({"users": accounts(users, |_| true), "groups": groups(users, |_| true)});
            Reply::both(true, both).ok()
        }
        "authenticate" => Reply::value(name == "admin" && password == users.admin_password).ok(),
        "changePasswordSec" if name == "admin" => {
            let old = call.args.text("old_password").unwrap_or_default();
            if old != users.admin_password {
                return BoxError::failed(call.method).refuse();
            }
            change_password(router, password)
        }
        "changePassword" if name == "admin" => change_password(router, password),
        "changePassword" | "changePasswordSec" => Reply::value(false).ok(),
        "addUser"
        | "changeUser"
        | "removeUser"
        | "removeUsers"
        | "addUserToGroups"
        | "removeUserFromGroups"
        | "addGroup"
        | "changeGroup"
        | "removeGroup" => Reply::value(edit(&mut router.state.users, call, &name)).ok(),
        _ => None,
    }
}

/// Changes accounts and groups; false when there is nothing to change, or when it came with the box.
fn edit(users: &mut Users, call: &Call<'_>, name: &str) -> bool {
    let enable = call.args.flag("enable");
    let known = |list: Vec<String>, users: &Users| -> Vec<String> {
        list.into_iter().filter(|group| users.groups.iter().any(|(known, _)| known == group)).collect()
    };
    let wanted = known(list(call), users);
    let own = |account: &Account| account.kind == "system";
    match call.method {
        "addUser" => {
            let taken = name.is_empty() || users.accounts.iter().any(|account| account.name == name);
            if !taken {
                users.accounts.push(Account {
                    name: name.to_owned(),
                    enable: enable.unwrap_or(true),
                    kind: call.args.text("usertype").unwrap_or_else(|| "local".to_owned()),
                    friendly_name: call.args.text("friendlyname").unwrap_or_default(),
                    password_state: 0,
                    groups: wanted,
                });
            }
            !taken
        }
        "removeUser" | "removeUsers" => {
            let kind = call.args.text("type").filter(|_| call.method == "removeUsers");
            let before = users.accounts.len();
            users.accounts.retain(|account| {
                let meant = account.name == name || kind.as_deref() == Some(account.kind.as_str());
                !meant || own(account)
            });
            users.accounts.len() < before
        }
        "addGroup" => {
            let taken = name.is_empty() || users.groups.iter().any(|(known, _)| known == name);
            if !taken {
                users.groups.push((name.to_owned(), enable.unwrap_or(true)));
            }
            !taken
        }
        "changeGroup" => match users.groups.iter_mut().find(|(known, _)| known == name) {
            Some(group) => {
                group.1 = enable.unwrap_or(group.1);
                true
            }
            None => false,
        },
        "removeGroup" => {
            let held =
                users.accounts.iter().any(|account| own(account) && account.groups.iter().any(|g| g == name));
            let before = users.groups.len();
            if !held && name != "remoteadmin" {
                users.groups.retain(|(known, _)| known != name);
                users.accounts.iter_mut().for_each(|account| account.groups.retain(|group| group != name));
            }
            users.groups.len() < before
        }
        _ => {
            let Some(account) =
                users.accounts.iter_mut().find(|account| account.name == name && !own(account))
            else {
                return false;
            };
            match call.method {
                "addUserToGroups" => {
                    let new: Vec<String> =
                        wanted.into_iter().filter(|group| !account.groups.contains(group)).collect();
                    account.groups.extend(new);
                }
                "removeUserFromGroups" => account.groups.retain(|group| !wanted.contains(group)),
                _ => {
                    account.enable = enable.unwrap_or(account.enable);
                    if call.args.get("groups").is_some() {
                        account.groups = wanted;
                    }
                    if let Some(text) = call.args.text("friendlyname") {
                        account.friendly_name = text;
                    }
                }
            }
            true
        }
    }
}

/// The `groups` argument: a list, or names separated by commas.
fn list(call: &Call<'_>) -> Vec<String> {
    match call.args.get("groups") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn change_password(router: &mut Router, password: String) -> Answer {
    if password.is_empty() {
        return Reply::value(false).ok();
    }
    router.state.users.admin_password = password;
    Reply::value(true).ok()
}

fn accounts(users: &Users, wanted: impl Fn(&Account) -> bool) -> Vec<Value> {
    let shown = users.accounts.iter().filter(|account| wanted(account));
    shown
        .map(|account| {
            json!({
                "name": account.name, "enable": account.enable, "type": account.kind, "linux_user": false,
                "friendlyname": account.friendly_name, "passwordstate": account.password_state,
                "groups": account.groups,
            })
        })
        .collect()
}

fn groups(users: &Users, wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    let shown = users.groups.iter().filter(|(name, _)| wanted(name));
    shown
        .map(|(name, enable)| {
            let members = users.accounts.iter().filter(|account| account.groups.contains(name));
            let members: Vec<&str> = members.map(|account| account.name.as_str()).collect();
            json!({"name": name, "enable": enable, "users": members})
        })
        .collect()
}
