//! The 30 tool names of the earlier Python server, with its argument names: accepted, not listed.
//!
//! People have prompts and scripts that use them. Each is translated to one of ours; nothing runs here.

use serde_json::{Map, Value, json};

use crate::{ToolDef, ToolError, lang::Message, say, tool::unknown_argument};

/// An earlier tool: its name, the arguments it took, and what it means today.
struct Earlier {
    name: &'static str,
    args: &'static [Arg],
    means: fn(&Given<'_>) -> Meaning,
}

/// One of our tools with its arguments.
type Meaning = Result<(&'static str, Value), Message>;

/// An argument of an earlier tool.
struct Arg {
    name: &'static str,
    needed: bool,
}

const fn needed(name: &'static str) -> Arg {
    Arg { name, needed: true }
}

const fn optional(name: &'static str) -> Arg {
    Arg { name, needed: false }
}

const EARLIER: &[Earlier] = &[
    Earlier { name: "livebox_get_info", args: &[], means: |_| Ok(("box_show", json!({}))) },
    Earlier { name: "livebox_get_time", args: &[], means: |_| Ok(("time_show", json!({}))) },
    Earlier { name: "livebox_get_wan_status", args: &[], means: |_| Ok(("connection_show", json!({}))) },
    Earlier { name: "livebox_get_traffic_stats", args: &[], means: |_| Ok(("traffic_show", json!({}))) },
    Earlier { name: "livebox_get_wifi_status", args: &[], means: |_| Ok(("wifi_show", json!({}))) },
    Earlier {
        name: "livebox_get_wifi_stats",
        args: &[],
        means: |_| Ok(("traffic_show", json!({ "interface": "wifi" }))),
    },
    Earlier {
        name: "livebox_toggle_wifi",
        args: &[needed("enable")],
        means: |given| Ok((if given.flag("enable")? { "wifi_enable" } else { "wifi_disable" }, json!({}))),
    },
    Earlier {
        name: "livebox_set_wifi_password",
        args: &[needed("ssid_name"), needed("password")],
        means: |given| {
            Ok(("wifi_key_set", json!({ "network": given.any("ssid_name"), "key": given.any("password") })))
        },
    },
    Earlier {
        name: "livebox_set_wifi_channel",
        args: &[needed("ssid_name"), needed("channel")],
        means: |given| {
            Ok(("wifi_set", json!({ "network": given.any("ssid_name"), "channel": given.any("channel") })))
        },
    },
    Earlier {
        name: "livebox_list_devices",
        args: &[optional("active_only")],
        means: |given| {
            // It listed every device unless told otherwise, and had no limit.
            let active_only = given.has("active_only") && given.flag("active_only")?;
            Ok(("host_list", json!({ "all": !active_only, "limit": EVERYTHING })))
        },
    },
    Earlier {
        name: "livebox_get_device_info",
        args: &[needed("mac_address")],
        means: |given| Ok(("host_show", json!({ "host": given.any("mac_address") }))),
    },
    Earlier {
        name: "livebox_set_device_name",
        args: &[needed("mac_address"), needed("name")],
        means: |given| {
            Ok(("host_rename", json!({ "host": given.any("mac_address"), "name": given.any("name") })))
        },
    },
    Earlier {
        name: "livebox_get_dhcp_leases",
        args: &[],
        means: |_| Ok(("dhcp_lease_list", json!({ "all": true, "limit": EVERYTHING }))),
    },
    Earlier {
        name: "livebox_get_dhcp_reservations",
        args: &[],
        means: |_| Ok(("dhcp_reservation_list", json!({ "limit": EVERYTHING }))),
    },
    Earlier {
        name: "livebox_add_dhcp_reservation",
        args: &[needed("mac_address"), needed("ip_address"), optional("name")],
        means: |given| {
            let mut args = json!({ "host": given.any("mac_address"), "ip": given.any("ip_address") });
            given.copy("name", &mut args, "name");
            Ok(("dhcp_reservation_add", args))
        },
    },
    Earlier {
        name: "livebox_delete_dhcp_reservation",
        args: &[needed("mac_address")],
        means: |given| Ok(("dhcp_reservation_remove", json!({ "host": given.any("mac_address") }))),
    },
    Earlier { name: "livebox_get_firewall_status", args: &[], means: |_| Ok(("firewall_show", json!({}))) },
    Earlier {
        name: "livebox_set_firewall_level",
        args: &[needed("level")],
        means: |given| Ok(("firewall_set", json!({ "level": given.any("level") }))),
    },
    Earlier {
        name: "livebox_list_port_forwards",
        args: &[],
        means: |_| Ok(("port_forward_list", json!({ "limit": EVERYTHING }))),
    },
    Earlier {
        name: "livebox_add_port_forward",
        args: &[
            needed("description"),
            needed("protocol"),
            needed("external_port"),
            needed("internal_port"),
            needed("internal_ip"),
            optional("source_prefix"),
        ],
        means: |given| {
            let mut args = json!({
                "name": given.any("description"),
                "protocol": given.any("protocol"),
                "external_port": given.any("external_port"),
                "internal_port": given.any("internal_port"),
                "host": given.any("internal_ip"),
            });
            given.copy("source_prefix", &mut args, "source_prefix");
            Ok(("port_forward_add", args))
        },
    },
    Earlier {
        name: "livebox_delete_port_forward",
        args: &[needed("rule_id")],
        means: |given| Ok(("port_forward_remove", json!({ "rule": given.any("rule_id") }))),
    },
    Earlier { name: "livebox_get_dmz", args: &[], means: |_| Ok(("dmz_show", json!({}))) },
    Earlier {
        name: "livebox_set_dmz",
        args: &[needed("enable"), optional("ip_address")],
        means: |given| {
            if !given.flag("enable")? {
                return Ok(("dmz_clear", json!({})));
            }
            if !given.has("ip_address") {
                return Err(missing("ip_address"));
            }
            Ok(("dmz_set", json!({ "host": given.any("ip_address") })))
        },
    },
    Earlier { name: "livebox_get_voice_status", args: &[], means: |_| Ok(("phone_show", json!({}))) },
    Earlier {
        name: "livebox_get_call_history",
        args: &[optional("call_type")],
        means: |given| {
            let mut args = json!({ "limit": EVERYTHING });
            if given.any("call_type") != "all" {
                given.copy("call_type", &mut args, "kind");
            }
            Ok(("call_list", args))
        },
    },
    Earlier {
        name: "livebox_ping",
        args: &[needed("host"), optional("count")],
        means: |given| {
            let mut args = json!({ "host": given.any("host") });
            given.copy("count", &mut args, "count");
            Ok(("ping_test", args))
        },
    },
    Earlier {
        name: "livebox_traceroute",
        args: &[needed("host")],
        means: |given| Ok(("traceroute_test", json!({ "host": given.any("host") }))),
    },
    Earlier { name: "livebox_speedtest", args: &[], means: |_| Ok(("speed_test", json!({}))) },
    Earlier {
        name: "livebox_reboot",
        args: &[needed("confirm")],
        means: |given| {
            if given.flag("confirm")? {
                return Ok(("box_reboot", json!({})));
            }
            Err(say!("Not rebooted: `confirm` is false.", "Pas de redémarrage : « confirm » est faux."))
        },
    },
    Earlier {
        name: "livebox_change_password",
        args: &[needed("current_password"), needed("new_password")],
        means: |given| {
            let (current, new) = (given.any("current_password"), given.any("new_password"));
            Ok(("password_set", json!({ "current": current, "new": new })))
        },
    },
];

/// The earlier lists had no limit: more than any household has.
const EVERYTHING: usize = 200;

/// The arguments that came with a call.
struct Given<'a>(&'a Map<String, Value>);

impl Given<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// The value as given; our own tool checks it.
    fn any(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or_default()
    }

