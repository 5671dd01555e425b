//! Names as the box writes them, word by word, and which of them say that their value is a secret.

/// Words that make a name a secret's, alone or with a plural or a number behind: `WEPKey`, `pin2`.
const WORDS: &[&str] = &[
    "account",
    "auth",
    "cert",
    "certificate",
    "context",
    "cookie",
    "digest",
    "hash",
    "iccid",
    "imei",
    "imsi",
    "key",
    "login",
    "nonce",
    "otp",
    "pass",
    "pem",
    "pin",
    "pmk",
    "psk",
    "puk",
    "pwd",
    "sae",
    "salt",
    "serial",
    "sip",
    "wep",
    "wpa",
];

/// Beginnings of such words: `passphrase`, `authentication`, `provisioning`.
const BEGINNINGS: &[&str] = &[
    "auth",
    "cookie",
    "context",
    "cred",
    "login",
    "passc",
    "passk",
    "passp",
    "passw",
    "provision",
    "secret",
    "token",
];

/// Words that make one together: `UserName`, `UserClassID` (DHCP option 77), `RegistrationID` (of the ONT).
const PAIRS: &[(&str, &str)] =
    &[("user", "name"), ("user", "id"), ("user", "class"), ("registration", "id"), ("session", "id")];

/// The same for names written in one go, `contextid`: what they hold, and how they end.
const WITHIN: &[&str] = &[
    "contextid",
    "cookie",
    "credential",
    "iccid",
    "passphrase",
    "passwd",
    "password",
    "registrationid",
    "secret",
    "serialnumber",
    "sessid",
    "sessionid",
    "token",
    "userclass",
    "username",
];
const ENDINGS: &[&str] = &["key", "pass", "pin", "psk", "puk", "pwd"];

/// The words of a name, in lower case: `KeyPassPhrase` is key, pass, phrase; `WPAKey` wpa, key; `auth_key` auth, key.
pub(super) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || letters.get(at + 1).is_some_and(|next| next.is_lowercase())
            });
        if (begins || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// Whether the value under that name is a secret, or may be one. Rather one too many: a hidden value can be looked up
/// on the box's own page, a shown one cannot be taken back.
pub(super) fn is_secret(name: &str) -> bool {
    let words = words(name);
    let glued = words.concat();
    words.iter().any(|word| is_secret_word(word))
        || words.windows(2).any(|pair| {
            PAIRS.iter().any(|(one, two)| matches!(pair, [a, b] if a == one && b.starts_with(two)))
        })
        || glued == "user"
        || WITHIN.iter().any(|part| glued.contains(part))
        || ENDINGS.iter().any(|end| glued.ends_with(end) || bare(&glued).ends_with(end))
}

/// Whether it names options of DHCP, whose values are raw bytes: option 90 holds the login at the operator.
pub(super) fn is_option(name: &str) -> bool {
    words(name).iter().any(|word| word.starts_with("option"))
}

fn is_secret_word(word: &str) -> bool {
    WORDS.contains(&word)
        || WORDS.contains(&bare(word))
        || BEGINNINGS.iter().any(|beginning| word.starts_with(beginning))
}

/// Without number and plural: `keys`, `pin2`.
fn bare(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('s')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("KeyPassPhrase", "key pass phrase"),
            ("WPAKey", "wpa key"),
            ("R0KHKey", "r0 kh key"),
            ("X_ORANGE-COM_PINTry", "x orange com pin try"),
            ("contextID", "context id"),
            ("éÉcole", "é école"),
            ("", ""),
            ("__", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn the_secrets_that_boxes_are_known_to_have_are_recognised() {
        for name in [
            "KeyPassPhrase",
            "WEPKey",
            "PreSharedKey",
            "SAEPassphrase",
            "R0KHKey",
            "SelfPIN",
            "PINCode",
            "PIN",
            "clientPIN",
            "CurrentPinCode",
            "Username",
            "UserName",
            "username",
            "UserId",
            "Login",
            "password",
            "passwordstate",
            "FactoryPassword",
            "Salt",
            "RadiusSecret",
            "ConfigurationToken",
            "AuthenticationInformation",
            "AuthenticationInfo",
            "UserClassID",
            "ProvisioningCode",
            "SerialNumber",
            "RegistrationID",
            "LocalRegistrationID",
            "contextID",
            "contextid",
            "sessid",
            "Cookie",
            "PPPoESessionID",
            "PrivateKey",
            "ClientCert",
            "CACert",
            "IPsecPreSharedKey",
            "ICCID",
            "Nonce",
            "wpakey",
            "psk_key",
            "wpa_psk",
            "PSK",
            "keys",
            "password2",
            "AuthUserName",
            "user",
            "Credentials",
            "OldPassword",
            "ReleaseNotesPubkey",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn what_is_asked_for_every_day_is_shown() {
        for name in [
            "SSID",
            "BSSID",
            "ModeEnabled",
            "VAPStatus",
            "Enable",
            "Status",
            "IPAddress",
            "MACAddress",
            "PhysAddress",
            "Name",
            "ChannelsInUse",
            "RekeyingInterval",
            "UpTime",
            "SoftwareVersion",
            "currentUser",
            "ExternalPort",
            "DestinationIPAddress",
            "Description",
            "PassiveChannelTime",
            "MonitoringInterval",
            "Mapping",
            "Pinhole",
            "NumberOfReboots",
            "DownstreamMaxRate",
            "SignalRxPower",
            "WanMode",
            "UserBandwidth",
            "groups",
        ] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(is_option("SentOption") && is_option("options") && !is_option("Adoption"));
    }
}