    fn copy(&self, name: &str, args: &mut Value, ours: &str) {
        if let (true, Value::Object(args)) = (self.has(name), args) {
            args.insert(ours.to_owned(), self.any(name));
        }
    }

    /// A truth value, which models also write as a text or a number.
    fn flag(&self, name: &str) -> Result<bool, Message> {
        match self.any(name) {
            Value::Bool(flag) => Ok(flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Value::Number(number) if number.as_u64() == Some(1) => Ok(true),
            Value::Number(number) if number.as_u64() == Some(0) => Ok(false),
            _ => Err(say!(
                "Wrong argument `{name}`: true or false is expected.",
                "Argument « {name} » incorrect : true ou false est attendu."
            )),
        }
    }
}

fn missing(name: &str) -> Message {
    say!("The argument `{name}` is missing.", "Il manque l'argument « {name} ».")
}

/// The earlier tools' names.
pub fn names() -> impl Iterator<Item = &'static str> {
    EARLIER.iter().map(|tool| tool.name)
}

/// The tool and arguments that a call of an earlier tool means; `None` when there was no such tool.
pub fn translate(name: &str, args: &Value) -> Option<Result<(&'static ToolDef, Value), ToolError>> {
    let earlier = EARLIER.iter().find(|tool| tool.name == name)?;
    let none = Map::new();
    let given = Given(args.as_object().unwrap_or(&none));
    let known = || earlier.args.iter().map(|arg| arg.name);
    if let Some(unknown) = given.0.keys().find(|name| !known().any(|known| known == name.as_str())) {
        return Some(Err(ToolError::Arguments(unknown_argument(unknown, known()))));
    }
    if let Some(absent) = earlier.args.iter().find(|arg| arg.needed && !given.has(arg.name)) {
        return Some(Err(ToolError::Arguments(missing(absent.name))));
    }
    Some(match (earlier.means)(&given) {
        Ok((tool, args)) => Ok((crate::find(tool)?, args)),
        Err(message) => Err(ToolError::Arguments(message)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_earlier_tool_means_one_of_ours() {
        assert_eq!(EARLIER.len(), 30);
        for earlier in EARLIER {
            let mut args = Map::new();
            for arg in earlier.args {
                let value = match arg.name {
                    "enable" | "active_only" | "confirm" => json!(true),
                    "channel" | "external_port" | "internal_port" | "count" => json!(6),
                    _ => json!("x"),
                };
                args.insert(arg.name.to_owned(), value);
            }
            let (tool, args) = translate(earlier.name, &Value::Object(args)).unwrap().unwrap();
            let known = crate::schema::argument_names(&(tool.input_schema)());
            for name in args.as_object().unwrap().keys() {
                assert!(known.contains(name), "{} gives `{name}` to {}", earlier.name, tool.name());
            }
        }
    }

    #[test]
    fn earlier_arguments_are_checked() {
        let refusal = |name, args: Value| translate(name, &args).unwrap().unwrap_err().to_string();
        assert!(refusal("livebox_toggle_wifi", json!({})).contains("`enable`"));
        assert!(refusal("livebox_toggle_wifi", json!({ "enable": "maybe" })).contains("`enable`"));
        assert!(refusal("livebox_get_info", json!({ "verbose": true })).contains("takes none"));
        assert!(refusal("livebox_set_dmz", json!({ "ip_adress": "" })).contains("`ip_adress`"));
        assert!(refusal("livebox_set_dmz", json!({ "enable": true })).contains("`ip_address`"));
        assert!(refusal("livebox_reboot", json!({ "confirm": false })).contains("confirm"));
        assert!(translate("livebox_brew_coffee", &json!({})).is_none());
    }
}
